/**
 * One visitor of the crowd: a real HTTP client that behaves like a browser with the waiting page,
 * and then like the site with the beacon. Owns one visit from arrival to its end; knows only what
 * HTTP tells it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Status } from '../src/status.ts'
import { type Answer, Browser, numberOf, statusOf } from './browser.ts'
import { ROOM } from './stage.ts'

/** `vanishes-*` and `locks-phone` leave silently; the last one returns. */
export type Kind = 'stays' | 'polite' | 'vanishes-in-line' | 'vanishes-on-site' | 'locks-phone'

/** A visitor's plan. */
export interface Part {
  readonly kind: Kind
  /** Length of the visit to the site, in milliseconds. */
  readonly visitMs: number
  /** Time in line before vanishing or locking the phone, in milliseconds. */
  readonly patienceMs: number
}

/** Like the beacon of the waiting room. */
const HEARTBEAT_INTERVAL_MS = 8_000
/** Like the shop's own script. */
const PING_INTERVAL_MS = 5_000
/** Longer than the 32 s within which a leaver is found, so that the ticket is certainly absent. */
const LOCKED_MS = 35_000
const RETRY_MS = 2_000
/** Failures in a row before the visitor gives up. */
const MAX_FAILURES = 15
/** Sessions in one visit: a visitor whose session ended joins again, but not for ever. */
const MAX_STAYS = 3
const MAX_POLL_SECONDS = 60

const PREFIX = '/__waiting-room'
const COOKIE = `waiting-room-${ROOM}`

/** A draw as one visitor was told of it. */
export interface ShownDraw {
  readonly entry: number
  /** In the lobby. */
  readonly commitment: string
  /** Null before the draw. */
  readonly rank: number | null
}

/** How the stay on the site ended, from the visitor's view. */
type StayEnd = 'done' | 'cut-off'

/** Thrown inside a visit that ends early; the text is the reason. */
class VisitOver extends Error {}

export class Visitor {
  readonly part: Part
  /** The ticket's number, null until it is known. */
  number: number | null = null
  /** Was on the site at least once. */
  gotIn = false
  /** When the site was first entered, in milliseconds since 1970. */
  gotInMs: number | null = null
  /** Null: not in the lobby of an event with a draw. */
  draw: ShownDraw | null = null
  /** Has left silently for good: to be found by silence. */
  vanished = false
  /** Time of the last answered request, in milliseconds since 1970. */
  lastHeardMs = 0
  /** Broken promises of the waiting room, in words. */
  readonly complaints: string[] = []
  readonly #browser: Browser
  readonly #signal: AbortSignal
  #hasLockedPhone = false

  constructor(part: Part, baseUrl: string, signal: AbortSignal) {
    this.part = part
    this.#browser = new Browser(baseUrl)
    this.#signal = signal
  }

