// The straightforward way: one object call and one inserted row for each join.
import { DurableObject } from 'cloudflare:workers'

export class Room extends DurableObject {
  sql = this.ctx.storage.sql
  table = this.sql.exec('CREATE TABLE IF NOT EXISTS visitors (number INTEGER PRIMARY KEY, joinedMs INTEGER)')
  join() {
    return this.sql.exec('INSERT INTO visitors (joinedMs) VALUES (?) RETURNING number', Date.now()).one().number
  }
}

export default {
  async fetch(_request, env) {
    return Response.json({ state: 'waiting', number: await env.ROOM.getByName('room').join() })
  },
}
