/**
 * Counts the calls in flight and the latest responses of a crowd, by kind. With these counts a kill
 * can hit a busy moment, whatever the speed of the machine.
 */
const RECENT_MS = 100

export type Kind = 'join' | 'claim' | 'other'

export interface Moment {
  readonly inFlight: number
  /** Responses in the last 100 ms. */
  readonly recentAnswers: number
}

export class Pulse {
  /** Responses by kind since the start. */
  readonly answers: Record<Kind, number> = { join: 0, claim: 0, other: 0 }
  private readonly answeredMs: Record<Kind, number[]> = { join: [], claim: [], other: [] }
  private inFlight = 0
  private readonly onAnswer: () => void
  private waiters: (() => void)[] = []

  /** `onAnswer` is called in the same turn in which a response is counted. */
  constructor(onAnswer: () => void) {
    this.onAnswer = onAnswer
  }

  /** Sends and counts a call. Null when it was cut off. */
  async call<T>(kind: Kind, send: () => Promise<T>): Promise<T | null> {
    this.inFlight++
    const answer = await send().catch(() => null)
    this.inFlight--
    if (answer !== null) {
      this.answers[kind]++
      this.answeredMs[kind].push(performance.now())
      // This call has ended, so a kill hits the calls that are still open.
      this.onAnswer()
    }
    this.wake()
    return answer
  }

  /** The current activity, with the recent responses of one kind or of all kinds. */
  moment(kind?: Kind): Moment {
    const sinceMs = performance.now() - RECENT_MS
    let recentAnswers = 0
    for (const [of, times] of Object.entries(this.answeredMs)) {
      while (times[0] !== undefined && times[0] < sinceMs) times.shift()
      if (kind === undefined || of === kind) recentAnswers += times.length
    }
    return { inFlight: this.inFlight, recentAnswers }
  }

  /** Resolves when the next call ends. */
  next(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve))
  }

  wake(): void {
    const { waiters } = this
    this.waiters = []
    for (const wake of waiters) wake()
  }
}
