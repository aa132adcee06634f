import { describe, expect, it } from 'vitest'
import { Pacing } from '../../src/core/pacing.ts'
import { callsOf } from './support/called-object.ts'
import { START_MS } from './support/driven-line.ts'

/** A room is busy from a tenth of the 430 calls a second on. */
const BUSY = 43

/**
 * This many calls, evenly spread, by these isolates in turn. Returns the answer to the last one.
 */
function call(pacing: Pacing, count: number, fromMs: number, toMs = fromMs, isolates = 1): number {
  let told = -1
  for (let i = 0; i < count; i++) {
    const nowMs = fromMs + Math.floor(((toMs - fromMs) * i) / count)
    told = pacing.nextCallAfterMs(`isolate ${i % isolates}`, nowMs)
  }
  return told
}

const worst = (perSecond: readonly number[]) => Math.max(...perSecond)
const mean = (perSecond: readonly number[]) => perSecond.reduce((sum, calls) => sum + calls, 0) / perSecond.length

describe('the pace of calls', () => {
  it('is free below a tenth of the target', () => {
    const pacing = new Pacing()
    expect(call(pacing, BUSY - 1, START_MS)).toBe(0)
    expect(call(pacing, 1, START_MS)).toBeGreaterThan(0)
  })

  it('follows the busier of this second and the last one', () => {
    const pacing = new Pacing()
    call(pacing, BUSY - 1, START_MS, START_MS + 1000)
    expect(call(pacing, BUSY - 1, START_MS + 1000, START_MS + 2000)).toBe(0)
    expect(call(pacing, BUSY, START_MS + 2000, START_MS + 3000)).toBeGreaterThan(0)
    expect(call(pacing, BUSY - 1, START_MS + 3000, START_MS + 4000)).toBeGreaterThan(0)
    expect(call(pacing, 1, START_MS + 4000)).toBe(0)
  })

  it('is a separate slot for each call', () => {
    const pacing = new Pacing()
    call(pacing, BUSY - 1, START_MS, START_MS + 1000)
    // The first call was in the last second: 429 per second. Slots before this one passed unused,
    // so the following ones are taken.
    call(pacing, BUSY - 1, START_MS + 1000, START_MS + 1500)
    expect(call(pacing, 1, START_MS + 1500)).toBe(Math.ceil(600 / 429))
    expect(call(pacing, 9, START_MS + 1500)).toBe(Math.ceil(9_600 / 429))
    expect(call(pacing, 1, START_MS + 1520)).toBe(Math.ceil(10_600 / 429 - 20))
    expect(call(pacing, 1, START_MS + 1620)).toBe(Math.ceil(600 / 429))
  })

  it('is at least 0.6 of the time that all isolates need one after another', () => {
    const pacing = new Pacing()
    for (const ms of [0, 1000, 2000]) call(pacing, 200, START_MS + ms, START_MS + ms + 1000, 200)
    expect(call(pacing, 1, START_MS + 3000)).toBe(Math.ceil((0.6 * 200 * 1000) / 430))
  })

  it('leaves room for first calls, extrapolated in the first second', () => {
    const pacing = new Pacing()
    // 42 in 500 ms are 84 a second.
    call(pacing, BUSY - 1, START_MS, START_MS + 500, BUSY)
    expect(call(pacing, 1, START_MS + 500)).toBe(Math.ceil((0.6 * 42 * 1000) / (430 - 42 / 0.5)))
    // Even if the time is very short, the estimate is at most ten times as many, and a tenth of the
    // target is always booked.
    expect(call(new Pacing(), BUSY, START_MS, START_MS, BUSY)).toBe(600)
  })

  it('is at most 6 s, however many isolates call', () => {
    expect(call(new Pacing(), 12_000, START_MS, START_MS, 12_000)).toBeLessThanOrEqual(6000)
    expect(callsOf({ isolates: 3000, seconds: 20, comingMs: 6000 }).paceMaxMs).toBe(6000)
  })

  it('is reset by a pause of more than 250 ms', () => {
    const pacing = new Pacing()
    call(pacing, 1000, START_MS, START_MS, 1000)
    expect(call(pacing, 1, START_MS + 250)).toBeGreaterThan(3000)
    expect(call(pacing, BUSY - 1, START_MS + 501)).toBe(0)
    expect(call(pacing, 1, START_MS + 501)).toBeLessThan(30)
  })

  it('counts an isolate until two of the longest waits pass without a call', () => {
    const pacing = new Pacing()
    const toldAt = (fromMs: number, toMs: number) =>
      call(pacing, (toMs - fromMs) / 20, START_MS + fromMs, START_MS + toMs)
    call(pacing, 200, START_MS, START_MS + 200, 200)
    toldAt(200, 11_980)
    expect(toldAt(11_980, 12_000)).toBe(Math.ceil((0.6 * 200 * 1000) / 430))
    expect(toldAt(12_000, 12_600)).toBe(Math.ceil(600 / 430))
  })
})