  /** Runs the visit. Resolves at its end, also if the signal ends it early; never rejects. */
  async run(): Promise<void> {
    try {
      for (let stays = 0; stays < MAX_STAYS; stays += 1) {
        await this.#getIn()
        if (this.draw !== null) await this.#readRank(this.draw)
        if (this.vanished || (await this.#stay()) === 'done') return
        this.complaints.push(`${this.#name()} was cut off although the beacon went on`)
      }
    } catch (error) {
      if (this.#signal.aborted) return
      this.complaints.push(`${this.#name()}: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      this.#browser.close()
    }
  }

  /**
   * Opens the site's page and waits in line while the answer is the waiting page. Returns on the
   * site.
   */
  async #getIn(): Promise<void> {
    for (let attempts = 0; attempts < MAX_FAILURES; attempts += 1) {
      const answer = await this.#call(() => this.#browser.navigate('/'))
      if (answer?.status === 200) {
        this.#learnNumber(numberOf(this.#browser.cookie(COOKIE)))
        this.gotIn = true
        this.gotInMs ??= Date.now()
        return
      }
      if (answer?.status === 503 && this.#browser.cookie(COOKIE) !== undefined) {
        this.#learnNumber(numberOf(this.#browser.cookie(COOKIE)))
        await this.#standInLine()
        if (this.vanished) return
      } else {
        await this.#pause(RETRY_MS)
      }
    }
    throw new VisitOver('gave up: the site did not answer')
  }

  /**
   * Polls like the waiting page, until it is told to enter or to join again, or the visitor has
   * vanished.
   */
  async #standInLine(): Promise<void> {
    const sinceMs = Date.now()
    let failures = 0
    while (failures < MAX_FAILURES) {
      const status = statusOf(await this.#call(() => this.#browser.get(`${PREFIX}/status?room=${ROOM}`)))
      if (status === null) failures += 1
      else {
        failures = 0
        // A draw gives another number to a place, and the ticket keeps its own.
        if (status.event?.draw !== true) this.#learnNumber(status.number)
        this.#learnOfDraw(status)
        if (status.state === 'admitted' || status.state === 'expired') return
      }
      const pollAfterMs = status === null ? RETRY_MS : Math.min(status.pollAfterSeconds, MAX_POLL_SECONDS) * 1_000
      const leavesInMs = sinceMs + this.part.patienceMs - Date.now()
      if (leavesInMs > pollAfterMs || !this.#leavesTheLine()) await this.#pause(pollAfterMs)
      else if (await this.#fallSilent()) return
    }
    throw new VisitOver('gave up: the line did not answer')
  }

  #leavesTheLine(): boolean {
    return this.part.kind === 'vanishes-in-line' || (this.part.kind === 'locks-phone' && !this.#hasLockedPhone)
  }

  /** True: for good; a locked phone returns. */
  async #fallSilent(): Promise<boolean> {
    if (this.part.kind === 'vanishes-in-line') {
      this.vanished = true
      return true
    }
    this.#hasLockedPhone = true
    this.#browser.close()
    await this.#pause(LOCKED_MS)
    return false
  }

  /** Sends the waiting room's beacon and the shop's own, until the visit or the session is over. */
  async #stay(): Promise<StayEnd> {
    const endsMs = Date.now() + this.part.visitMs
    let nextHeartbeatMs = Date.now()
    let nextPingMs = Date.now() + PING_INTERVAL_MS
    for (;;) {
      if (Date.now() >= nextHeartbeatMs) {
        const answer = await this.#call(() => this.#browser.post(`${PREFIX}/heartbeat?room=${ROOM}`, { touched: true }))
        if (answer?.status === 410) return 'cut-off'
        nextHeartbeatMs += HEARTBEAT_INTERVAL_MS
      }
      if (Date.now() >= nextPingMs) {
        await this.#call(() => this.#browser.post('/ping'))
        nextPingMs += PING_INTERVAL_MS
      }
      const wakesMs = Math.min(nextHeartbeatMs, nextPingMs, endsMs)
      await this.#pause(Math.max(0, wakesMs - Date.now()))
      if (Date.now() >= endsMs) break
    }
    if (this.part.kind.startsWith('vanishes')) this.vanished = true
    else await this.#leave()
    return 'done'
  }

  /**
   * Logs out first: the next visitor may enter as soon as the waiting room is told, and needs the
   * licence.
   */
  async #leave(): Promise<void> {
    await this.#call(() => this.#browser.post('/logout'))
    await this.#call(() => this.#browser.post(`${PREFIX}/leave?room=${ROOM}`, { final: true }))
  }

  /** Sends one request; null if no answer came. */
  async #call(send: () => Promise<Answer>): Promise<Answer | null> {
    this.#signal.throwIfAborted()
    const sentMs = Date.now()
    try {
      const answer = await send()
      this.lastHeardMs = sentMs
      return answer
    } catch {
      return null
    }
  }

  #learnNumber(number: number | null): void {
    if (number === null || number === this.number) return
    if (this.number !== null) this.complaints.push(`${this.#name()} was given the new number ${number}`)
    this.number = number
  }

  #learnOfDraw({ state, position, event }: Status): void {
    if (event === undefined || event.entry === null || event.commitment === null) return
    if (state === 'lobby' && position !== null)
      this.complaints.push(`${this.#name()} was shown a place before the draw`)
    this.#learnShown({ entry: event.entry, commitment: event.commitment, rank: event.rank })
  }

  #learnShown({ entry, commitment, rank }: ShownDraw): void {
    const known = this.draw ?? { entry: this.number, commitment, rank: null }
    if (entry !== known.entry) this.complaints.push(`${this.#name()} was given the new entry ${entry}`)
    if (commitment !== known.commitment) this.complaints.push(`${this.#name()} saw the commitment change`)
    if (known.rank !== null && rank !== known.rank)
      this.complaints.push(`${this.#name()} was told rank ${known.rank}, then ${rank}`)
    this.draw = { entry, commitment: known.commitment, rank }
  }

  /** On the site the page about the draw tells the rank. */
  async #readRank({ commitment }: ShownDraw): Promise<void> {
    const answer = await this.#call(() => this.#browser.get(`${PREFIX}/draw?room=${ROOM}&format=json`))
    if (answer?.status !== 200) return
    const { ticket } = JSON.parse(answer.body) as { ticket: Pick<ShownDraw, 'entry' | 'rank'> | null }
    if (ticket !== null) this.#learnShown({ ...ticket, commitment })
  }

  #name(): string {
    return `visitor ${this.number ?? 'without a number'} (${this.part.kind})`
  }

  #pause(milliseconds: number): Promise<void> {
    return sleep(milliseconds, undefined, { signal: this.#signal })
  }
}
