/** One gatherer with a real line behind it, on a virtual clock. */
import { describe, expect, it } from 'vitest'
import { Scheduler } from '../../simulation/scheduler.ts'
import { AccessRows } from '../../src/core/access.ts'
import { applyExchanges, type ExchangeAnswer, type ExchangeRequest } from '../../src/core/exchange.ts'
import type { GatheredAnswer, GatheredRequest } from '../../src/core/gathered.ts'
import { isolateHash } from '../../src/core/gatherers.ts'
import { Line } from '../../src/core/line.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import type { GathererAnswer } from '../../src/room/gatherer-object.ts'
import { Gathering } from '../../src/room/gathering.ts'
import {
  GATHER_CALL_EVERY_MS,
  GATHER_CALLS_UNDER_WAY_MAX,
  GATHER_COPY_YOUNG_MS,
  GATHER_PATIENCE_MS,
  GATHER_REQUESTS_PER_CALL_MAX,
  GATHER_SIZE_PER_CALL_MAX,
  GATHER_WAITING_MAX,
} from '../../src/room/limits.ts'
import { START_MS } from '../core/support/driven-line.ts'
import { aged, request } from '../core/support/requests.ts'
import { rules } from '../core/support/rules.ts'

const NOT_SUPPORTED = new Error('an old object')

class Stage {
  readonly scheduler = new Scheduler(START_MS)
  line = Line.start(rules({ capacity: 1 }), 1, START_MS)
  /** Calls of the gatherer: when they started, and what they carried. */
  readonly calls: { readonly atMs: number; readonly all: GatheredRequest }[] = []
  paceMs = 0
  wayMs = 10
  backMs = 0
  /** The gatherer's clock. */
  skewMs = 0
  /** Throws instead of an answer. */
  error: unknown = null
  isHanging = false
  readonly gathering = new Gathering('r', {
    call: (all) => this.call(all),
    nowMs: () => this.scheduler.nowMs + this.skewMs,
    after: (ms, callback) => this.scheduler.after(ms, callback),
    randomId: () => 'gatherer',
    random: () => 1,
    isNotSupported: (error) => error === NOT_SUPPORTED,
  })

  private async call(all: GatheredRequest): Promise<GatheredAnswer> {
    this.calls.push({ atMs: this.scheduler.nowMs - START_MS, all })
    const { error, isHanging, backMs } = this
    await this.scheduler.sleep(isHanging ? Number.MAX_SAFE_INTEGER : this.wayMs)
    if (error !== null) throw error
    const { nowMs } = this.scheduler
    this.line.beginCall(nowMs)
    const answers = applyExchanges(this.line, all.requests, new AccessRows())
    const answer = { answers, snapshot: takeSnapshot(this.line, nowMs, 3), nextCallAfterMs: this.paceMs }
    if (backMs > 0) await this.scheduler.sleep(backMs)
    return answer
  }

  /** Asks at that time. The answer is in `answers` under the isolate's name. */
  ask(atMs: number, changes: Partial<ExchangeRequest> = {}): void {
    this.scheduler.after(START_MS + atMs - this.scheduler.nowMs, () => {
      const asked = request({ isolate: `${this.asked++}`, ...changes })
      void this.gathering.exchange(asked).then((answer) => this.answers.set(asked.isolate, answer))
    })
  }
  private asked = 0
  readonly answers = new Map<string, GathererAnswer>()

  until(ms: number): Promise<void> {
    return this.scheduler.runUntil(START_MS + ms)
  }

  answer(isolate: string): ExchangeAnswer {
    return this.answers.get(isolate) as ExchangeAnswer
  }

  refusal(isolate: string): string | undefined {
    const answer = this.answers.get(isolate)
    return answer !== undefined && 'refused' in answer ? answer.refused : undefined
  }
}

