/**
 * Judges expiry, from the messages that visitors sent and not from what the line heard.
 *
 * False expiry: a ticket expired although its visitor had sent a message within the limit, to an
 * isolate that could deliver it in time. An isolate can if, after the message, it had as much time
 * without a failed call as its design needs: the flush deadline; and after a failed call the
 * longest pause, the time until another request takes the flush over, and such a request.
 *
 * Late detection: a silence lasted longer than limit + check interval + the allowance for rounding,
 * the network and capped delays, although the object was healthy and called at least once per
 * interval.
 *
 * Unreachable too soon: a request was told that the object is unreachable before four calls of its
 * isolate had failed or outlasted its patience, or its time was up.
 */
import type { JournalEntry } from '../../src/core/journal.ts'
import type { Line } from '../../src/core/line.ts'
import type { LineRules } from '../../src/core/rules.ts'
import { type NetworkFaults, REPEATED_AFTER_MAX_MS, SLOW_MAX_MS, WAY_MAX_MS } from '../faults.ts'
import type { SimulatedIsolate } from '../simulated-isolate.ts'
import type { SimulatedObject } from '../simulated-object.ts'
import type { Findings } from './findings.ts'
import { Gaps } from './gaps.ts'
import type { TakenBack } from './lent-slots.ts'
import {
  CALLS_BEFORE_OUT_OF_REACH,
  farLimitSeconds,
  GOODBYE_SECONDS,
  goodbyeOfSessionSeconds,
  listeningStepSeconds,
  NEAR_POLL_SECONDS,
  NEXT_TRY_WITHIN_MS,
  OUT_OF_REACH_AFTER_MS,
  sessionLimitSeconds,
  TAKEN_OVER_WITHIN_MS,
  TOLD_WITHIN_MS,
  wordsKeptSeconds,
} from './specification.ts'

interface Word {
  readonly atMs: number
  readonly isolate: SimulatedIsolate
  readonly what: 'word' | 'beacon' | 'hint'
  /**
   * Until when the answer, or else the one before, lets the visitor be silent; 0 near the front.
   * Answers to later messages do not count, which the isolate may never have delivered.
   */
  farUntilMs: number
}

/** A restart begins the lag anew. */
const FAR_LAGS_MAX = 3
const AFTER_FAILURE_MS = NEXT_TRY_WITHIN_MS + TAKEN_OVER_WITHIN_MS
const WORDS_KEPT = 12
/**
 * Two messages this close may overtake each other, or fall into one second of the listening clock.
 */
const OVERTAKING_MS = 2_000

export class HearingJudge {
  falseExpiries = 0
  expiries = 0
  /** From the last message to the expiry, ms, while no fault affects the object. */
  readonly detectionMs: number[] = []
  private readonly words = new Map<number, Word[]>()
  /** Numbers that ever sent a beacon, answered or not: the short limit may apply to them. */
  private readonly sentBeacon = new Set<number>()
  private readonly beaconsMs = new Map<number, number>()
  private readonly admittedMs = new Map<number, number>()
  private readonly returnedMs = new Map<number, number>()
  private readonly toldMs = new Map<number, number>()
  /** Of visitors who were told to poll after a longer time than near the front. */
  private readonly farUntilMs = new Map<number, number>()
  /** From which number on visitors are told so, by time. */
  private readonly farFrom: { readonly atMs: number; readonly from: number }[] = []
  private readonly callsMs: number[] = []
  private readonly gaps = new Gaps()
  private readonly timeouts: { readonly atMs: number; readonly seconds: number }[] = []
  private resumedMs = Number.NEGATIVE_INFINITY
  private heardOfMs: ReadonlyMap<number, number> = new Map()
  private readonly findings: Findings
  private readonly network: NetworkFaults
  /** The object has been healthy for long enough from then on. */
  wellSinceMs: number

  constructor(findings: Findings, network: NetworkFaults, wellSinceMs: number) {
    this.findings = findings
    this.network = network
    this.wellSinceMs = wellSinceMs
  }

  said(number: number, isolate: SimulatedIsolate, what: Word['what'], nowMs: number): void {
    if (what === 'beacon') this.sentBeacon.add(number)
    const words = this.words.get(number) ?? []
    words.push({ atMs: nowMs, isolate, what, farUntilMs: this.farUntilMs.get(number) ?? 0 })
    if (words.length > WORDS_KEPT) words.shift()
    this.words.set(number, words)
  }

