/**
 * One visitor of the crowd: a real HTTP client that does what a browser with the waiting page, and then the site with
 * the beacon, would do. Owns one visit from arrival to its end; knows only what it is told over HTTP.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, Browser } from './browser.ts'
import { ROOM } from './stage.ts'

/** `vanishes-*` and `locks-phone` go without a word; the last one comes back. */
export type Kind = 'stays' | 'polite' | 'vanishes-in-line' | 'vanishes-on-site' | 'locks-phone'

/** What a visitor is going to do. */
export interface Part {
  readonly kind: Kind
  /** How long the visit to the site lasts, milliseconds. */
  readonly visitMs: number
  /** How long the visitor stands in line before vanishing or locking the phone, milliseconds. */
  readonly patienceMs: number
}

/** As the beacon of the waiting room does. */
const HEARTBEAT_INTERVAL_MS = 8_000
/** As the shop's own script does. */
const PING_INTERVAL_MS = 5_000
/** Longer than the 32 s within which a leaver is found, so that the place is surely marked absent. */
const LOCKED_MS = 35_000
const RETRY_MS = 2_000
/** In a row; then the visitor gives up. */
const MAX_FAILURES = 15
/** Sessions in one visit: who is cut off lines up again, but not for ever. */
const MAX_STAYS = 3
const MAX_POLL_SECONDS = 60

const PREFIX = '/__waiting-room'
const COOKIE = `waiting-room-${ROOM}`

interface Status {
  readonly state: 'waiting' | 'admitted' | 'expired' | 'paused' | 'closed' | 'full'
  readonly number: number | null
  readonly pollAfterSeconds: number
}

/** How the stay on the site ended, as the visitor sees it. */
type StayEnd = 'done' | 'cut-off'

/** Thrown inside a visit when it ends before its time; the text is the reason. */
class VisitOver extends Error {}

export class Visitor {
  readonly part: Part
  /** The ticket's number, null until it is known. */
  number: number | null = null
  /** Was on the site at least once. */
  gotIn = false
  /** Has gone without a word, for good: to be found by silence. */
  vanished = false
  /** When the last request was sent that was answered, so was a sign of life; milliseconds since 1970. */
  lastHeardMs = 0
  /** What went against the waiting room's promises, in words. */
  readonly complaints: string[] = []
  readonly #browser: Browser
  readonly #signal: AbortSignal
  #hasLockedPhone = false

  constructor(part: Part, baseUrl: string, signal: AbortSignal) {
    this.part = part
    this.#browser = new Browser(baseUrl)
    this.#signal = signal
  }

  /** The whole visit. Resolves when it is over, also when the signal ends it early; never rejects. */
  async run(): Promise<void> {
    try {
      for (let stays = 0; stays < MAX_STAYS; stays += 1) {
        await this.#getIn()
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

  /** Opens the site's page, and stands in line as long as the answer is the waiting page. Returns on the site. */
  async #getIn(): Promise<void> {
    for (let attempts = 0; attempts < MAX_FAILURES; attempts += 1) {
      const answer = await this.#call(() => this.#browser.navigate('/'))
      if (answer?.status === 200) {
        this.#learnNumber(numberInToken(this.#browser.cookie(COOKIE)))
        this.gotIn = true
        return
      }
      if (answer?.status === 503 && this.#browser.cookie(COOKIE) !== undefined) {
        this.#learnNumber(numberInToken(this.#browser.cookie(COOKIE)))
        await this.#standInLine()
        if (this.vanished) return
      } else {
        await this.#pause(RETRY_MS)
      }
    }
    throw new VisitOver('gave up: the site did not answer')
  }

  /** Polls as the waiting page does, until it says to go in (or anew into the line), or the visitor has vanished. */
  async #standInLine(): Promise<void> {
    const sinceMs = Date.now()
    let failures = 0
    while (failures < MAX_FAILURES) {
      const status = statusOf(await this.#call(() => this.#browser.get(`${PREFIX}/status?room=${ROOM}`)))
      if (status === null) failures += 1
      else {
        failures = 0
        this.#learnNumber(status.number)
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

  /** True when for good; a locked phone comes back. */
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

  /** On the site: the waiting room's beacon and the shop's own, until the visit is over or the session is. */
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

  /** Logs out first: the next visitor may come in the moment the waiting room hears of it, and needs the licence. */
  async #leave(): Promise<void> {
    await this.#call(() => this.#browser.post('/logout'))
    await this.#call(() => this.#browser.post(`${PREFIX}/leave?room=${ROOM}`, { final: true }))
  }

  /** Sends one request; null when no answer came. */
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

  #name(): string {
    return `visitor ${this.number ?? 'without a number'} (${this.part.kind})`
  }

  #pause(milliseconds: number): Promise<void> {
    return sleep(milliseconds, undefined, { signal: this.#signal })
  }
}

function statusOf(answer: Answer | null): Status | null {
  if (answer?.status !== 200) return null
  try {
    const status = JSON.parse(answer.body) as Status
    return Number.isFinite(status.pollAfterSeconds) ? status : null
  } catch {
    return null
  }
}

/** The ticket's number in the room's own cookie (a JWS). Not verified: it is only compared and shown. */
function numberInToken(token: string | undefined): number | null {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const { number } = payload as { number?: unknown }
    return typeof number === 'number' ? number : null
  } catch {
    return null
  }
}
