/**
 * The entry of a build whose calls to the room's object are slow and fail: during a call the
 * request that leads it is cancelled, or the object aborts. The built Worker is `shipped.js` in the
 * same folder.
 */
import shipped, { WaitingRoom as ShippedRoom } from './shipped.js'

/**
 * Long enough for hundreds of requests to gather during a call, and shorter than their time-out.
 */
const HALF_CALL_MS = 40

/**
 * Each call takes the next fault. At most two failures occur in a row, because a request gives up
 * after four calls.
 */
const FAULTS = ['none', 'leader-cancelled', 'none', 'object-aborted', 'leader-cancelled', 'none', 'answer-lost']

let calls = 0
let leader = ''

export default {
  fetch(request, env, ctx) {
    const visitor = request.headers.get('X-Visitor') ?? ''
    // Half of the requests lose their background work when they end, because the platform
    // guarantees none of it.
    const isKept = Number(visitor) % 2 === 0
    const context = {
      waitUntil: (work) => {
        leader = visitor
        if (isKept) ctx.waitUntil(work)
      },
      passThroughOnException: () => {},
    }
    return shipped.fetch(request, env, context)
  },
}

export class WaitingRoom extends ShippedRoom {
  async exchange(request) {
    const fault = FAULTS[calls++ % FAULTS.length]
    const leads = leader
    await scheduler.wait(HALF_CALL_MS)
    if (fault === 'leader-cancelled') await this.tell(`cancel?visitor=${leads}`)
    if (fault === 'object-aborted') await this.fail()
    await scheduler.wait(HALF_CALL_MS)
    const answer = await super.exchange(request)
    if (fault === 'answer-lost') await this.fail()
    return answer
  }

  async fail() {
    await this.tell('aborted')
    this.ctx.abort('The test aborts the object')
  }

  async tell(what) {
    await (await fetch(`${this.env.ORIGIN_URL}/${what}`)).text()
  }
}
