/** Edge cases of silence limits, sessions and the rate. */
import { describe, expect, it } from 'vitest'
import { mayAdmit, mayAdmitNewcomer } from '../../src/core/admission.ts'
import { SEGMENT_SIZE } from '../../src/core/limits.ts'
import { RateBucket } from '../../src/core/rate-bucket.ts'
import { isClosed } from '../../src/core/rules.ts'
import { Segment } from '../../src/core/segment.ts'
import { Sessions } from '../../src/core/sessions.ts'
import {
  afterSilence,
  passLifeSeconds,
  silenceLimitSeconds,
  silenceLimits,
  silentBefore,
  silentOffsets,
} from '../../src/core/silence.ts'
import { ADMITTED_FLAG, BEACON_FLAG, DEPARTING_FLAG, State } from '../../src/core/ticket-state.ts'
import { Tickets } from '../../src/core/tickets.ts'
import { rules } from './support/rules.ts'

const NOBODY_FAR = Number.POSITIVE_INFINITY

/** A clock without gaps. */
const at = (nowSeconds: number, floorSeconds = 0) => ({ nowSeconds, floorSeconds, resumedSeconds: 0 })

describe('how long a ticket may be silent', () => {
  it('depends on its state, its beacon and its departure', () => {
    const long = rules({ heartbeatTimeoutSeconds: 25, sessionTimeoutSeconds: 40, reclaimGraceSeconds: 300 })
    const limit = (byte: number) => silenceLimitSeconds(byte, long)
    expect(limit(State.waiting)).toBe(25)
    expect(limit(State.offered)).toBe(25)
    expect(limit(State.active)).toBe(60)
    expect(limit(State.active | BEACON_FLAG)).toBe(40)
    expect(limit(State.absent)).toBe(300)
    expect(limit(State.waiting | DEPARTING_FLAG)).toBe(10)
    expect(limit(State.offered | DEPARTING_FLAG)).toBe(10)
    // For as long as the pass is valid.
    expect(limit(State.active | BEACON_FLAG | DEPARTING_FLAG)).toBe(30)
    expect(limit(State.active | DEPARTING_FLAG)).toBe(30)
    expect(limit(State.gone)).toBe(0xffffffff)
    expect(limit(State.gone | DEPARTING_FLAG)).toBe(0xffffffff)
    expect(silenceLimitSeconds(State.active, rules({ sessionTimeoutSeconds: 90 }))).toBe(90)
  })

  it('is longer far from the front, for tickets whose visitors poll', () => {
    const { farLimits } = silenceLimits(rules(), 90)
    const byte = (state: number, flags = 0) => farLimits[state | flags]
    expect([byte(State.waiting), byte(State.offered)]).toEqual([90, 90])
    expect([byte(State.waiting, DEPARTING_FLAG), byte(State.active), byte(State.absent)]).toEqual([10, 60, 300])
    const segment = new Segment(1)
    for (const offset of [0, 7, 8, SEGMENT_SIZE - 1]) segment.put(offset, State.waiting)
    const silent = (now: number, farFrom: number) => [
      ...silentOffsets(segment, silentBefore(silenceLimits(rules(), 90), at(now)), farFrom),
    ]
    expect(silent(20, SEGMENT_SIZE + 8)).toEqual([0, 7])
    expect(silent(89, SEGMENT_SIZE + 8)).toEqual([0, 7])
    expect(silent(90, SEGMENT_SIZE + 8)).toEqual([0, 7, 8, SEGMENT_SIZE - 1])
    expect([silent(20, 0), silent(20, 2 * SEGMENT_SIZE).length]).toEqual([[], 4])
  })

  it('is looked up by byte', () => {
    const { limits } = silenceLimits(rules(), 0)
    expect(limits.length).toBe(256)
    for (const byte of [0, 1, 2, 3, 4, 11, 17, 27]) expect(limits[byte]).toBe(silenceLimitSeconds(byte, rules()))
  })

  it('ends at the limit and not before, and counts from the floor except for absent tickets', () => {
    const limits = silenceLimits(rules({ reclaimGraceSeconds: 100 }), 0)
    const segment = new Segment(0)
    const silent = (now: number, floor: number) => [
      ...silentOffsets(segment, silentBefore(limits, at(now, floor)), NOBODY_FAR),
    ]
    expect(silent(1_000_000, 0)).toEqual([])
    segment.put(0, State.waiting)
    segment.put(SEGMENT_SIZE - 1, State.absent)
    segment.heard[0] = 50
    segment.heard[SEGMENT_SIZE - 1] = 50
    expect(silent(69, 0)).toEqual([])
    expect(silent(70, 0)).toEqual([0])
    expect(silent(70, 51)).toEqual([])
    expect(silent(71, 51)).toEqual([0])
    expect(silent(149, 51)).toEqual([0])
    expect(silent(150, 140)).toEqual([SEGMENT_SIZE - 1])
    // Results of one moment are not overwritten by the next call.
    const both = silentOffsets(segment, silentBefore(limits, at(150, 51)), NOBODY_FAR)
    segment.put(0, State.gone)
    expect(silent(150, 51)).toEqual([SEGMENT_SIZE - 1])
    expect([...both]).toEqual([0, SEGMENT_SIZE - 1])
  })

  it('never ends for a last-seen time in the future, as after a restart', () => {
    const segment = new Segment(0)
    segment.put(3, State.waiting)
    segment.heard[3] = 40
    const limits = silenceLimits(rules(), 0)
    expect(
      [19, 20, 39, 59].map((now) => silentOffsets(segment, silentBefore(limits, at(now, 0)), NOBODY_FAR).length),
    ).toEqual([0, 0, 0, 0])
    expect(silentOffsets(segment, silentBefore(limits, at(60, 0)), NOBODY_FAR).length).toBe(1)
  })

  it('turns present tickets absent and absent ones gone, or all gone without a grace', () => {
    const { gone, waiting, offered, active, absent } = State
    const admitted = absent | ADMITTED_FLAG
    const after = (grace: number) => afterSilence(rules({ reclaimGraceSeconds: grace }))
    expect([waiting, offered, active, absent].map((state) => after(1)[state])).toEqual([
      ...[absent, admitted, admitted],
      gone,
    ])
    expect([waiting, offered, active, absent].map((state) => after(0)[state])).toEqual([gone, gone, gone, gone])
  })

  it('gives a pass three quarters of it, in whole seconds, at most a minute', () => {
    expect([15, 20, 21, 79, 80, 81, 1800].map(passLifeSeconds)).toEqual([11, 15, 15, 59, 60, 60, 60])
  })
})