  beaconAnswered(number: number, nowMs: number): void {
    this.beaconsMs.set(number, nowMs)
  }

  told(number: number, nowMs: number): void {
    this.toldMs.set(number, nowMs)
  }

  /** A visitor who was told to poll after a longer time may be silent for three such times. */
  toldToPoll(number: number, pollSeconds: number, nowMs: number): void {
    const untilMs = pollSeconds > NEAR_POLL_SECONDS ? nowMs + 3000 * pollSeconds : 0
    this.farUntilMs.set(number, untilMs)
    const words = this.words.get(number) ?? []
    for (const word of untilMs === 0 ? words : words.slice(-1)) word.farUntilMs = untilMs
  }

  unreachable(isolate: SimulatedIsolate, askedMs: number, nowMs: number): void {
    if (nowMs - askedMs >= OUT_OF_REACH_AFTER_MS) return
    const troubles = isolate.troublesMs.filter((atMs) => atMs >= askedMs).length
    if (troubles >= CALLS_BEFORE_OUT_OF_REACH) return
    this.findings.violation(
      `told "unreachable" after ${nowMs - askedMs} ms and ${troubles} calls that failed or were slow`,
    )
  }

  /** A new run starts new numbers. */
  startOver(): void {
    for (const known of [this.words, this.beaconsMs, this.admittedMs, this.returnedMs, this.toldMs]) known.clear()
    this.farUntilMs.clear()
    this.sentBeacon.clear()
  }

  resumed(nowMs: number): void {
    this.resumedMs = nowMs
  }

  /**
   * The rules with the shortest or longest session timeout in force since then: events change it.
   */
  private rulesSince(atMs: number, rules: LineRules, pick: (...seconds: number[]) => number): LineRules {
    const from = this.timeouts.findLastIndex((change) => change.atMs <= atMs)
    const inForce = this.timeouts.slice(Math.max(0, from)).map(({ seconds }) => seconds)
    return { ...rules, sessionTimeoutSeconds: pick(rules.sessionTimeoutSeconds, ...inForce) }
  }

  see(what: string, entries: readonly JournalEntry[], line: Line, nowMs: number, object: SimulatedObject): void {
    const { rules, farFrom } = line
    const { sessionTimeoutSeconds: seconds } = rules
    if (this.timeouts.at(-1)?.seconds !== seconds) this.timeouts.push({ atMs: nowMs, seconds })
    if (this.farFrom.at(-1)?.from !== farFrom) this.farFrom.push({ atMs: nowMs, from: farFrom })
    this.gaps.pass(what, nowMs, object.nowMs, rules)
    this.heardOfMs = object.heardOfMs ?? new Map()
    if (what === 'exchange') this.callsMs.push(nowMs)
    for (const { event, number, from } of entries) {
      if (event === 'admitted') this.admittedMs.set(number, nowMs)
      if (event === 'returned') this.returnedMs.set(number, nowMs)
      if (event !== 'expired') continue
      this.expiries++
      this.judgeFalse(number, from === 'active', rules, nowMs)
      this.judgeLate(number, from === 'active', rules, nowMs)
    }
  }

  /**
   * A lent number was taken back although a visitor was admitted with it. However late its report
   * is, the visitor has the time of a session without a beacon.
   */
  takenBack({ number, toldMs }: TakenBack, { rules }: Line, nowMs: number): void {
    this.expiries++
    this.judgeFalse(number, true, rules, nowMs)
    const limit = sessionLimitSeconds(this.rulesSince(toldMs, rules, Math.min), false)
    if (nowMs - toldMs >= limit * 1000 - this.gaps.uncoveredMs(toldMs)) return
    this.falseExpiries++
    this.findings.violation(`${number} was taken back ${nowMs - toldMs} ms after a visitor was admitted with it`)
  }