describe('a gatherer', () => {
  it('sends the first request at once, and the following ones together 100 ms later, in their order', async () => {
    const stage = new Stage()
    for (const [i, atMs] of [0, 20, 30, 99].entries()) stage.ask(atMs, { joins: [`key ${i}`] })
    await stage.until(500)
    expect(stage.calls.map(({ atMs, all }) => [atMs, all.requests.map(({ joins }) => joins[0])])).toEqual([
      [0, ['key 0']],
      [GATHER_CALL_EVERY_MS, ['key 1', 'key 2', 'key 3']],
    ])
    expect(['0', '1', '2', '3'].map((isolate) => stage.answer(isolate).joins)).toMatchObject([
      [{ number: 1, state: 'active' }],
      [{ number: 2, state: 'waiting' }],
      [{ number: 3, state: 'waiting' }],
      [{ number: 4, state: 'waiting' }],
    ])
  })

  it('hands each answer to its own request, with the snapshot of the call', async () => {
    const stage = new Stage()
    stage.ask(0, { joins: ['a', 'b'] })
    await stage.until(50)
    stage.ask(60, { claims: [{ number: 2, beacon: false, touched: false }] })
    stage.ask(70, { run: 99, claims: [{ number: 1, beacon: false, touched: false }] })
    stage.ask(80, { joins: ['a'] })
    await stage.until(300)
    expect(stage.answer('1').claims).toMatchObject([{ state: 'waiting' }])
    expect(stage.answer('2').claims).toEqual([{ state: 'void' }])
    expect(stage.answer('3').joins).toMatchObject([{ number: 1 }])
    for (const isolate of ['1', '2', '3']) {
      expect(stage.answer(isolate)).toMatchObject({ run: 1, snapshot: { next: 3, gatherers: 3 } })
    }
  })

  it('adds the time that a request waited to its ages', async () => {
    const stage = new Stage()
    stage.ask(0, { joins: ['a'] })
    stage.ask(40, { presence: aged([1], [5]) })
    await stage.until(300)
    expect(stage.calls[1]?.all.requests[0]?.presence).toEqual(aged([1], [65]))
  })

  it('calls as rarely as the object demands', async () => {
    const stage = new Stage()
    stage.paceMs = 450
    for (let atMs = 0; atMs < 2000; atMs += 20) stage.ask(atMs, { joins: [`key ${atMs}`] })
    await stage.until(1900)
    expect(stage.calls.map(({ atMs }) => atMs)).toEqual([0, 450, 900, 1350, 1800])
  })

  it('calls a distant object as often, but with a bounded number of calls under way', async () => {
    const stage = new Stage()
    stage.wayMs = 2_000
    for (let atMs = 0; atMs < 4_000; atMs += 20) stage.ask(atMs, { joins: [`key ${atMs}`] })
    await stage.until(1_999)
    expect(stage.calls).toHaveLength(GATHER_CALLS_UNDER_WAY_MAX)
    await stage.until(2_500)
    expect(stage.calls.length).toBeGreaterThan(GATHER_CALLS_UNDER_WAY_MAX)
    await stage.until(10_000)
    expect(stage.answers.size).toBe(200)
    // Requests that had to wait for a call to end shared one.
    expect(new Set([...stage.answers.keys()].map((isolate) => stage.answer(isolate).joins[0])).size).toBe(200)
  })

  it('paces its isolates as the object does', async () => {
    const stage = new Stage()
    for (let i = 0; i < 500; i++) stage.ask(i * 2, { joins: [`key ${i}`] })
    await stage.until(1_500)
    expect(stage.answer('0').nextCallAfterMs).toBe(0)
    expect(stage.answer('499').nextCallAfterMs).toBeGreaterThan(500)
  })
})

