/**
 * A visitor: arrives, waits, stays on the site and leaves, each in one of several ways.
 */
import type { Visit } from '../src/gate/outcome.ts'
import { type Browser, Tab } from './browser.ts'

/**
 * How a visitor waits. `leaving`: presses the leave button. `vanishing`: falls silent. `departing`:
 * closes the page. `sleeper`: silent, then back within the grace. `late`: silent, then back after
 * it. `twin`: two tabs opened at once, before any cookie. `tabs`: more tabs later, one ticket.
 * `slow`: polls rarely, but often enough.
 */
export const WAITS = [
  'patient',
  'patient',
  'leaving',
  'vanishing',
  'departing',
  'reloading',
  'sleeper',
  'late',
  'twin',
  'tabs',
  'slow',
] as const
export type Wait = (typeof WAITS)[number]

/**
 * How a visitor stays: with the beacon, by requests only, or with a visit to a payment page on
 * another site.
 */
export const STAYS = ['beacon', 'beacon', 'requests', 'payment'] as const
export type Stay = (typeof STAYS)[number]

/** How a stay ends. `cut-off`: silent until the session has ended, then back. */
export const ENDS = ['leaves', 'vanishes', 'closes', 'cut-off'] as const
export type End = (typeof ENDS)[number]

export interface Plan {
  readonly wait: Wait
  readonly stay: Stay
  readonly end: End
  readonly patienceMs: number
  readonly stayMs: number
  /** The silence that the room allows, and how long it keeps a place. */
  readonly heartbeatTimeoutSeconds: number
  readonly sessionTimeoutSeconds: number
  readonly graceSeconds: number
  readonly departureGraceSeconds: number
}

/** From the call until a visitor who does not look at the page comes back to it: mostly in time. */
const COMES_BACK_MAX_MS = 60_000

const BEACON_MS = 8_000
const TRY_AGAIN_MS = 5_000

export class Visitor {
  readonly plan: Plan
  readonly browser: Browser
  arrivedMs: number | null = null
  entered = false
  /** Has left, vanished, or ended the stay. */
  over = false
  /** Told that the place is gone. */
  expiries = 0
  private cutOff: boolean
  /** Does not look at the page until called, and then some time later; misses one turn at most. */
  private hides: boolean
  private comesBackMs = Number.POSITIVE_INFINITY

  constructor(plan: Plan, browser: Browser, hides = false) {
    this.plan = plan
    this.browser = browser
    this.hides = hides
    this.cutOff = plan.end === 'cut-off'
  }

  async live(): Promise<void> {
    this.arrivedMs = this.browser.scheduler.nowMs
    const tab = new Tab()
    if (this.plan.wait === 'twin') await this.openTwin(tab)
    while (!this.over) {
      if (!(await this.wait(tab))) break
      await this.stay(tab)
    }
    this.over = true
  }

  /** Two pages at the same moment: each may get a ticket, and the lower one is kept. */
  private async openTwin(tab: Tab): Promise<void> {
    const other = new Tab()
    await Promise.all([this.browser.ask(tab), this.browser.ask(other)])
    await this.pause(2_000, 5_000)
    await this.browser.ask(other)
  }

  /** True: admitted. False: gave up. */
  private async wait(tab: Tab): Promise<boolean> {
    const { browser, plan } = this
    const startMs = browser.scheduler.nowMs
    let isAway = plan.wait === 'sleeper' || plan.wait === 'late'
    for (;;) {
      const answer = await browser.ask(tab, this.hides && browser.scheduler.nowMs < this.comesBackMs)
      if (answer.state === 'expired') this.expiries++
      if (answer.state === 'expired' && this.comesBackMs < Number.POSITIVE_INFINITY) this.hides = false
      this.noteCall(answer)
      if (this.isAdmitted(answer)) return true
      const isImpatient = browser.scheduler.nowMs - startMs >= plan.patienceMs
      if (isImpatient && this.givesUp(tab)) {
        if (plan.wait === 'leaving') await browser.leave(tab)
        return false
      }
      if (isImpatient && isAway) {
        await this.beAway()
        isAway = false
      } else {
        await this.untilNextPoll(answer, tab)
      }
    }
  }