  private judgeFalse(number: number, isActive: boolean, rulesNow: LineRules, nowMs: number): void {
    const words = this.words.get(number) ?? []
    const rules = this.rulesSince(words[0]?.atMs ?? nowMs, rulesNow, Math.min)
    const hint = words.findLast(({ what }) => what === 'hint')
    this.judgeResumed(number, isActive, hint !== undefined, rules, nowMs)
    if (isActive) this.judgePaymentVisit(number, words, rules, nowMs)
    for (const word of words) {
      if (word.what === 'hint') continue
      const hinted = hint !== undefined && word.atMs - hint.atMs <= this.overtakingMs
      const hasBeacon = this.sentBeacon.has(number)
      const limit = Math.min(
        limitSeconds(rules, isActive, hasBeacon, false),
        limitSeconds(rules, isActive, hasBeacon, hinted),
      )
      const farMs = isActive || hint !== undefined ? 0 : word.farUntilMs - word.atMs
      const limitMs = Math.max(limit * 1000, farMs) - this.gaps.uncoveredMs(word.atMs)
      if (word.atMs <= nowMs - limitMs) continue
      // However long the isolate was cut off, a message counts for its whole limit.
      const deliveredMs = this.deliverableMs(word)
      if (deliveredMs > nowMs) continue
      this.falseExpiries++
      const silentMs = nowMs - word.atMs
      this.findings.violation(
        `${number} expired ${silentMs} ms after a message that could be heard ${nowMs - deliveredMs} ms ago`,
      )
      return
    }
  }

  /** Whether a ticket was far from the front, or was so recently. */
  private mayBeFar(number: number, sinceMs: number): boolean {
    const from = this.farFrom.findLastIndex((change) => change.atMs <= sinceMs)
    return this.farFrom.slice(Math.max(0, from)).some((change) => number >= change.from)
  }

  /** After a suspension every ticket has its full limit again. */
  private judgeResumed(number: number, isActive: boolean, hinted: boolean, rules: LineRules, nowMs: number): void {
    const hasBeacon = this.sentBeacon.has(number)
    const limits = [false, hinted].map((isHinted) => limitSeconds(rules, isActive, hasBeacon, isHinted))
    const sinceMs = nowMs - this.resumedMs
    if (sinceMs >= Math.min(...limits) * 1000 - this.gaps.uncoveredMs(this.resumedMs)) return
    this.falseExpiries++
    this.findings.violation(`${number} expired ${sinceMs} ms after the room was resumed`)
  }

  /** A session whose departure was heard keeps its slot for the grace. */
  private judgePaymentVisit(number: number, words: readonly Word[], rules: LineRules, nowMs: number): void {
    const [last, before] = [words.at(-1), words.at(-2)]
    if (last?.what !== 'hint' || this.deliverableMs(last) > nowMs) return
    // The network may repeat a join, too.
    const beforeMs = before?.atMs ?? this.admittedMs.get(number) ?? Number.NEGATIVE_INFINITY
    if (last.atMs - beforeMs <= this.overtakingMs) return
    // A delayed message counts as newer than it is, or as overtaken.
    if (this.uncountedMs(number, last, rules) > 0 || this.hasTrouble(last)) return
    const keptMs = goodbyeOfSessionSeconds(rules) * 1000 - this.gaps.unprotectedMs(last.atMs)
    if (nowMs - last.atMs >= keptMs) return
    this.falseExpiries++
    this.findings.violation(
      `${number} expired ${nowMs - last.atMs} ms after a departure that keeps it for ${keptMs} ms`,
    )
  }

  /** Whether the isolate had a failed call around a message, which may then be lost. */
  private hasTrouble({ atMs, isolate }: Word): boolean {
    return isolate.failuresMs.some((failedMs) => Math.abs(failedMs - atMs) <= AFTER_FAILURE_MS)
  }

  /** When an isolate that works as designed has delivered a message. */
  private deliverableMs({ atMs, isolate }: Word): number {
    const wayMs = 2 * this.wayMs + TOLD_WITHIN_MS / 2
    let byMs = atMs + TOLD_WITHIN_MS + wayMs
    for (const failedMs of isolate.failuresMs) {
      // A failure just before the message still delays the isolate.
      if (failedMs < atMs - AFTER_FAILURE_MS || failedMs > byMs) continue
      const taken = isolate.askedMs.find((asked) => asked >= failedMs + AFTER_FAILURE_MS)
      if (taken === undefined) return Number.POSITIVE_INFINITY
      // A flush may already be due.
      byMs = Math.max(byMs, taken + NEXT_TRY_WITHIN_MS + wayMs)
    }
    return byMs
  }