describe('a request for a snapshot alone', () => {
  /** A gatherer with a copy that came at 10 ms. */
  async function withCopy(): Promise<Stage> {
    const stage = new Stage()
    stage.ask(0, { joins: ['a'] })
    await stage.until(20)
    return stage
  }

  it('is answered at once from a young copy, and the isolate is reported as heard', async () => {
    const stage = await withCopy()
    stage.ask(30)
    await stage.until(30)
    expect(stage.answer('1')).toMatchObject({ run: 1, joins: [], claims: [], snapshot: { next: 2 } })
    expect(stage.calls).toHaveLength(1)
    stage.ask(40, { joins: ['b'] })
    await stage.until(300)
    expect(stage.calls[1]?.all.heard).toEqual(Uint32Array.of(isolateHash('1')))
  })

  it('waits for the object when the copy is a second old', async () => {
    const stage = await withCopy()
    stage.ask(9 + GATHER_COPY_YOUNG_MS)
    await stage.until(9 + GATHER_COPY_YOUNG_MS)
    expect(stage.calls).toHaveLength(1)
    stage.ask(10 + GATHER_COPY_YOUNG_MS)
    await stage.until(2_000)
    expect(stage.calls).toHaveLength(2)
    expect(stage.answer('2').snapshot.atMs).toBeGreaterThan(START_MS + GATHER_COPY_YOUNG_MS)
  })

  it.each([
    ['carries anything else', { presence: aged([1]) }],
    ['knows a newer run', { run: 2 }],
    ['comes from a token of a newer run', { needsRun: 2 }],
  ])('waits for the object when it %s', async (_, changes) => {
    const stage = await withCopy()
    stage.ask(30, changes)
    await stage.until(300)
    expect(stage.calls).toHaveLength(2)
    expect(stage.answers.size).toBe(2)
  })

  it('gets the newest snapshot, even when answers arrive out of order', async () => {
    const stage = new Stage()
    stage.backMs = 500
    stage.ask(0, { joins: ['a'] })
    await stage.until(50)
    stage.backMs = 0
    stage.ask(60, { joins: ['b'] })
    await stage.until(520)
    expect(stage.answer('0').snapshot.atMs).toBe(START_MS + 10)
    stage.ask(530)
    await stage.until(530)
    expect(stage.answer('2').snapshot).toMatchObject({ atMs: START_MS + 110, next: 3 })
  })
})

describe('a gatherer under too much load', () => {
  it('sends a bounded number of requests in one call, and the others with the next ones', async () => {
    const stage = new Stage()
    stage.ask(0, { joins: ['first'] })
    const more = GATHER_REQUESTS_PER_CALL_MAX + 10
    for (let i = 0; i < more; i++) stage.ask(50, { joins: [`key ${i}`] })
    await stage.until(1_000)
    expect(stage.calls.map(({ all }) => all.requests.length)).toEqual([1, GATHER_REQUESTS_PER_CALL_MAX, 10])
    expect(stage.answer(`${more}`).joins).toMatchObject([{ number: more + 1 }])
  })

  it('sends a bounded number of reports in one call, but any single request', async () => {
    const stage = new Stage()
    stage.ask(0, { joins: ['first'] })
    const numbers = (count: number) => aged(Array.from({ length: count }, (_, i) => i + 1))
    for (const share of [0.5, 0.5, 0.1, 1.1]) {
      stage.ask(50, { presence: numbers(Math.floor(share * GATHER_SIZE_PER_CALL_MAX)) })
    }
    await stage.until(1_000)
    expect(stage.calls.map(({ all }) => all.requests.length)).toEqual([1, 2, 1, 1])
  })

  it('refuses requests beyond its bound, and answers all others', async () => {
    const stage = new Stage()
    stage.ask(0, { joins: ['first'] })
    for (let i = 0; i < GATHER_WAITING_MAX + 5; i++) stage.ask(50, { joins: [`key ${i}`] })
    await stage.until(2_000)
    const refused = [...stage.answers.keys()].filter((isolate) => stage.refusal(isolate) === 'overloaded')
    expect(refused).toEqual(Array.from({ length: 5 }, (_, i) => `${GATHER_WAITING_MAX + 1 + i}`))
    expect(stage.answers.size).toBe(GATHER_WAITING_MAX + 6)
  })
})

