/**
 * The entry of a build in which the test decides how many isolates a room has heard of, and loses
 * gatherers. The built Worker is `shipped.js` in the same folder.
 */
import shipped, { Gatherer as ShippedGatherer, WaitingRoom as ShippedRoom } from './shipped.js'

export { Directory, LoginGuard } from './shipped.js'

let direct = 0
let gathered = 0
let lost = 0
/** A gatherer is lost with each call whose count this number divides. 0: never. */
let losesEvery = 0
let isOld = false

/** The class that has the method: the shipped one extends it. */
let owner = ShippedRoom.prototype
while (!Object.hasOwn(owner, 'exchangeAll')) owner = Object.getPrototypeOf(owner)
const { exchangeAll } = owner

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname !== '/test-calls') return shipped.fetch(request, env, ctx)
    const number = (name) => Number(searchParams.get(name))
    if (searchParams.has('loses-every')) losesEvery = number('loses-every')
    if (searchParams.has('isolates')) {
      const room = searchParams.get('room')
      const heard = Uint32Array.from({ length: number('isolates') }, (_, i) => i)
      await env.WAITING_ROOM.getByName(room).exchangeAll({ room, gatherer: 'test', requests: [], heard })
    }
    if (searchParams.has('old')) {
      isOld = true
      delete owner.exchangeAll
    }
    return Response.json({ direct, gathered, lost })
  },
}

export class WaitingRoom extends ShippedRoom {
  async exchange(request) {
    direct++
    const answer = await super.exchange(request)
    // An old object that isolates still believe to have gatherers.
    return isOld ? { ...answer, snapshot: { ...answer.snapshot, gatherers: 2 } } : answer
  }
}

/** Counted on that class, so that it can be without the method. */
owner.exchangeAll = function (all) {
  gathered += all.requests.length
  return exchangeAll.call(this, all)
}

export class Gatherer extends ShippedGatherer {
  calls = 0

  /** Lost with the answer, after the room's object has applied the call. */
  async exchange(request) {
    const answer = await super.exchange(request)
    if (losesEvery > 0 && ++this.calls % losesEvery === 0) {
      lost++
      this.ctx.abort('lost by the test')
    }
    return answer
  }
}
