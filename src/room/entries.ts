/**
 * What requests wait for: each entry is one question to the object, sent with others in one call, and answered once.
 */

import type { JoinAnswer } from '../core/answers.ts'
import type { ClaimRequest, ExchangeAnswer, ExchangeClaimAnswer } from '../core/exchange.ts'

/** The object did not answer in time. */
export interface Unreachable {
  readonly state: 'unreachable'
}
export const UNREACHABLE: Unreachable = { state: 'unreachable' }

export interface Answers {
  /** With the run that its number belongs to. */
  join: JoinAnswer & { readonly run: number }
  claim: ExchangeClaimAnswer
  leave: { readonly state: 'left' }
  refresh: { readonly state: 'fresh' }
}

export type Question =
  | { readonly kind: 'join'; readonly key: string }
  | { readonly kind: 'claim'; readonly run: number; readonly claim: ClaimRequest }
  | { readonly kind: 'leave'; readonly run: number; readonly number: number }
  | { readonly kind: 'refresh' }

export interface Entry {
  readonly question: Question
  askedMs: number
  /** Until then it only goes along with others' calls. */
  notBeforeMs: number
  /** When it last went into a call; null while it waits for one. */
  sentMs: number | null
  attempts: number
  /** Set by whichever call is answered first. */
  answer: Answers[keyof Answers] | Unreachable | null
  /** Ends the sleep of its request, which has an answer or must look whether it leads the next call. */
  wake: () => void
}

/** `mayWaitMs`: how long it can wait for a call that others need. */
export function newEntry(question: Question, askedMs: number, mayWaitMs = 0): Entry {
  return {
    question,
    askedMs,
    notBeforeMs: askedMs + mayWaitMs,
    sentMs: null,
    attempts: 0,
    answer: null,
    wake: () => {},
  }
}

/** The clock went back since the question was asked: its wait begins again, so that it neither ends early nor lasts for ever. */
export function restartWait(entry: Entry, nowMs: number): void {
  entry.askedMs = nowMs
  entry.notBeforeMs = nowMs
  if (entry.sentMs !== null) entry.sentMs = nowMs
}

/** The first answer counts; a second one, to a repeated call, is the same. */
export function answerEntry(entry: Entry, answer: NonNullable<Entry['answer']>): void {
  entry.answer ??= answer
  entry.wake()
}

/** What a call carries of its entries. */
export function toQuestions(entries: readonly Entry[], nowMs: number) {
  const joins: string[] = []
  const claims: ClaimRequest[] = []
  const leaves: number[] = []
  for (const { question, askedMs } of entries) {
    if (question.kind === 'join') joins.push(question.key)
    else if (question.kind === 'claim') claims.push({ ...question.claim, ageMs: Math.max(0, nowMs - askedMs) })
    else if (question.kind === 'leave') leaves.push(question.number)
  }
  return { joins, claims, leaves }
}

/** Hands the answers of one call to its entries, in the order they were asked. */
export function deliver(entries: readonly Entry[], answer: ExchangeAnswer): void {
  let joins = 0
  let claims = 0
  for (const entry of entries) answerEntry(entry, answerTo(entry.question))

  function joinAnswer(join: JoinAnswer | undefined): NonNullable<Entry['answer']> {
    return join === undefined ? UNREACHABLE : { ...join, run: answer.run }
  }

  function answerTo({ kind }: Question): NonNullable<Entry['answer']> {
    switch (kind) {
      case 'join':
        return joinAnswer(answer.joins[joins++])
      case 'claim':
        return answer.claims[claims++] ?? UNREACHABLE
      case 'leave':
        return { state: 'left' }
      case 'refresh':
        return { state: 'fresh' }
    }
  }
}
