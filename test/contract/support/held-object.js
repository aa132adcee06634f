/**
 * The entry of a build whose calls to the room's object are counted, and wait while the test holds
 * them. The built Worker is `shipped.js` in the same folder.
 */
import shipped, { WaitingRoom as ShippedRoom } from './shipped.js'

let isHeld = false
let calls = 0

export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith('/test-calls/')) return shipped.fetch(request, env, ctx)
    isHeld = pathname === '/test-calls/hold'
    return Response.json({ calls })
  },
}

export class WaitingRoom extends ShippedRoom {
  async exchange(request) {
    calls++
    while (isHeld) await scheduler.wait(20)
    return super.exchange(request)
  }
}
