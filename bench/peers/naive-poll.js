// The straightforward way: one object call for each poll, answered from memory.
import { DurableObject } from 'cloudflare:workers'

export class Room extends DurableObject {
  admitted = 1
  position(number) {
    return number - this.admitted
  }
}

export default {
  async fetch(request, env) {
    const number = Number(request.headers.get('Cookie').split('=')[1])
    return Response.json({ state: 'waiting', position: await env.ROOM.getByName('room').position(number) })
  },
}
