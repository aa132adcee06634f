/** Reads of a chain of public randomness, whatever its server answers. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DrawBeacon } from '../../durable-objects/draw-beacon.ts'
import type { Line } from '../../src/core/line.ts'

const CHAIN = { url: 'https://beacon.test', hash: 'c4a1'.repeat(16) }
const INFO = { hash: CHAIN.hash, genesis_time: 1_700_000_000, period: 3 }
const START_MS = Date.UTC(2040, 0, 1)
const HOUR_MS = 3_600_000

/** A line with an event in a month that has a draw, as far as the beacon reads it. */
function upcomingDraw(inMs = 30 * 24 * HOUR_MS) {
  const draws = { chain: null as object | null, isDrawing: false, awaitedRound: null }
  const course = { draws, events: [{ draw: true, startAtMs: START_MS + inMs }], followedMs: START_MS }
  return { line: { course } as unknown as Line, draws }
}

function beacon(line: Line) {
  const pending: Promise<unknown>[] = []
  const ctx = { waitUntil: (work: Promise<unknown>) => pending.push(work) } as unknown as DurableObjectState
  const reader = new DrawBeacon(ctx, (work) => work(line))
  return async (nowMs: number) => {
    reader.follow('shop', line, CHAIN, nowMs)
    await Promise.all(pending)
  }
}

const answerWith = (answer: () => Response) => vi.spyOn(globalThis, 'fetch').mockImplementation(async () => answer())

afterEach(() => vi.restoreAllMocks())

describe('the clock of a chain', () => {
  it('is read once', async () => {
    const { line, draws } = upcomingDraw()
    const fetched = answerWith(() => Response.json(INFO))
    const follow = beacon(line)
    await follow(START_MS)
    await follow(START_MS + HOUR_MS)
    expect(draws.chain).toEqual({ ...CHAIN, genesisSeconds: INFO.genesis_time, periodSeconds: INFO.period })
    expect(fetched).toHaveBeenCalledTimes(1)
  })

  it('ignores redirects', async () => {
    const { line, draws } = upcomingDraw()
    const fetched = answerWith(() => new Response(null, { status: 302, headers: { Location: 'https://other.test/' } }))
    await beacon(line)(START_MS)
    expect(fetched.mock.calls[0]?.[1]).toMatchObject({ redirect: 'manual' })
    expect(draws.chain).toBeNull()
  })

  it('is given up when the answer does not end', async () => {
    const { line, draws } = upcomingDraw()
    let bytes = 0
    const endless = new ReadableStream({
      pull(controller) {
        bytes += 1000
        if (bytes > 1_000_000) controller.close()
        else controller.enqueue(new Uint8Array(1000).fill(0x20))
      },
    })
    answerWith(() => new Response(endless))
    await beacon(line)(START_MS)
    expect(bytes).toBeLessThan(100_000)
    expect(draws.chain).toBeNull()
  })

  it.each([
    ['a month', 30 * 24 * HOUR_MS, 60],
    ['a minute', 60_000, 3_600],
  ])('is asked for again when it fails, %s before the start', async (_, inMs, readsMax) => {
    const { line } = upcomingDraw(inMs)
    const fetched = answerWith(() => new Response(null, { status: 500 }))
    const follow = beacon(line)
    for (let second = 0; second < 3_600; second++) await follow(START_MS + second * 1_000)
    expect(fetched.mock.calls.length).toBeGreaterThan(readsMax / 2)
    expect(fetched.mock.calls.length).toBeLessThanOrEqual(readsMax)
  })
})