  private noteCall(answer: Visit): void {
    const { browser } = this
    const isCalled = answer.state === 'waiting' && answer.status.state === 'called'
    if (!isCalled || this.comesBackMs < Number.POSITIVE_INFINITY) return
    this.comesBackMs = browser.scheduler.nowMs + browser.random.whole(0, COMES_BACK_MAX_MS)
  }

  private isAdmitted(answer: Visit): boolean {
    if (answer.state !== 'admitted') return false
    this.entered = true
    return true
  }

  private givesUp(tab: Tab): boolean {
    if (this.plan.wait === 'departing') this.browser.hint(tab)
    return this.plan.wait === 'departing' || this.plan.wait === 'vanishing' || this.plan.wait === 'leaving'
  }

  private async beAway(): Promise<void> {
    const { wait, heartbeatTimeoutSeconds, graceSeconds } = this.plan
    const silentMs = heartbeatTimeoutSeconds * 1000
    if (wait === 'late')
      return this.pause(silentMs + graceSeconds * 1000 + 30_000, silentMs + graceSeconds * 1000 + 90_000)
    return this.pause(5_000, silentMs + (graceSeconds * 1000) / 2)
  }

  private async untilNextPoll(answer: Visit, tab: Tab): Promise<void> {
    const { browser, plan } = this
    if (answer.state !== 'waiting') return this.pause(TRY_AGAIN_MS, TRY_AGAIN_MS + 2_000)
    if (plan.wait === 'slow') {
      const limitMs = plan.heartbeatTimeoutSeconds * 1000
      return this.pause(limitMs * 0.5, limitMs * 0.65)
    }
    if (plan.wait === 'tabs' && browser.random.chance(0.2)) {
      const second = new Tab()
      await this.pause(500, 1_500)
      await browser.ask(second)
    }
    if (plan.wait === 'reloading' && browser.random.chance(0.2)) {
      browser.hint(tab)
      tab.ticket = null
      return this.pause(100, 2_000)
    }
    return browser.scheduler.sleep(browser.pollAfterMs(answer.status))
  }

  private async stay(tab: Tab): Promise<void> {
    const { browser, plan } = this
    const untilMs = browser.scheduler.nowMs + plan.stayMs
    while (browser.scheduler.nowMs < untilMs) {
      if (!(await this.useSite(tab))) return
    }
    if (this.cutOff) {
      this.cutOff = false
      await this.pause(plan.sessionTimeoutSeconds * 1000, (plan.sessionTimeoutSeconds + plan.graceSeconds / 2) * 1000)
      return
    }
    if (plan.end === 'leaves') await browser.leave(tab)
    if (plan.end === 'closes') browser.hint(tab)
    this.over = true
  }

  /** False: the session has ended, and the visitor waits again. */
  private async useSite(tab: Tab): Promise<boolean> {
    const { browser, plan } = this
    if (plan.stay === 'requests') {
      await this.pause(10_000, 45_000)
      return isOnSite(await browser.ask(tab))
    }
    if (!(await browser.beat(tab))) return false
    if (plan.stay === 'payment' && browser.random.chance(0.2)) {
      await this.pause(3_000, 5_000)
      browser.hint(tab)
      // Mostly within the grace, sometimes not.
      await this.pause(5_000, Math.max(20_000, plan.departureGraceSeconds * 1_100))
      return isOnSite(await browser.ask(tab))
    }
    // A link: one page is left, the next one loads.
    if (browser.random.chance(0.15)) {
      browser.hint(tab)
      await this.pause(200, 3_000)
      return isOnSite(await browser.ask(tab))
    }
    await browser.scheduler.sleep(BEACON_MS)
    return true
  }

  private pause(fromMs: number, toMs: number): Promise<void> {
    return this.browser.scheduler.sleep(this.browser.random.whole(Math.round(fromMs), Math.round(toMs)))
  }
}

/** A suspended room lets every visitor pass. */
function isOnSite({ state }: Visit): boolean {
  return state === 'admitted' || state === 'unreachable' || state === 'suspended'
}
