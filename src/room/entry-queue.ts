/**
 * The questions of one isolate to one room: those that wait for a call, and those that were sent and not answered yet.
 * Bounded. Who has to be asked for again keeps the place that the time of asking gives.
 */
import { ageMs } from '../core/age.ts'
import type { ExchangeAnswer } from '../core/exchange.ts'
import { ATTEMPTS_MAX, ENTRIES_PER_CALL_MAX, GIVE_UP_AFTER_MS, WAITING_REQUESTS_MAX } from '../limits.ts'
import { answerEntry, deliver, type Entry, UNREACHABLE } from './entries.ts'

export class EntryQueue {
  private queue: Entry[] = []
  private readonly sent = new Set<Entry>()

  /** False: too many wait already. */
  add(entry: Entry): boolean {
    if (this.queue.length + this.sent.size >= WAITING_REQUESTS_MAX) return false
    this.queue.push(entry)
    return true
  }

  /** The entry whose request leads the next call: the oldest that waits for one, of those that need not wait any longer if possible. */
  next(nowMs: number): Entry | undefined {
    const waiting = ({ answer }: Entry) => answer === null
    return this.queue.find((entry) => waiting(entry) && entry.notBeforeMs <= nowMs) ?? this.queue.find(waiting)
  }

  giveUp(entry: Entry): void {
    this.sent.delete(entry)
    this.queue = this.queue.filter((other) => other !== entry)
    answerEntry(entry, UNREACHABLE)
  }

  /** All that wait for a call, and those whose call was not answered for too long. Numbers of another run are void. */
  takeBatch(nowMs: number, run: number, patienceMs: number): Entry[] {
    const isOver = (entry: Entry) => entry.answer !== null || nowMs - entry.askedMs >= GIVE_UP_AFTER_MS
    for (const entry of this.sent) {
      const isLate = entry.attempts < ATTEMPTS_MAX && ageMs(entry.sentMs as number, nowMs) >= patienceMs
      if (!isOver(entry) && !isLate) continue
      this.sent.delete(entry)
      if (!isOver(entry)) this.queue.push(entry)
    }
    const batch: Entry[] = []
    const left: Entry[] = []
    for (const entry of this.queue.sort((a, b) => a.askedMs - b.askedMs)) {
      const { question } = entry
      // One whose request was cancelled: nobody waits for it any more.
      if (isOver(entry)) continue
      if ((question.kind === 'claim' || question.kind === 'leave') && question.run !== run) {
        answerEntry(entry, { state: 'void' })
      } else if (batch.length < ENTRIES_PER_CALL_MAX) batch.push(entry)
      else left.push(entry)
    }
    this.queue = left
    for (const entry of batch) {
      entry.sentMs = nowMs
      entry.attempts++
      this.sent.add(entry)
    }
    return batch
  }

  answered(batch: readonly Entry[], answer: ExchangeAnswer): void {
    for (const entry of batch) this.sent.delete(entry)
    deliver(batch, answer)
  }

  /** Those of a failed call wait for the next, unless the object asks to be left alone. */
  failed(batch: readonly Entry[], overloaded: boolean): void {
    for (const entry of batch) {
      this.sent.delete(entry)
      if (entry.answer !== null) continue
      entry.sentMs = null
      if (overloaded || entry.attempts >= ATTEMPTS_MAX) answerEntry(entry, UNREACHABLE)
      else this.queue.push(entry)
    }
  }
}