describe('isolates that always have something to report', () => {
  it.each([100, 1000, 2500])('%i together call evenly, 430 times a second', (isolates) => {
    const { perSecond, paceMaxMs } = callsOf({ isolates, seconds: 60, comingMs: 15_000 })
    expect(worst(perSecond)).toBeLessThan(500)
    expect(worst(perSecond.slice(40))).toBeLessThan(445)
    expect(mean(perSecond.slice(40))).toBeGreaterThan(415)
    expect(paceMaxMs).toBeLessThanOrEqual(6000)
  })

  it.each([200, 1000, 4000])('make as few calls if each is idle for up to %i ms', (idleMaxMs) => {
    const { perSecond } = callsOf({ isolates: 2500, seconds: 60, comingMs: 20_000, idleMaxMs })
    expect(worst(perSecond)).toBeLessThan(500)
  })

  it('are not paced while they are few', () => {
    const { paceMaxMs, perSecond } = callsOf({ isolates: 1, seconds: 10, comingMs: 0 })
    expect(paceMaxMs).toBe(0)
    // One call after the other, 40 ms each.
    expect(mean(perSecond)).toBeCloseTo(25, 0)
  })

  it('wait 6 s each and call in proportion beyond 2,580', () => {
    const { perSecond } = callsOf({ isolates: 4200, seconds: 40, comingMs: 12_000 })
    expect(mean(perSecond.slice(28))).toBeCloseTo(4200 / 6, -1)
  })

  it('leave room for first calls', () => {
    // 150 new ones per second until the end.
    const { perSecond } = callsOf({ isolates: 1500, seconds: 10, comingMs: 10_000 })
    expect(worst(perSecond)).toBeLessThan(500)
  })

  it('that start in one second are spread within a few more', () => {
    const { perSecond } = callsOf({ isolates: 2500, seconds: 40, comingMs: 1000 })
    expect(worst(perSecond.slice(30))).toBeLessThan(500)
  })

  it('that all start at once do not come back at once', () => {
    const { perSecond } = callsOf({ isolates: 2500, seconds: 40, comingMs: 1000 })
    expect(worst(perSecond.slice(2))).toBeLessThan(1_200)
  })

  it('call faster again when the others have gone', () => {
    const vanish = (second: number, object: { isolatesLeft: number }) => {
      if (second === 20) object.isolatesLeft = 50
    }
    const { perSecond } = callsOf({ isolates: 2500, seconds: 40, comingMs: 6000, happens: vanish })
    // 50 isolates make 430 calls a second, where 2,500 of them did.
    expect(mean(perSecond.slice(30))).toBeGreaterThan(415)
    expect(worst(perSecond.slice(20))).toBeLessThan(500)
  })

  it.each([-500, -3000, -600_000])('call as evenly after the clock jumps by %i ms', (jumpMs) => {
    const jump = (second: number, object: { clockOffsetMs: number }) => {
      if (second === 25) object.clockOffsetMs = jumpMs
    }
    const { perSecond } = callsOf({ isolates: 2500, seconds: 45, comingMs: 15_000, happens: jump })
    expect(worst(perSecond)).toBeLessThan(500)
  })

  it.each([300, 1000, 2500])('%i call evenly again soon after the object lost its memory', (isolates) => {
    const lose = (second: number, object: { pacing: Pacing }) => {
      if (second === 20) object.pacing = new Pacing()
    }
    const { perSecond } = callsOf({ isolates, seconds: 60, comingMs: 10_000, happens: lose })
    // Slots booked before are still used, for 6 s.
    expect(worst(perSecond)).toBeLessThan(600)
    expect(worst(perSecond.slice(45))).toBeLessThan(445)
  })

  it.each([200, 1000, 5000, 3_600_000])(
    'are even again soon after the clock jumped ahead by %i ms, which looks like a pause',
    (jumpMs) => {
      const jump = (second: number, object: { clockOffsetMs: number }) => {
        if (second === 20) object.clockOffsetMs = jumpMs
      }
      const { perSecond } = callsOf({ isolates: 2500, seconds: 60, comingMs: 10_000, happens: jump })
      expect(worst(perSecond)).toBeLessThan(600)
      expect(worst(perSecond.slice(45))).toBeLessThan(445)
    },
  )
})
