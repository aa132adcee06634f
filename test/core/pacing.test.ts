import { describe, expect, it } from 'vitest'
import { Pacing } from '../../src/core/pacing.ts'
import { START_MS } from './support/driven-line.ts'

/** A tenth of the 500 calls a second that one object is asked to answer: so many make a room busy. */
const BUSY = 50

/** Calls of these isolates in turn, all at one time; what the last one was told. */
function calls(pacing: Pacing, count: number, nowMs: number, isolates = 1): number {
  let told = -1
  for (let i = 0; i < count; i++) told = pacing.nextCallAfterMs(`isolate ${i % isolates}`, nowMs)
  return told
}

describe('the pace of calls', () => {
  it('is free below a tenth of the target and reckoned from it on: 2 ms for each isolate', () => {
    const pacing = new Pacing()
    expect(calls(pacing, BUSY - 1, START_MS)).toBe(0)
    expect(calls(pacing, 1, START_MS)).toBe(2)
    expect(calls(new Pacing(), BUSY, START_MS, BUSY)).toBe(100)
  })

  it('is 5 s at the longest, from 2,500 isolates on', () => {
    expect(calls(new Pacing(), 2400, START_MS, 2400)).toBe(4800)
    expect(calls(new Pacing(), 2500, START_MS, 2500)).toBe(5000)
    expect(calls(new Pacing(), 2600, START_MS, 2600)).toBe(5000)
  })

  it('goes by the busier of this second and the last one', () => {
    const pacing = new Pacing()
    calls(pacing, BUSY, START_MS)
    // Still the same second, then the one after it to its end.
    expect(calls(pacing, 1, START_MS + 999)).toBe(2)
    expect(calls(pacing, 1, START_MS + 1000)).toBe(2)
    expect(calls(pacing, 1, START_MS + 1999)).toBe(2)
    // That one had two calls only.
    expect(calls(pacing, 1, START_MS + 2000)).toBe(0)
  })

  it('is told apart by seconds: calls of two of them do not add up', () => {
    const pacing = new Pacing()
    calls(pacing, BUSY - 1, START_MS)
    expect(calls(pacing, BUSY - 1, START_MS + 1000)).toBe(0)
    expect(calls(pacing, 1, START_MS + 1000)).toBe(2)
  })

  it('forgets a busy second once a whole one has passed without a call, and one that lies ahead', () => {
    for (const [laterMs, told] of [
      [1999, 2],
      [2000, 0],
      [60_000, 0],
      [-1, 0],
      [-60_000, 0],
    ] as const) {
      const pacing = new Pacing()
      calls(pacing, BUSY, START_MS)
      expect([laterMs, calls(pacing, 1, START_MS + laterMs)]).toEqual([laterMs, told])
    }
  })

  it('counts an isolate until two of the longest waits have passed without its call', () => {
    for (const [laterMs, told] of [
      [9_999, 4],
      [10_000, 2],
    ] as const) {
      const pacing = new Pacing()
      pacing.nextCallAfterMs('other', START_MS)
      expect(calls(pacing, BUSY, START_MS + laterMs)).toBe(told)
    }
  })

  it('forgets in order of the last call, not of the first', () => {
    const pacing = new Pacing()
    calls(pacing, 1, START_MS)
    pacing.nextCallAfterMs('other', START_MS + 5000)
    calls(pacing, 1, START_MS + 9000)
    expect(calls(pacing, BUSY, START_MS + 15_000)).toBe(2)
  })
})
