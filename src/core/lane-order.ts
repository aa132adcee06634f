/**
 * Which lane the next admission goes to.
 *
 * Lanes that are drained first go before all others. The others share by weight. Time counts in
 * admissions; a lane with weight w of W in total is due every W / w of them. A waiting lane has a
 * credit, w * (now - when it became due): of the lanes that are due, the one with the earliest
 * deadline goes (WF2Q+: J. C. R. Bennett and H. Zhang, "Hierarchical Packet Fair Queueing
 * Algorithms", 1997). If none is due, time skips ahead to the next one, so nothing is lost. A lane
 * without waiting visitors saves nothing up.
 *
 * The bound, tested as a property: of any n admissions by weight in a row, a lane that waits all
 * the time gets at least floor(n * w / W) - 1. W is the sum over all lanes of the settings, and
 * `regular` and `slow`, whether they wait or not. All arithmetic is exact: whole numbers below
 * W + w.
 */
import type { LaneNumbers } from './lane-numbers.ts'
import { type LanePriority, type LaneRule, priorityOf, REGULAR, totalWeight } from './lanes.ts'

export interface LaneOrderState {
  /** By opened lane, ascending by index. */
  readonly weights: readonly number[]
  readonly total: number
  readonly credits: readonly number[]
}

export class LaneOrder {
  private readonly numbers: LaneNumbers
  private readonly rules: readonly LaneRule[]
  /** By index. A missing credit is 0: the lane is due now. */
  private readonly credits: number[] = []
  private known: readonly number[] = []
  private total = 0
  /** By index; only opened lanes have one. */
  private priorities: LanePriority[] = []
  private drainedFirst: readonly number[] = []
  private weighted: readonly number[] = []

  constructor(numbers: LaneNumbers, rules: readonly LaneRule[] = [], state?: LaneOrderState) {
    this.numbers = numbers
    this.rules = rules
    this.followLanes()
    // Credits of other weights mean other times: all lanes are due.
    if (state === undefined || !this.isOfSameWeights(state)) return
    for (const [i, index] of numbers.opened.entries()) this.credits[index] = state.credits[i] ?? 0
  }

  /** By the index of the lane. */
  priorityOf(index: number): LanePriority {
    this.followLanes()
    return this.priorities[index] as LanePriority
  }

  /**
   * The lane of the next admission. Counts it: call this once per admission.
   * @param waiting by the index of the lane; someone waits
   */
  take(waiting: readonly number[]): number {
    if (!this.numbers.hasLanes) return REGULAR
    this.followLanes()
    const waits = (index: number) => (waiting[index] as number) > 0
    return this.drainedFirst.find(waits) ?? this.takeByWeight(waits)
  }

  private takeByWeight(waits: (index: number) => boolean): number {
    const waiting = this.weighted.filter(waits)
    const skipped = Math.min(...waiting.map((index) => this.untilDue(index)))
    let chosen = REGULAR
    let earliest: readonly [number, number] | null = null
    for (const index of waiting) {
      if (this.untilDue(index) > skipped) continue
      // The time until its deadline, as a fraction.
      const { weight } = this.priorityOf(index)
      const deadline = [this.total - this.creditOf(index) - skipped * weight, weight] as const
      if (earliest !== null && deadline[0] * earliest[1] >= earliest[0] * deadline[1]) continue
      earliest = deadline
      chosen = index
    }
    for (const index of this.weighted) {
      const served = index === chosen ? this.total : 0
      const credit = this.creditOf(index) + (skipped + 1) * this.priorityOf(index).weight - served
      this.credits[index] = waits(index) ? credit : Math.min(0, credit)
    }
    return chosen
  }

  private creditOf(index: number): number {
    return this.credits[index] ?? 0
  }

  /** Admissions until the lane is due. */
  private untilDue(index: number): number {
    return Math.max(0, Math.ceil(-this.creditOf(index) / this.priorityOf(index).weight))
  }

  /** A lane was opened. */
  private followLanes(): void {
    const { opened } = this.numbers
    if (opened === this.known) return
    this.known = opened
    const names = opened.map((index) => this.numbers.of(index).name)
    this.total = totalWeight(names, this.rules)
    this.priorities = []
    for (const [i, index] of opened.entries()) this.priorities[index] = priorityOf(names[i] as string, this.rules)
    const beforeOf = (index: number) => this.priorities[index]?.before ?? null
    this.drainedFirst = opened
      .filter((index) => beforeOf(index) !== null)
      .sort((a, b) => (beforeOf(a) as number) - (beforeOf(b) as number))
    this.weighted = opened.filter((index) => beforeOf(index) === null)
  }

  private isOfSameWeights({ weights, total }: LaneOrderState): boolean {
    const now = this.numbers.opened.map((index) => this.priorityOf(index).weight)
    return total === this.total && String(weights) === String(now)
  }

  toStored(): LaneOrderState {
    this.followLanes()
    const { opened } = this.numbers
    return {
      weights: opened.map((index) => this.priorityOf(index).weight),
      total: this.total,
      credits: opened.map((index) => this.creditOf(index)),
    }
  }
}
