/**
 * A browser: one cookie jar, a ticket in the page of each tab, and requests that any isolate
 * answers with the shipped `visit`. Reports every request and answer to the judge.
 */

import type { JoinDetails } from '../src/core/exchange.ts'
import type { Visit } from '../src/gate/outcome.ts'
import { claim, isSuspended, visit } from '../src/gate/visit.ts'
import { pollAfterSeconds } from '../src/gate/visitor-status.ts'
import type { Status } from '../src/status.ts'
import { byPreference, type PresentedToken, VerifiedTokens } from '../src/tokens/presented.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedIsolate } from './simulated-isolate.ts'

/** The judge's view of a browser. */
export interface BrowserWitness {
  /** A sign of life reached an isolate. */
  said(number: number, run: number, isolate: SimulatedIsolate, what: 'word' | 'beacon' | 'hint'): void
  /** This browser was told its number. */
  told(browser: Browser, number: number, run: number, isolate: SimulatedIsolate): void
  /** This visitor was told when to poll again. */
  toldToPoll(number: number, run: number, pollSeconds: number): void
  unreachable(isolate: SimulatedIsolate, askedMs: number): void
  beaconAnswered(number: number): void
}

/** An open page. */
export class Tab {
  ticket: PresentedToken | null = null
}

const HELD = { beacon: false, touched: false, held: true } as const

/** Most requests of a browser go to the isolate of its last request. */
const SAME_ISOLATE_SHARE = 0.9

export class Browser {
  jar: PresentedToken | null = null
  readonly random: Random
  readonly scheduler: Scheduler
  private readonly isolates: readonly SimulatedIsolate[]
  private readonly witness: BrowserWitness
  private readonly joinDetails: JoinDetails
  private isolate: SimulatedIsolate

  /** @param lane that the browser joins; undefined: the regular line */
  constructor(
    isolates: readonly SimulatedIsolate[],
    scheduler: Scheduler,
    random: Random,
    witness: BrowserWitness,
    lane?: string,
  ) {
    this.joinDetails = lane === undefined ? {} : { lane }
    this.isolates = isolates
    this.scheduler = scheduler
    this.random = random
    this.witness = witness
    this.isolate = random.pick(isolates)
  }

  /** A page or a poll. A browser without a token joins. `held`: nobody looks at the page. */
  async ask(tab: Tab, held = false): Promise<Visit> {
    const isolate = this.route()
    if (isSuspended(this.contextAt(isolate))) {
      isolate.client.keepFresh(isolate)
      return { state: 'suspended' }
    }
    const presented = this.presented(tab)
    const askedMs = this.scheduler.nowMs
    const preferred = byPreference(presented)[0]
    if (preferred !== undefined) this.say(preferred, isolate, 'word')
    const options = { mayJoin: true, isPoll: tab.ticket !== null, ...(held && { details: HELD }) }
    const answer = await visit(this.contextAt(isolate), presented, options)
    this.hearBack(answer, tab, isolate, askedMs)
    return answer
  }

  /** The beacon of a page on the site. False: the session has ended. */
  async beat(tab: Tab): Promise<boolean> {
    const isolate = this.route()
    const chosen = this.jar
    if (chosen === null) return false
    const askedMs = this.scheduler.nowMs
    const suspended = isSuspended(this.contextAt(isolate))
    if (suspended) isolate.client.keepFresh(isolate)
    this.say(chosen, isolate, 'beacon')
    const answer = await claim(this.contextAt(isolate), chosen, { beacon: true, touched: true })
    if (suspended && answer.state === 'waiting') this.keep(answer.ticket, isolate)
    if (answer.state !== 'admitted') {
      if (answer.state === 'unreachable') this.witness.unreachable(isolate, askedMs)
      return suspended || answer.state === 'unreachable'
    }
    // A pass that was accepted without the object says nothing about the session in the object.
    if (answer.pass.renewed) this.witness.beaconAnswered(chosen.token.number)
    this.hearBack(answer, tab, isolate, askedMs)
    return true
  }

  /** The page is left: a link, a reload and closing look alike. */
  hint(tab: Tab): void {
    const isolate = this.route()
    const [chosen] = byPreference(this.presented(tab))
    if (chosen === undefined) return
    this.say(chosen, isolate, 'hint')
    isolate.client.depart(chosen.token.run, chosen.token.number, isolate)
  }

  /** The leave button: retried until it is confirmed. */
  async leave(tab: Tab): Promise<void> {
    for (const { token } of this.presented(tab)) {
      let left = false
      while (!left) {
        const isolate = this.route()
        const askedMs = this.scheduler.nowMs
        const answer = await isolate.client.leave(token.run, token.number, isolate)
        left = answer.state !== 'unreachable'
        if (left) break
        this.witness.unreachable(isolate, askedMs)
        await this.scheduler.sleep(5_000)
      }
    }
    this.jar = null
    tab.ticket = null
  }

  /** The poll interval that the page was told: short near the front. */
  pollAfterMs({ position }: Status): number {
    const { view } = this.isolate.client
    if (view === null || position === null || this.jar === null) return this.random.whole(5_000, 7_000)
    const { number, run } = this.jar.token
    const seconds = pollAfterSeconds(view, view.lineNumber(number), position, this.random.next())
    this.witness.toldToPoll(number, run, seconds)
    return seconds * 1000 + this.random.whole(0, 300)
  }

  private presented(tab: Tab): PresentedToken[] {
    const both = [tab.ticket, this.jar].filter((token) => token !== null)
    for (const { token } of both) this.isolate.client.learnGatherers(token)
    return both.filter(({ text }, i) => both.findIndex((other) => other.text === text) === i)
  }

  private say({ token }: PresentedToken, isolate: SimulatedIsolate, what: 'word' | 'beacon' | 'hint'): void {
    isolate.askedMs.push(this.scheduler.nowMs)
    this.witness.said(token.number, token.run, isolate, what)
  }

  private hearBack(answer: Visit, tab: Tab, isolate: SimulatedIsolate, askedMs: number): void {
    switch (answer.state) {
      case 'admitted':
        this.keep(answer.pass, isolate)
        tab.ticket = null
        break
      case 'waiting':
        this.keep(answer.ticket, isolate)
        tab.ticket = this.jar
        break
      case 'expired':
      case 'no-token':
        this.jar = null
        tab.ticket = null
        break
      case 'unreachable':
        this.witness.unreachable(isolate, askedMs)
        break
      case 'full':
      case 'suspended':
        break
    }
  }

  private keep({ text, token }: PresentedToken, isolate: SimulatedIsolate): void {
    this.jar = { text, token }
    this.witness.told(this, token.number, token.run, isolate)
    isolate.askedMs.push(this.scheduler.nowMs)
  }

  private contextAt(isolate: SimulatedIsolate) {
    const { client, nowMs, settings } = isolate
    return {
      room: settings,
      client,
      keys: [],
      verified: new VerifiedTokens(),
      keepAlive: isolate,
      nowMs,
      joinLimit: async () => null,
      joinDetails: async () => this.joinDetails,
      joinCheck: () => null,
      keyEntry: () => null,
      binding: null,
    }
  }

  private route(): SimulatedIsolate {
    if (!this.random.chance(SAME_ISOLATE_SHARE)) this.isolate = this.random.pick(this.isolates)
    return this.isolate
  }
}
