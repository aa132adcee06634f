/** Planned changes of the rate of admission and of the capacity. */

export interface RateStep {
  /** When the step is reached, ms since 1970. */
  readonly atMs: number
  /** Admissions per minute from then on. */
  readonly ratePerMinute: number
  /** The capacity from then on; null: unchanged. */
  readonly capacity: number | null
  /** The values rise or fall linearly from the previous step's; otherwise they change at once. */
  readonly ramp: boolean
}

/** Steps by ascending time. */
export type RatePlan = readonly RateStep[]
