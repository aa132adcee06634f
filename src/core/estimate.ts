/**
 * The estimated wait of one visitor, as a range that ought to hold four times out of five.
 *
 * With P people ahead, a admissions per minute and a share h of those ahead that leaves per minute, the people ahead fall
 * by dP/dt = -(a + h P), so the wait is ln(1 + h P / a) / h minutes, and P / a where nobody leaves.
 *
 * The range is that of a gamma distribution around it, which the sum of P waits for a free slot follows: its quantiles by
 * the cube-root formula of E. B. Wilson and M. M. Hilferty ("The Distribution of Chi-Square", PNAS 17, 1931). Its relative
 * variance adds up what is uncertain: the admissions still to come (1 / P) and those that the rate was measured from
 * (1 / count), but neither in a room that its rate binds, which goes on like a clock; the share of leavers; and what no
 * count tells. How well it holds is measured by simulation/calibration.ts; figures are in docs/guarantees.md.
 */
import { RATE_WINDOW_SECONDS } from './limits.ts'

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

/** Four fifths of a normal distribution lie within so many standard deviations. */
const SPREAD = 1.28

/** A room that lets in this share of its rate is bound by it: it goes on like a clock, whatever its sessions do. */
const RATE_BOUND_SHARE = 0.95

/** What no count tells: the crowd of the next minutes is another one. */
const MODEL_ERROR = 0.09

/** The leavers that the share was measured from are those of about so many minutes. */
const OBSERVED_MINUTES = RATE_WINDOW_SECONDS / 60

/** Of a single wait for a slot: less is not known of anyone. */
const VARIANCE_MAX = 1

/** Null when the wait is not known. */
export function estimateWait(input: EstimateInput): Estimate | null {
  const { position, ratePerMinute, leaverSharePerMinute: share } = input
  if (input.admittedPerMinute === null || ratePerMinute === 0) return null
  const isRateBound = input.admittedPerMinute >= RATE_BOUND_SHARE * ratePerMinute
  const admittedPerMinute = isRateBound ? ratePerMinute : input.admittedPerMinute
  const straight = position / admittedPerMinute
  const leaving = share * straight
  const minutes = leaving < 1e-6 ? straight : Math.log1p(leaving) / share
  const admissionVariance = isRateBound ? 0 : 1 / position + 1 / input.observedAdmissions
  const sum = admissionVariance + leaverVariance(position, share, leaving) + MODEL_ERROR ** 2
  const variance = Math.min(sum, VARIANCE_MAX)
  return {
    lowSeconds: Math.round(minutes * 60 * gammaQuantile(-SPREAD, variance)),
    likelySeconds: Math.round(minutes * 60),
    highSeconds: Math.round(minutes * 60 * gammaQuantile(SPREAD, variance)),
  }
}

/** Of the gamma distribution of mean 1 and this variance (0 to 1), at that many standard deviations of the normal one. */
function gammaQuantile(deviations: number, variance: number): number {
  return (1 - variance / 9 + (deviations * Math.sqrt(variance)) / 3) ** 3
}

/**
 * How much an error of the measured share of leavers moves the wait: the elasticity of ln(1 + x) / h in h, with x = h P / a,
 * times the relative error of a count of leavers.
 */
function leaverVariance(position: number, share: number, leaving: number): number {
  if (leaving < 1e-6) return 0
  const elasticity = 1 - leaving / ((1 + leaving) * Math.log1p(leaving))
  return elasticity ** 2 / Math.max(1, share * position * OBSERVED_MINUTES)
}