  private judgeLate(number: number, isActive: boolean, rulesNow: LineRules, nowMs: number): void {
    const words = this.words.get(number) ?? []
    const last = words.at(-1)
    if (last === undefined || last.atMs < this.wellSinceMs || this.wasQuiet(last.atMs, nowMs, rulesNow)) return
    const rules = this.rulesSince(last.atMs, rulesNow, Math.max)
    const delayMs = nowMs - Math.max(last.atMs, this.resumedMs)
    // A visitor whose last message is in transit has not left.
    if (this.deliverableMs(last) <= nowMs && this.resumedMs < last.atMs) this.detectionMs.push(delayMs)
    const before = words.at(-2)
    // A late message from before the departure brought the ticket back, for as long as any message.
    const isBack = (this.returnedMs.get(number) ?? 0) > last.atMs
    // A delayed departure may be dropped; so may one that a delayed earlier message follows.
    const isClear = before === undefined || last.atMs - before.atMs > this.overtakingMs
    const stepMs = listeningStepSeconds(rules) * 1000
    const isPrompt =
      this.deliverableMs(last) - last.atMs <= stepMs && this.uncountedMs(number, before ?? last, rules) === 0
    const hinted = last.what === 'hint' && !isBack && isClear && isPrompt
    const hasBeacon = (this.beaconsMs.get(number) ?? 0) > (this.admittedMs.get(number) ?? 0)
    // A departure that may have been dropped may not count; one that no later message cancelled may
    // still count.
    const isTold = this.deliverableMs(last) - last.atMs < wordsKeptSeconds(rules) * 1000
    const mayHold = ({ what, atMs }: Word) => what === 'hint' && (!isTold || last.atMs - atMs <= this.overtakingMs)
    const mayBeHinted = words.some(mayHold)
    const limit = hinted
      ? limitSeconds(rules, isActive, hasBeacon, true)
      : Math.max(...[false, mayBeHinted].map((isHinted) => limitSeconds(rules, isActive, hasBeacon, isHinted)))
    const farSeconds = isActive ? 0 : farLimitSeconds(rules)
    const isFar = this.mayBeFar(number, last.atMs - FAR_LAGS_MAX * farSeconds * 1000)
    const wellMs =
      (Math.max(limit, isFar ? farSeconds : 0) + rules.checkIntervalSeconds + 3) * 1000 +
      2 * this.wayMs +
      this.repeatedMs
    // A visitor who waits for an answer is present: a request that called twice was heard at the
    // second call, too.
    const openMs = Math.max(0, (this.toldMs.get(number) ?? 0) - last.atMs)
    const boundMs = wellMs + this.uncountedMs(number, last, rules) + openMs
    if (delayMs > boundMs) this.findings.violation(`${number} was found silent after ${delayMs} ms, at most ${boundMs}`)
  }

  /** The line caps the age of a message at one step of its clock. */
  private uncountedMs(number: number, { atMs }: Word, rules: LineRules): number {
    const heardOfMs = this.heardOfMs.get(number) ?? atMs
    return Math.max(0, heardOfMs - atMs - listeningStepSeconds(rules) * 1000)
  }

  /** Whether the object got no call for longer than an interval. */
  private wasQuiet(fromMs: number, toMs: number, { checkIntervalSeconds }: LineRules): boolean {
    let laterMs = toMs
    for (let i = this.callsMs.length - 1; i >= 0; i--) {
      const callMs = this.callsMs[i] as number
      if (laterMs - callMs > checkIntervalSeconds * 1000) return true
      if (callMs <= fromMs) return false
      laterMs = callMs
    }
    return true
  }

  /**
   * Ages are as of the start of a call, however long the network takes, and also in its repetition.
   */
  private get overtakingMs(): number {
    return OVERTAKING_MS + 2 * this.wayMs + this.repeatedMs
  }

  private get repeatedMs(): number {
    return this.network.repeated > 0 ? REPEATED_AFTER_MAX_MS : 0
  }

  private get wayMs(): number {
    return this.network.slow > 0 ? SLOW_MAX_MS : WAY_MAX_MS
  }
}

function limitSeconds(rules: LineRules, isActive: boolean, hasBeacon: boolean, hinted: boolean): number {
  const limit = isActive ? sessionLimitSeconds(rules, hasBeacon) : rules.heartbeatTimeoutSeconds
  if (!hinted) return limit
  return isActive ? goodbyeOfSessionSeconds(rules) : Math.min(limit, GOODBYE_SECONDS)
}
