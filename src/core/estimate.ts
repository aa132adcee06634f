/**
 * The estimated wait of one visitor, as a range that should hold four times out of five.
 *
 * With P visitors ahead, a admissions per minute and a share h of those ahead leaving per minute, P
 * shrinks by dP/dt = -(a + h P). So the wait is ln(1 + h P / a) / h minutes, or P / a if nobody
 * leaves.
 *
 * The range is the central 80 % of a gamma distribution, which a sum of P waits for a free slot
 * follows. Its quantiles use the cube-root formula of E. B. Wilson and M. M. Hilferty ("The
 * Distribution of Chi-Square", PNAS 17, 1931). Its relative variance is a sum: the admissions to
 * come (1 / P), the admissions that the rate was measured from (1 / count), the share of leavers,
 * and a model error. The first two do not apply to a room bound by its rate, which admits like
 * clockwork. simulation/calibration.ts measures how often the range holds; the figures are in
 * docs/guarantees.md.
 */
import { RATE_WINDOW_SECONDS } from './limits.ts'

export interface EstimateInput {
  /** People ahead + 1, 1 or more. */
  readonly position: number
  /** Null if nobody was admitted from the line recently. */
  readonly admittedPerMinute: number | null
  readonly observedAdmissions: number
  readonly leaverSharePerMinute: number
  /**
   * The rate in force caps the measured one, so a lowered rate counts at once; 0: nobody is
   * admitted for now.
   */
  readonly ratePerMinute: number
}

/** Whole seconds, low <= likely <= high. */
export interface Estimate {
  readonly lowSeconds: number
  readonly likelySeconds: number
  readonly highSeconds: number
}

/** Four fifths of a normal distribution lie within this many standard deviations. */
const SPREAD = 1.28

/** A room that admits this share of its rate is bound by the rate, not by its sessions. */
const RATE_BOUND_SHARE = 0.95

/** The crowd of the next minutes may behave differently. */
const MODEL_ERROR = 0.09

/** The share of leavers is measured over about this many minutes. */
const OBSERVED_MINUTES = RATE_WINDOW_SECONDS / 60

/** The variance of a single wait for a slot. */
const VARIANCE_MAX = 1

/** Null if the wait is unknown. */
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

/**
 * Gamma distribution of mean 1 and this variance (0 to 1), at that many standard deviations of the
 * normal distribution.
 */
function gammaQuantile(deviations: number, variance: number): number {
  return (1 - variance / 9 + (deviations * Math.sqrt(variance)) / 3) ** 3
}

/**
 * How an error in the share of leavers changes the wait: the elasticity of ln(1 + x) / h in h, with
 * x = h P / a, times the relative error of the count of leavers.
 */
function leaverVariance(position: number, share: number, leaving: number): number {
  if (leaving < 1e-6) return 0
  const elasticity = 1 - leaving / ((1 + leaving) * Math.log1p(leaving))
  return elasticity ** 2 / Math.max(1, share * position * OBSERVED_MINUTES)
}
