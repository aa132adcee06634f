/**
 * The event of `--event`: a lobby that is open, a countdown, a draw, and admission by rank. Owns
 * its course; `event-check.ts` checks the draw.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createEvent, moveStart, readDraw } from './admin-client.ts'
import { type Arrival, Crowd } from './crowd.ts'
import { checkEvent, type EventOutcome } from './event-check.ts'
import { Figures } from './figures.ts'
import { watch } from './monitor.ts'
import type { Options } from './options.ts'
import type { Stage } from './stage.ts'
import type { FigureTable } from './table.ts'

/** A lobby opens at least 5 minutes before the start: this one opened some time ago. */
const LOBBY_OPEN_MS = 10 * 60_000
const LENGTH_MS = 60 * 60_000
const POLL_MS = 500
/** Visitors who come after the draw. */
const LATE_VISITORS = 5
const LATE_EVERY_MS = 200

/** Of the demo: a lobby of three quarters of a minute, to which everyone comes in half of that. */
export function demoPace(visitors: number): Pace {
  const countdownMs = 45_000
  return { countdownMs, startAfterLobbyMs: null, arriveEveryMs: countdownMs / 2 / visitors, visitMs: 4_000 }
}

/** The times of a play, in milliseconds. */
export interface Pace {
  /** From the opening of the demo to the start of the event. */
  readonly countdownMs: number
  /** The start as soon as the whole lobby has entries, and this much later; null: as scheduled. */
  readonly startAfterLobbyMs: number | null
  readonly arriveEveryMs: number
  readonly visitMs: number
}

export class EventPlay {
  readonly figures = new Figures()
  readonly crowd: Crowd
  readonly #stage: Stage
  readonly #options: Options
  readonly #pace: Pace
  readonly #signal: AbortSignal
  #startMs: number
  #id = ''
  #isDrawn = false

  constructor(stage: Stage, options: Options, pace: Pace, signal: AbortSignal) {
    this.#stage = stage
    this.#options = options
    this.#pace = pace
    this.#signal = signal
    this.#startMs = Date.now() + pace.countdownMs
    this.crowd = new Crowd(stage.baseUrl, signal)
  }

  /** Plays to the end of the last visit, until `untilMs` at the latest, and checks the draw. */
  async run(table: FigureTable, untilMs: number): Promise<EventOutcome> {
    const ending = new AbortController()
    const either = AbortSignal.any([this.#signal, ending.signal])
    const { alerts } = this.#stage.alertReceiver
    const show = () => table.show(this.figures, this.crowd.visitors, alerts, this.#note())
    const watching = watch(this.#stage, this.figures, show, either)
    try {
      await Promise.race([this.#play(), sleep(untilMs - Date.now(), undefined, { signal: either }), watching])
      this.#signal.throwIfAborted()
    } finally {
      ending.abort()
      await watching.catch(() => {})
    }
    return checkEvent(this.#stage, this.figures, this.crowd.visitors, this.#startMs)
  }

  async #play(): Promise<void> {
    this.#id = await createEvent(this.#stage, {
      name: 'Demo sale',
      prequeue_start_time: new Date(Date.now() - LOBBY_OPEN_MS).toISOString(),
      event_start_time: new Date(this.#startMs).toISOString(),
      event_end_time: new Date(this.#startMs + LENGTH_MS).toISOString(),
      shuffle_at_event_start: true,
    })
    const { arriveEveryMs, startAfterLobbyMs } = this.#pace
    const lobby = this.crowd.play(this.#arrivals(this.#options.visitors, arriveEveryMs))
    if (startAfterLobbyMs !== null) {
      await this.#until(() => this.#lobbyIsComplete())
      this.#startMs = Date.now() + startAfterLobbyMs
      await moveStart(this.#stage, this.#id, this.#startMs)
    }
    await this.#until(async () => (await readDraw(this.#stage, this.#id)) !== null)
    this.#isDrawn = true
    await Promise.all([lobby, this.crowd.play(this.#arrivals(LATE_VISITORS, LATE_EVERY_MS))])
  }

  #lobbyIsComplete(): boolean {
    const { visitors } = this.crowd
    if (visitors.some(({ gotIn }) => gotIn)) throw new Error('a visitor got in before the start of the event')
    return visitors.length === this.#options.visitors && visitors.every(({ draw }) => draw !== null)
  }

  #arrivals(count: number, everyMs: number): Arrival[] {
    const part = { kind: 'polite', visitMs: this.#pace.visitMs, patienceMs: 0 } as const
    return Array.from({ length: count }, (_, index) => ({ entersMs: index * everyMs, part }))
  }

  /** One line for the live figures. */
  #note(): string {
    if (this.#isDrawn) return 'the draw is made'
    const seconds = Math.ceil((this.#startMs - Date.now()) / 1_000)
    return seconds > 0 ? `lobby, start in ${seconds} s` : 'started, waiting for the random number'
  }

  async #until(isReached: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isReached())) await sleep(POLL_MS, undefined, { signal: this.#signal })
  }
}