describe('a gatherer whose call fails', () => {
  it.each([
    ['room-failed', new Error('the object is gone')],
    ['not-supported', NOT_SUPPORTED],
  ])('refuses the requests of that call: %s', async (refused, error) => {
    const stage = new Stage()
    stage.error = error
    stage.ask(0, { joins: ['a'] })
    await stage.until(50)
    stage.error = null
    stage.ask(60, { joins: ['b'] })
    await stage.until(300)
    expect([stage.refusal('0'), stage.refusal('1')]).toEqual([refused, undefined])
  })

  it('refuses them after some seconds without an answer, too', async () => {
    const stage = new Stage()
    stage.isHanging = true
    stage.ask(0, { joins: ['a'] })
    await stage.until(GATHER_PATIENCE_MS - 1)
    expect(stage.answers.size).toBe(0)
    await stage.until(GATHER_PATIENCE_MS)
    expect(stage.refusal('0')).toBe('room-failed')
  })

  it('asks an object with too much to do again some time later, and refuses requests after 3 s', async () => {
    const stage = new Stage()
    stage.error = Object.assign(new Error('too much'), { overloaded: true })
    stage.ask(0, { joins: ['a'] })
    await stage.until(GATHER_PATIENCE_MS - 1)
    expect(stage.answers.size).toBe(0)
    expect(stage.calls.length).toBeGreaterThan(1)
    stage.ask(GATHER_PATIENCE_MS, { joins: ['b'] })
    await stage.until(2 * GATHER_PATIENCE_MS - 1_000)
    expect([stage.refusal('0'), stage.answers.has('1')]).toEqual(['overloaded', false])
    stage.error = null
    await stage.until(2 * GATHER_PATIENCE_MS + 1_000)
    expect(stage.answer('1').joins).toMatchObject([{ number: 1 }])
  })

  it('calls less often while the object fails, and as before once it answers', async () => {
    const stage = new Stage()
    stage.error = Object.assign(new Error('too much'), { overloaded: true })
    for (let atMs = 0; atMs < 10_000; atMs += 20) stage.ask(atMs, { joins: [`key ${atMs}`] })
    await stage.until(6_000)
    const failed = stage.calls.length
    expect(failed).toBeLessThan(12)
    stage.error = null
    await stage.until(8_000)
    const before = stage.calls.length
    await stage.until(9_000)
    expect(stage.calls.length - before).toBe(1_000 / GATHER_CALL_EVERY_MS)
    // Requests that waited meanwhile are answered.
    expect(stage.refusal('499')).toBeUndefined()
  })

  it('reports isolates that it answered from its copy with the next call', async () => {
    const stage = new Stage()
    stage.ask(0, { joins: ['a'] })
    stage.ask(20, { isolate: 'copied' })
    await stage.until(30)
    stage.error = new Error('lost')
    stage.ask(40, { joins: ['b'] })
    await stage.until(150)
    stage.error = null
    stage.ask(160, { joins: ['c'] })
    await stage.until(400)
    expect(stage.calls.slice(1).map(({ all }) => [...all.heard])).toEqual([
      [isolateHash('copied')],
      [isolateHash('copied')],
    ])
  })
})

describe('a gatherer whose clock jumps', () => {
  it.each([-600_000, 600_000])('by %i ms goes on calling', async (jumpMs) => {
    const stage = new Stage()
    stage.ask(0, { joins: ['a'] })
    await stage.until(50)
    stage.skewMs = jumpMs
    stage.ask(60, { joins: ['b'], presence: aged([1], [5]) })
    await stage.until(12_000)
    expect(stage.answer('1').joins).toMatchObject([{ number: 2 }])
    expect(stage.calls[1]?.all.requests[0]?.presence.agesMs[0]).toBeLessThan(12_000)
  })
})
