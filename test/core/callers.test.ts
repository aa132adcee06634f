import { describe, expect, it } from 'vitest'
import { Callers } from '../../src/core/callers.ts'
import { GathererTier, isolateHash } from '../../src/core/gatherers.ts'
import { START_MS } from './support/driven-line.ts'
import { request } from './support/requests.ts'

interface Plan {
  readonly gatherers: number
  readonly seconds: number
  /** Isolates that call for the first time, directly, each second. */
  readonly newPerSecond?: number
}

/** Gatherers that always have something to send, at least 100 ms apart. */
function callsOf({ gatherers, seconds, newPerSecond = 0 }: Plan) {
  const callers = new Callers()
  const perSecond = new Array<number>(seconds).fill(0)
  const nextMs = Array.from({ length: gatherers }, (_, i) => i)
  let gathererPaceMaxMs = 0
  let isolates = 0
  for (let ms = 0; ms < seconds * 1000; ms++) {
    const second = Math.floor(ms / 1000)
    for (let i = 0; i < gatherers; i++) {
      if ((nextMs[i] as number) > ms) continue
      const all = { room: 'r', gatherer: `${i}`, requests: [], heard: new Uint32Array() }
      const paceMs = callers.gathered(all, START_MS + ms)
      // First calls are not paced.
      if (second >= 10) gathererPaceMaxMs = Math.max(gathererPaceMaxMs, paceMs)
      nextMs[i] = ms + Math.max(100, paceMs)
      ;(perSecond[second] as number)++
    }
    while (isolates < (ms / 1000) * newPerSecond) {
      callers.direct(request({ isolate: `isolate ${isolates++}` }), START_MS + ms)
      ;(perSecond[second] as number)++
    }
  }
  return {
    worst: Math.max(...perSecond.slice(1)),
    mean: perSecond.reduce((a, b) => a + b) / seconds,
    gathererPaceMaxMs,
  }
}

describe('the calls of gatherers', () => {
  it('come every 100 ms while they are few', () => {
    expect(callsOf({ gatherers: 34, seconds: 20 })).toMatchObject({ worst: 340 })
  })

  it('stay under 450 a second, and 500 in the worst second, with the most gatherers in each of seven regions', () => {
    const { worst, mean, gathererPaceMaxMs } = callsOf({ gatherers: 7 * 64, seconds: 60 })
    expect(mean).toBeLessThan(450)
    expect(worst).toBeLessThan(500)
    expect(gathererPaceMaxMs).toBeLessThan(1_500)
  })

  it('leave room for isolates that call for the first time', () => {
    const { worst, gathererPaceMaxMs } = callsOf({ gatherers: 34, seconds: 20, newPerSecond: 200 })
    expect(worst).toBeLessThan(500)
    expect(gathererPaceMaxMs).toBeLessThan(300)
  })

  it('keep a quarter of the calls however many isolates call for the first time', () => {
    const { gathererPaceMaxMs } = callsOf({ gatherers: 34, seconds: 20, newPerSecond: 2_000 })
    expect(gathererPaceMaxMs).toBeLessThan(500)
  })
})

describe('a room', () => {
  it('counts calls, and isolates behind gatherers and their copies', () => {
    const tier = new GathererTier()
    const callers = new Callers(tier)
    callers.direct(request({ isolate: 'a' }), START_MS)
    const requests = ['a', 'b', 'c'].map((isolate) => request({ isolate }))
    const heard = Uint32Array.of(isolateHash('c'), isolateHash('d'))
    callers.gathered({ room: 'r', gatherer: 'g', requests, heard }, START_MS)
    expect([callers.calls, callers.gatheredCalls, tier.isolates]).toEqual([2, 3, 4])
  })

  it('has gatherers from 1,001 isolates on', () => {
    const callers = new Callers()
    const end = callFirst(callers, 1_000, 400)
    expect(callers.gatherersNow(end)).toBe(0)
    callers.direct(request({ isolate: '1000' }), end)
    expect(callers.gatherersNow(end)).toBe(1)
  })

  it('has no gatherers for fewer isolates, although 450 a second are new', () => {
    const callers = new Callers()
    expect(callers.gatherersNow(callFirst(callers, 900, 450))).toBe(0)
  })

  it('has gatherers as soon as more isolates are new in a second than it can pace', () => {
    const callers = new Callers()
    expect(callers.gatherersNow(callFirst(callers, 460, 600))).toBe(1)
  })

  it('keeps them for up to two windows of 12 s if no more isolates come', () => {
    const callers = new Callers()
    callFirst(callers, 460, 600)
    expect(gatherersBySecond(callers, 10)).toEqual(new Array(10).fill(1))
    expect(gatherersBySecond(callers, 30, 10).at(-1)).toBe(0)
  })

  it.each([
    ['keeps its gatherer', 460, 1],
    ['has none any more', 440, 0],
  ])('%s while %i isolates of a rush go on calling', (_, isolates, gatherers) => {
    const callers = new Callers()
    callFirst(callers, 600, 700)
    const requests = Array.from({ length: isolates }, (_, i) => request({ isolate: `${i}` }))
    const counts = Array.from({ length: 60 }, (_, second) => {
      const nowMs = START_MS + (second + 1) * 1000
      callers.gathered({ room: 'r', gatherer: 'g', requests, heard: new Uint32Array() }, nowMs)
      return callers.gatherersNow(nowMs)
    })
    expect(counts.slice(0, 10)).toEqual(new Array(10).fill(1))
    expect(counts.slice(40)).toEqual(new Array(20).fill(gatherers))
  })
})

/** Isolates call once each. Returns the time of the last call. */
function callFirst(callers: Callers, isolates: number, perSecond: number): number {
  const atMs = (i: number) => START_MS + Math.floor((i * 1000) / perSecond)
  for (let i = 0; i < isolates; i++) callers.direct(request({ isolate: `${i}` }), atMs(i))
  return atMs(isolates - 1)
}

/** The same few isolates call. Returns the number of gatherers in each second. */
function gatherersBySecond(callers: Callers, seconds: number, from = 1): number[] {
  return Array.from({ length: seconds }, (_, second) => {
    for (let i = 0; i < 5; i++)
      callers.direct(request({ isolate: `${i}` }), START_MS + (from + second) * 1000 + i * 200)
    return callers.gatherersNow(START_MS + (from + second) * 1000 + 800)
  })
}
