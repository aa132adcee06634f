/**
 * The estimated wait of one visitor, as a range.
 *
 * With P people ahead, a admissions per minute and a share h of those ahead that leaves per minute, the people ahead fall
 * by dP/dt = -(a + h P), so the wait is ln(1 + h P / a) / h minutes, and P / a where nobody leaves. The range comes from
 * the relative error of two counts, each about 1/sqrt(count): the people still to be admitted, and the admissions that the
 * rate was measured from.
 */

export interface EstimateInput {
  /** People ahead + 1, 1 or more. */
  readonly position: number
  /** Null while nobody was admitted from the line recently. */
  readonly admittedPerMinute: number | null
  readonly observedAdmissions: number
  readonly leaverSharePerMinute: number
  /** The rate in force bounds what was measured (a lowered rate holds at once); 0: nobody is admitted for now. */
  readonly ratePerMinute: number
}

/** Whole seconds, low <= likely <= high. */
export interface Estimate {
  readonly lowSeconds: number
  readonly likelySeconds: number
  readonly highSeconds: number
}

/** About 80% of a normal distribution lies within this many standard deviations. */
const SPREAD = 1.28

/** No range is narrower or wider than this factor: neither false precision nor "1 to 90 minutes". */
const MIN_SPREAD = 0.1
const MAX_SPREAD = 1

/** Null when the wait is not known. */
export function estimateWait(input: EstimateInput): Estimate | null {
  if (input.admittedPerMinute === null || input.ratePerMinute === 0) return null
  const admittedPerMinute = Math.min(input.admittedPerMinute, input.ratePerMinute)
  const share = input.leaverSharePerMinute
  const straight = input.position / admittedPerMinute
  const minutes = share * straight < 1e-6 ? straight : Math.log1p(share * straight) / share
  const error = SPREAD * Math.sqrt(1 / input.position + 1 / Math.max(input.observedAdmissions, 1))
  const spread = Math.min(Math.max(error, MIN_SPREAD), MAX_SPREAD)
  return {
    lowSeconds: Math.round((minutes * 60) / (1 + spread)),
    likelySeconds: Math.round(minutes * 60),
    highSeconds: Math.round(minutes * 60 * (1 + spread)),
  }
}