describe('sessions with a limit', () => {
  const idle = rules({ idleTimeoutSeconds: 60 })
  const max = rules({ sessionMaxSeconds: 100 })

  it('end when unused for the idle timeout', () => {
    const sessions = new Sessions()
    sessions.start(1, idle, 10)
    sessions.start(2, idle, 10)
    sessions.touch(2, 30)
    expect(sessions.overdue(idle, at(69))).toEqual([])
    expect(sessions.overdue(idle, at(70))).toEqual([1])
    expect(sessions.overdue(idle, at(90))).toEqual([1, 2])
    sessions.end(1)
    expect(sessions.overdue(idle, at(90))).toEqual([2])
    expect(() => sessions.touch(9, 90)).not.toThrow()
  })

  it('end after the maximum time, used or not', () => {
    const sessions = new Sessions()
    sessions.start(1, max, 10)
    sessions.touch(1, 109)
    expect(sessions.overdue(max, at(109))).toEqual([])
    expect(sessions.overdue(max, at(110))).toEqual([1])
  })

  it('never end while no limit is on', () => {
    const sessions = new Sessions()
    sessions.start(1, rules(), 0)
    expect(sessions.overdue(idle, at(1e6))).toEqual([])
    sessions.start(2, rules({ idleTimeoutSeconds: 60, sessionMaxSeconds: 100 }), 0)
    expect(sessions.overdue(rules(), at(1e6))).toEqual([])
  })

  it('end together when many of a segment expire', () => {
    const sessions = new Sessions()
    const start = 2 * SEGMENT_SIZE
    for (const number of [start, start + 5, start + 6, 5]) sessions.start(number, max, 10)
    sessions.endMany(new Segment(2), Uint16Array.of(0, 3, 5))
    expect(sessions.overdue(max, at(110))).toEqual([start + 6, 5])
  })

  it('keep their start over a restart, and count as just used', () => {
    const segment = new Segment(2)
    for (const offset of [0, 5, SEGMENT_SIZE - 1]) segment.put(offset, State.active)
    segment.put(6, State.waiting)
    const start = 2 * SEGMENT_SIZE
    const before = new Sessions()
    expect([...before.toStored(segment)]).toEqual([])
    before.start(start, max, 10)
    before.start(start + 5, max, 20)
    before.start(7, max, 1)
    // One session began before the limit was set: for the limit it begins now.
    expect([...before.toStored(segment)]).toEqual([0, 10, 5, 20])
    const after = new Sessions()
    after.restore(segment, before.toStored(segment), rules({ idleTimeoutSeconds: 30, sessionMaxSeconds: 100 }), 50)
    expect(after.overdue(max, at(109))).toEqual([])
    expect(after.overdue(max, at(110))).toEqual([start])
    expect(after.overdue(max, at(120))).toEqual([start, start + 5])
    expect(after.overdue(max, at(150))).toEqual([start, start + 5, start + SEGMENT_SIZE - 1])
    expect(after.overdue(idle, at(109))).toEqual([])
    expect(after.overdue(idle, at(110)).length).toBe(3)
    after.restore(segment, Uint32Array.of(0), rules(), 0)
    expect(after.overdue(max, at(110))).toEqual([start])
  })
})

