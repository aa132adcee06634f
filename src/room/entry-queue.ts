/**
 * The questions of one isolate to one room's object. Each entry is the question of one waiting
 * request: it is sent with others in one call and answered once. The queue is bounded. Retried
 * entries keep their original order (by `askedMs`).
 */
import { ageMs } from '../core/age.ts'
import type {
  ClaimRequest,
  ExchangeAnswer,
  ExchangeClaimAnswer,
  ExchangeRequest,
  JoinDetails,
} from '../core/exchange.ts'
import type { JoinAnswer } from '../core/places.ts'
import { ATTEMPTS_MAX, ENTRIES_PER_CALL_MAX, GIVE_UP_AFTER_MS, WAITING_REQUESTS_MAX } from './limits.ts'

/** The object did not answer in time. */
export interface Unreachable {
  readonly state: 'unreachable'
}
export const UNREACHABLE: Unreachable = { state: 'unreachable' }

export interface Answers {
  /** `run` is the run of the number. */
  join: JoinAnswer & { readonly run: number }
  claim: ExchangeClaimAnswer
  leave: { readonly state: 'left' }
  refresh: { readonly state: 'fresh' }
}

type Answer = Answers[keyof Answers] | Unreachable

export type Question =
  | { readonly kind: 'join'; readonly key: string; readonly details: JoinDetails }
  | { readonly kind: 'claim'; readonly run: number; readonly claim: ClaimRequest }
  | { readonly kind: 'leave'; readonly run: number; readonly number: number; readonly holder: number }
  | { readonly kind: 'refresh' }

export class Entry {
  readonly question: Question
  askedMs: number
  /** Until then the entry only rides along with calls that others need. */
  notBeforeMs: number
  /** When the latest call with this entry began; null while the entry waits for a call. */
  sentMs: number | null = null
  attempts = 0
  /** Set by the call that is answered first. The entry's own request looks for it. */
  answer: Answer | null = null

  constructor(question: Question, askedMs: number, mayWaitMs: number) {
    this.question = question
    this.askedMs = askedMs
    this.notBeforeMs = askedMs + mayWaitMs
  }

  /** The first answer counts. An answer to a repeated call says the same. */
  resolve(answer: Answer): void {
    this.answer ??= answer
  }

  /** After the clock went back: otherwise the wait would end too early or never. */
  restartWait(nowMs: number): void {
    this.askedMs = nowMs
    this.notBeforeMs = nowMs
    if (this.sentMs !== null) this.sentMs = nowMs
  }
}

export class EntryQueue {
  private waiting: Entry[] = []
  private readonly sent = new Set<Entry>()

  /** False when the queue is full. */
  add(entry: Entry): boolean {
    if (this.waiting.length + this.sent.size >= WAITING_REQUESTS_MAX) return false
    this.waiting.push(entry)
    return true
  }

  /** Whether this entry leads the next call: the first one whose `notBeforeMs` has passed. */
  isNext(entry: Entry, nowMs: number): boolean {
    return this.waiting.find(({ answer, notBeforeMs }) => answer === null && notBeforeMs <= nowMs) === entry
  }

  giveUp(entry: Entry): void {
    this.sent.delete(entry)
    this.waiting = this.waiting.filter((other) => other !== entry)
    entry.resolve(UNREACHABLE)
  }

  /**
   * The entries of a call that begins now: those that wait for one, and those whose own call has
   * taken longer than `patienceMs`. Answers questions about another run than `run` with `void`.
   */
  takeBatch(nowMs: number, run: number, patienceMs: number): Entry[] {
    // A request that was cancelled never gives up: its entry ends here.
    const isOver = (entry: Entry) => entry.answer !== null || nowMs - entry.askedMs >= GIVE_UP_AFTER_MS
    for (const entry of this.sent) {
      const isLate = entry.attempts < ATTEMPTS_MAX && ageMs(entry.sentMs as number, nowMs) >= patienceMs
      if (!isOver(entry) && !isLate) continue
      this.sent.delete(entry)
      this.waiting.push(entry)
    }
    const batch: Entry[] = []
    const left: Entry[] = []
    for (const entry of this.waiting.sort((a, b) => a.askedMs - b.askedMs)) {
      const { question } = entry
      if (isOver(entry)) continue
      if ((question.kind === 'claim' || question.kind === 'leave') && question.run !== run) {
        entry.resolve({ state: 'void' })
      } else if (batch.length < ENTRIES_PER_CALL_MAX) batch.push(entry)
      else left.push(entry)
    }
    this.waiting = left
    for (const entry of batch) {
      entry.sentMs = nowMs
      entry.attempts++
      this.sent.add(entry)
    }
    return batch
  }

  answered(batch: readonly Entry[], answer: ExchangeAnswer): void {
    const joins = answer.joins.values()
    const claims = answer.claims.values()
    for (const entry of batch) {
      this.sent.delete(entry)
      entry.resolve(answerTo(entry.question))
    }

    function answerTo({ kind }: Question): Answer {
      switch (kind) {
        case 'join': {
          const join = joins.next().value
          return join === undefined ? UNREACHABLE : { ...join, run: answer.run }
        }
        case 'claim':
          return claims.next().value ?? UNREACHABLE
        case 'leave':
          return { state: 'left' }
        case 'refresh':
          return { state: 'fresh' }
      }
    }
  }

  /**
   * Entries of a failed call wait for the next one. `overloaded`: the object asked for no retry.
   */
  failed(batch: readonly Entry[], overloaded: boolean): void {
    for (const entry of batch) {
      this.sent.delete(entry)
      if (entry.answer !== null) continue
      entry.sentMs = null
      if (overloaded || entry.attempts >= ATTEMPTS_MAX) entry.resolve(UNREACHABLE)
      else this.waiting.push(entry)
    }
  }
}

/** The questions in the form that a call carries. */
export function toWire(
  entries: readonly Entry[],
  nowMs: number,
): Pick<ExchangeRequest, 'joins' | 'joinDetails' | 'claims' | 'leaves' | 'leaveHolders'> {
  const joins: string[] = []
  const joinDetails: JoinDetails[] = []
  const claims: ClaimRequest[] = []
  const leaves: number[] = []
  const leaveHolders: number[] = []
  for (const { question, askedMs } of entries) {
    if (question.kind === 'join') {
      joins.push(question.key)
      joinDetails.push(question.details)
    } else if (question.kind === 'claim') claims.push({ ...question.claim, ageMs: Math.max(0, nowMs - askedMs) })
    else if (question.kind === 'leave') {
      leaves.push(question.number)
      leaveHolders.push(question.holder)
    }
  }
  const moved = leaveHolders.some((holder) => holder > 0) ? { leaveHolders } : {}
  return { joins, joinDetails, claims, leaves, ...moved }
}
