/**
 * A room client with a real line, on a virtual clock. Calls can be held, lost, refused or repeated.
 */
import { applyExchange, type ExchangeAnswer, type ExchangeRequest } from '../../src/core/exchange.ts'
import { Line } from '../../src/core/line.ts'
import type { LineRules } from '../../src/core/rules.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import type { KeepAlive } from '../../src/room/room-calls.ts'
import { RoomClient } from '../../src/room/room-client.ts'
import { START_MS } from '../core/support/driven-line.ts'
import { rules } from '../core/support/rules.ts'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

interface Call {
  readonly request: ExchangeRequest
  readonly answer: (answer: ExchangeAnswer) => void
  readonly refuse: (error: unknown) => void
}

export class VirtualRoom implements KeepAlive {
  nowMs = START_MS
  line: Line
  paceMs = 0
  gatherers = 0
  /** The number of gatherers in the cache of this location, which answers after `hintMs`. */
  hinted = 0
  hintMs = 0
  readonly hintsWritten: number[] = []
  /** Calls wait in `held` for `release`. Otherwise the object answers at once. */
  holding = false
  /** Calls fail. */
  isCutOff = false
  readonly held: Call[] = []
  readonly requests: ExchangeRequest[] = []
  readonly client: RoomClient
  private timers: Timer[] = []
  private ids = 0
  private readonly lineRules: LineRules

  constructor(changes: Partial<LineRules> = {}) {
    this.lineRules = rules(changes)
    this.line = Line.start(this.lineRules, START_MS, START_MS)
    const setTimer = (ms: number, callback: () => void) => {
      const timer = { atMs: this.nowMs + ms, callback }
      this.timers.push(timer)
      return () => {
        this.timers = this.timers.filter((other) => other !== timer)
      }
    }
    this.client = new RoomClient('r', {
      call: (request) =>
        new Promise((answer, refuse) => {
          if (this.isCutOff) return refuse(new Error('cut off'))
          this.requests.push(request)
          const call = { request, answer, refuse }
          if (this.holding) this.held.push(call)
          else answer(this.decide(request))
        }),
      hint: {
        read: () =>
          this.hintMs === 0
            ? Promise.resolve(this.hinted)
            : new Promise((found) => void setTimer(this.hintMs, () => found(this.hinted))),
        write: async (gatherers) => void this.hintsWritten.push(gatherers),
      },
      nowMs: () => this.nowMs,
      after: setTimer,
      randomId: () => `id ${this.ids++}`,
      random: () => 0.5,
      onCallFailed: () => {},
    })
  }

  /** Keeps a request alive until its work is done. */
  waitUntil(work: Promise<unknown>): void {
    work.catch(() => {})
  }

  /** Decides a call as the object does. */
  decide(request: ExchangeRequest): ExchangeAnswer {
    this.line.beginCall(this.nowMs)
    const answer = applyExchange(this.line, request)
    const snapshot = takeSnapshot(this.line, this.nowMs, this.gatherers)
    return { ...answer, snapshot, nextCallAfterMs: this.paceMs }
  }

  /** Answers the oldest held call. */
  release(): Call {
    const call = this.held.shift()
    if (call === undefined) throw new Error('no call is held')
    call.answer(this.decide(call.request))
    return call
  }

  /** Cancels all requests with their timers. */
  stopTimers(): void {
    this.timers = []
  }

  reset(): void {
    this.line = Line.start(this.lineRules, this.line.run + 1, this.nowMs)
  }

  /** Advances the clock timer by timer and runs everything that follows from each. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    await settle()
    for (;;) {
      const due = this.timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.nowMs = Math.max(this.nowMs, due.atMs)
      this.timers = this.timers.filter((timer) => timer !== due)
      due.callback()
      await settle()
    }
    this.nowMs = untilMs
  }
}

/** Runs all pending microtasks. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve()
}
