import { describe, expect, it } from 'vitest'
import { GathererTier, gathererOf, gatherersFor, isolateHash } from '../../src/core/gatherers.ts'
import { START_MS } from './support/driven-line.ts'

const WINDOW_MS = 12_000

/** A few isolates are many. */
const SMALL = { direct: 10, each: 10, max: 4 }

/** Isolates call once each. Returns the number of gatherers. */
function hear(tier: GathererTier, isolates: number, nowMs: number, gatherers = 0): number {
  for (let i = 0; i < isolates; i++) tier.hear(isolateHash(`isolate ${i}`), gatherers, nowMs)
  return tier.count(nowMs)
}

describe('the number of gatherers', () => {
  it.each([
    [0, 0],
    [1_000, 0],
    [1_001, 1],
    [1_500, 1],
    [1_501, 2],
    [10_000, 7],
    [50_000, 34],
    [1_000_000, 64],
  ])('for %i isolates is %i', (isolates, gatherers) => {
    expect(gatherersFor(isolates, 0)).toBe(gatherers)
  })

  it.each([
    [710, 1, 1],
    [460, 1, 1],
    [440, 1, 0],
    [1_060, 2, 2],
    [1_040, 2, 1],
    [35_000, 34, 34],
    [34_000, 34, 33],
    [0, 34, 0],
  ])('for %i isolates after %i gatherers is %i, so that it does not swing', (isolates, before, gatherers) => {
    expect(gatherersFor(isolates, before)).toBe(gatherers)
  })
})

describe('the gatherer of an isolate', () => {
  it('is each of them about equally often', () => {
    const counts = new Array<number>(7).fill(0)
    for (let i = 0; i < 7_000; i++) (counts[gathererOf(crypto.randomUUID(), 7)] as number)++
    expect(Math.min(...counts)).toBeGreaterThan(850)
    expect(Math.max(...counts)).toBeLessThan(1_150)
  })
})

describe('a room', () => {
  it('gets gatherers at once when enough isolates call', () => {
    const tier = new GathererTier(SMALL)
    expect(hear(tier, 10, START_MS)).toBe(0)
    expect(hear(tier, 11, START_MS + 1)).toBe(2)
    expect(hear(tier, 31, START_MS + 2)).toBe(4)
  })

  it('counts an isolate once, whichever way it calls', () => {
    const tier = new GathererTier(SMALL)
    for (let ms = 0; ms < 5_000; ms += 100) expect(hear(tier, 10, START_MS + ms)).toBe(0)
    expect(tier.isolates).toBe(10)
  })

  it('keeps its gatherers until a whole window had fewer isolates', () => {
    const tier = new GathererTier(SMALL)
    hear(tier, 31, START_MS)
    const first = START_MS + WINDOW_MS
    expect(hear(tier, 5, first)).toBe(4)
    expect(hear(tier, 5, first + WINDOW_MS - 1)).toBe(4)
    expect(hear(tier, 5, first + WINDOW_MS)).toBe(0)
  })

  it('loses its gatherers after a pause', () => {
    const tier = new GathererTier(SMALL)
    hear(tier, 31, START_MS)
    expect(tier.count(START_MS + 2 * WINDOW_MS)).toBe(0)
  })

  it('takes the number that callers know after it lost its memory, until a window has passed', () => {
    const tier = new GathererTier(SMALL)
    expect(hear(tier, 1, START_MS, 3)).toBe(3)
    expect(hear(tier, 2, START_MS + 5_000)).toBe(3)
    expect(hear(tier, 2, START_MS + WINDOW_MS)).toBe(0)
    // From then on it knows better.
    expect(hear(tier, 2, START_MS + WINDOW_MS + 1, 3)).toBe(0)
  })

  it('ignores numbers above the bound', () => {
    expect(hear(new GathererTier(SMALL), 1, START_MS, 1_000_000)).toBe(4)
  })

  it('begins anew when its clock goes back', () => {
    const tier = new GathererTier(SMALL)
    hear(tier, 31, START_MS)
    expect(hear(tier, 5, START_MS - 60_000, 4)).toBe(4)
    expect(hear(tier, 5, START_MS - 60_000 + WINDOW_MS)).toBe(0)
  })
})
