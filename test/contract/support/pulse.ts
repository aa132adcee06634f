/**
 * The calls under way and the latest answers of a crowd, by kind, so that a kill can come at a
 * moment when much is going on, whatever the speed of the machine.
 */
const RECENT_MS = 100

export type Kind = 'join' | 'claim' | 'other'

export interface Moment {
  readonly inFlight: number
  /** Answers of the last 100 ms. */
  readonly recentAnswers: number
}

export class Pulse {
  /** Answers by kind since the beginning. */
  readonly answers: Record<Kind, number> = { join: 0, claim: 0, other: 0 }
  private readonly answeredMs: Record<Kind, number[]> = { join: [], claim: [], other: [] }
  private underWay = 0
  private readonly onAnswer: () => void
  private waiters: (() => void)[] = []

  /** `onAnswer` is called in the same turn as each answer is counted. */
  constructor(onAnswer: () => void) {
    this.onAnswer = onAnswer
  }

  /** Sends and counts a call; null when it was cut off. */
  async call<T>(kind: Kind, send: () => Promise<T>): Promise<T | null> {
    this.underWay++
    const answer = await send().catch(() => null)
    this.underWay--
    if (answer !== null) {
      this.answers[kind]++
      this.answeredMs[kind].push(performance.now())
      // What the kill then finds are the calls that are still open, not this one.
      this.onAnswer()
    }
    this.wake()
    return answer
  }

  /** What is going on right now, with the recent answers of one kind, or of all. */
  moment(kind?: Kind): Moment {
    const sinceMs = performance.now() - RECENT_MS
    let recentAnswers = 0
    for (const [of, times] of Object.entries(this.answeredMs)) {
      while (times[0] !== undefined && times[0] < sinceMs) times.shift()
      if (kind === undefined || of === kind) recentAnswers += times.length
    }
    return { inFlight: this.underWay, recentAnswers }
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
