/**
 * One visitor: a real HTTP client that behaves like a browser with the waiting page, and then like
 * the site with the beacon. Writes what it sees into its record; judges nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, Browser, numberOf, statusOf } from '../demo/browser.ts'
import type { Status } from '../src/status.ts'
import type { VisitRecord } from './record.ts'
import type { Target } from './target.ts'

/** Like the beacon. */
const HEARTBEAT_MS = 8_000
const RETRY_MS = 2_000
const FAILURES_MAX = 15
const POLL_SECONDS_MAX = 60
/** Bounds the record: only the first estimates of a visitor are kept. */
const ESTIMATES_MAX = 120
const ESTIMATE_EVERY_MS = 2_000

const REFUSED: readonly Status['state'][] = ['full', 'closed', 'sold-out', 'ended']

export class Visitor {
  private readonly browser: Browser
  private readonly target: Target
  private readonly record: VisitRecord
  private readonly signal: AbortSignal

  constructor(target: Target, record: VisitRecord, signal: AbortSignal) {
    this.browser = new Browser(target.origin, target.headers)
    this.target = target
    this.record = record
    this.signal = signal
  }

  /** Resolves at the end of the visit, also if the signal ends it; never rejects. */
  async run(): Promise<void> {
    try {
      this.record.outcome = (await this.getIn()) ?? (await this.stay())
    } catch {
      this.record.outcome ??= this.signal.aborted ? 'cut-off' : 'failed'
    } finally {
      this.browser.close()
    }
  }

  /** Null: on the site. */
  private async getIn(): Promise<VisitRecord['outcome']> {
    for (let tries = 0; tries < FAILURES_MAX; tries++) {
      const answer = await this.page()
      this.learnNumber()
      if (answer?.status === 200) {
        this.record.admittedMs ??= Date.now()
        return null
      }
      if (answer !== null && this.record.number !== null) {
        const end = await this.standInLine()
        if (end !== null) return end
      } else await this.pause(RETRY_MS)
    }
    return 'failed'
  }

  /** Null: admitted, or to join again. */
  private async standInLine(): Promise<VisitRecord['outcome']> {
    for (let failures = 0; failures < FAILURES_MAX; ) {
      const sentMs = Date.now()
      const answer = await this.call(() => this.browser.get(`${this.target.prefix}/status?room=${this.target.room}`))
      const status = statusOf(answer)
      failures = status === null ? failures + 1 : 0
      if (status !== null) {
        if (status.state === 'admitted') {
          this.record.admittedMs ??= Date.now()
          return null
        }
        if (status.state === 'expired') return null
        if (REFUSED.includes(status.state) && status.number === null) return 'turned-away'
        this.record.lastWaitingMs = sentMs
        this.noteEstimate(status)
      }
      const leftMs = this.record.arrivedMs + this.record.patienceMs - Date.now()
      const pollMs = status === null ? RETRY_MS : 1000 * Math.min(status.pollAfterSeconds, POLL_SECONDS_MAX)
      await this.pause(Math.min(pollMs, Math.max(0, leftMs)))
      if (leftMs <= pollMs) {
        await this.leave()
        return 'gave-up'
      }
    }
    return 'failed'
  }

  private async stay(): Promise<VisitRecord['outcome']> {
    const endsMs = Date.now() + this.record.stayMs
    for (;;) {
      await this.call(() =>
        this.browser.post(`${this.target.prefix}/heartbeat?room=${this.target.room}`, { touched: true }),
      )
      await this.pause(Math.min(HEARTBEAT_MS, Math.max(0, endsMs - Date.now())))
      if (Date.now() >= endsMs) break
      await this.page()
    }
    await this.leave()
    return 'served'
  }

  private async leave(): Promise<void> {
    await this.call(() => this.browser.post(`${this.target.prefix}/leave?room=${this.target.room}`, { final: true }))
    this.record.leftMs = Date.now()
  }

  /** The page of the site, or the waiting page. */
  private async page(): Promise<Answer | null> {
    const sentMs = Date.now()
    // The waiting page has the status of an error, but is not one.
    const answer = await this.call(() => this.browser.navigate(this.target.path), [503, 429, 202])
    if (answer?.status === 200) this.record.siteMs.push(Date.now() - sentMs)
    return answer
  }

  private noteEstimate({ etaLowSeconds, etaHighSeconds }: Status): void {
    const { estimates } = this.record
    if (typeof etaLowSeconds !== 'number' || typeof etaHighSeconds !== 'number') return
    const atMs = Date.now()
    if (estimates.length >= ESTIMATES_MAX || atMs - (estimates.at(-1)?.atMs ?? 0) < ESTIMATE_EVERY_MS) return
    estimates.push({ atMs, lowSeconds: etaLowSeconds, highSeconds: etaHighSeconds })
  }

  /** From the token, which only the room can verify. */
  private learnNumber(): void {
    for (const token of this.browser.cookiesNamed(`waiting-room-${this.target.room}`)) {
      const number = numberOf(token)
      if (number === null) continue
      if (this.record.number !== null && this.record.number !== number) this.record.hasChangedNumber = true
      this.record.number = number
    }
  }

  /** Null: no answer came. @param fine statuses of 400 and more that do not count as errors */
  private async call(send: () => Promise<Answer>, fine: readonly number[] = []): Promise<Answer | null> {
    this.signal.throwIfAborted()
    this.record.requests++
    try {
      const answer = await send()
      if (answer.status >= 400 && !fine.includes(answer.status)) this.noteError(`status ${answer.status}`)
      return answer
    } catch {
      this.noteError('no answer')
      return null
    }
  }

  private noteError(what: string): void {
    this.record.errors.set(what, (this.record.errors.get(what) ?? 0) + 1)
  }

  private pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.signal })
  }
}