describe('the rate', () => {
  it('allows one at once, then one per interval of the rate, and never saves more than one check interval', () => {
    const pace = { ratePerMinute: 60, checkIntervalSeconds: 10 }
    const bucket = RateBucket.full(pace, 0)
    for (let i = 0; i < 11; i++) {
      expect(bucket.hasAdmission).toBe(true)
      bucket.take()
    }
    expect(bucket.hasAdmission).toBe(false)
    expect(bucket.wouldHaveAdmission(pace, 999)).toBe(false)
    expect(bucket.wouldHaveAdmission(pace, 1000)).toBe(true)
    expect(bucket.hasAdmission).toBe(false)
    bucket.refill(pace, 999)
    expect(bucket.hasAdmission).toBe(false)
    bucket.refill(pace, 1000)
    expect(bucket.hasAdmission).toBe(true)
    // The clock goes back: nothing is added, and time counts from there.
    bucket.refill(pace, 0)
    expect(bucket.toStored()).toEqual({ credit: 60_000, atMs: 0 })
    bucket.refill(pace, 3_600_000)
    expect(bucket.toStored()).toEqual({ credit: 660_000, atMs: 3_600_000 })
    bucket.refill({ ratePerMinute: 0, checkIntervalSeconds: 10 }, 3_600_001)
    expect(bucket.hasAdmission).toBe(false)
  })
})

describe('whether a ticket may be admitted', () => {
  const full = () => RateBucket.full({ ratePerMinute: 60, checkIntervalSeconds: 10 }, 0)
  const empty = () => new RateBucket({ credit: 0, atMs: 0 })

  it('needs an open room, a free slot and the rate', () => {
    const tickets = new Tickets()
    expect(mayAdmit(tickets, full(), rules({ capacity: 1 }))).toBe(true)
    expect(mayAdmit(tickets, full(), rules({ capacity: 0 }))).toBe(false)
    expect(mayAdmit(tickets, empty(), rules())).toBe(false)
    expect(mayAdmit(tickets, full(), rules({ mode: 'queue-all' }))).toBe(false)
    expect(mayAdmit(tickets, full(), rules({ mode: 'paused' }))).toBe(false)
    expect(mayAdmit(tickets, full(), rules({ suspended: true }))).toBe(false)
    tickets.issue(State.active, 0)
    expect(mayAdmit(tickets, full(), rules({ capacity: 1 }))).toBe(false)
    expect(mayAdmit(tickets, full(), rules({ capacity: 2 }))).toBe(true)
  })

  it('needs an empty line, too, for a newcomer', () => {
    const tickets = new Tickets()
    expect(mayAdmitNewcomer(tickets, full(), rules())).toBe(true)
    tickets.issue(State.waiting, 0)
    expect(mayAdmitNewcomer(tickets, full(), rules())).toBe(false)
  })

  it('a room is closed until its opening time, or without end', () => {
    expect(isClosed(rules(), 5)).toBe(false)
    expect(isClosed(rules({ closed: true }), 5)).toBe(true)
    expect(isClosed(rules({ closed: true, opensAtMs: 6 }), 5)).toBe(true)
    expect(isClosed(rules({ closed: true, opensAtMs: 5 }), 5)).toBe(false)
    expect(isClosed(rules({ opensAtMs: 6 }), 5)).toBe(false)
  })
})
