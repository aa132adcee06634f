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
 *
 * Under a rate plan the equation is integrated piece by piece (planned-wait.ts). A room that is
 * bound by its sessions keeps its measured admissions where the plan allows them; otherwise the
 * plan's rate counts. The ends of the range are the same integration with admissions and leavers
 * slowed down or sped up, so a start at a known time does not widen it.
 */
import { RATE_WINDOW_SECONDS } from './limits.ts'
import { type FlowPiece, plannedWait, recentPlan } from './planned-wait.ts'
import type { RatePiece } from './rate-plan.ts'
import type { LineMode } from './rules.ts'

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
  /**
   * The planned rates, ascending. The first piece should begin 5 minutes in the past, so that the
   * measured rate is compared with what was planned then. Missing: the rate stays as it is.
   */
  readonly pieces?: readonly RatePiece[] | undefined
  /** The time of the estimate; by default the first piece's. */
  readonly nowMs?: number | undefined
  /** The origin guard's factor on the planned rates; by default 1. */
  readonly admissionFactor?: number | undefined
}

/** Whole seconds, low <= likely <= high. */
export interface Estimate {
  readonly lowSeconds: number
  readonly likelySeconds: number
  readonly highSeconds: number
}

/** The parts of a snapshot that estimates are made from. */
export interface ExpectedFlow extends Omit<EstimateInput, 'position' | 'pieces' | 'nowMs' | 'admissionFactor'> {
  readonly admissionFactor?: number
  readonly atMs: number
  readonly mode: LineMode
  readonly event?: { readonly phase: string } | null
  readonly ratePieces?: readonly RatePiece[]
}

/** The wait at this position, null while unknown. */
export function estimateAt(flow: ExpectedFlow, position: number): Estimate | null {
  const { mode, event, ratePieces: pieces, atMs: nowMs } = flow
  // In a lobby nobody is admitted yet, but the start is known.
  if (mode !== 'open' && event?.phase !== 'lobby') return null
  return estimateWait({ ...flow, position, pieces, nowMs })
}

/** The likely wait at this position, or at the full rate while the wait is unknown. */
export function expectedWaitSeconds(flow: ExpectedFlow, position: number): number {
  return estimateAt(flow, position)?.likelySeconds ?? (position / flow.ratePerMinute) * 60
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

/** ... and if nothing was measured yet, because the plan has hardly admitted anyone so far. */
const UNMEASURED_MODEL_ERROR = 0.3

/** With fewer planned admissions in the window, it says nothing that none was measured. */
const PLANNED_ADMISSIONS_MIN = 2

/** Admissions follow a changed rate within about this time: the default check interval. */
const FOLLOWED_MS = 10_000

/** The expected admissions from `nowMs` on. */
interface Flow {
  readonly pieces: readonly FlowPiece[]
  readonly nowMs: number
  readonly modelError: number
}

/** Null if the wait is unknown. */
export function estimateWait(input: EstimateInput): Estimate | null {
  const { position, leaverSharePerMinute: share, pieces = [] } = input
  const flow = pieces.length === 0 ? constantFlow(input) : plannedFlow(input, pieces)
  if (flow === null) return null
  const waitAt = (slowness: number) => plannedWait(position, share, flow.pieces, flow.nowMs, slowness)
  const likely = waitAt(1)
  if (!Number.isFinite(likely.minutes)) return null
  const { sessionShare } = likely
  const admissionVariance =
    sessionShare === 0 ? 0 : sessionShare / position + sessionShare ** 2 / input.observedAdmissions
  const sum = admissionVariance + leaverVariance(position, share, share * likely.minutes) + flow.modelError ** 2
  const variance = Math.min(sum, VARIANCE_MAX)
  const waits = [waitAt(gammaQuantile(-SPREAD, variance)), likely, waitAt(gammaQuantile(SPREAD, variance))]
  const [lowSeconds = 0, likelySeconds = 0, highSeconds = 0] = waits.map(({ minutes }) => Math.round(minutes * 60))
  return Number.isFinite(highSeconds) ? { lowSeconds, likelySeconds, highSeconds } : null
}

function constantFlow({ admittedPerMinute, ratePerMinute }: EstimateInput): Flow | null {
  if (admittedPerMinute === null || ratePerMinute === 0) return null
  const isRateBound = admittedPerMinute >= RATE_BOUND_SHARE * ratePerMinute
  const piece = {
    fromMs: 0,
    admittedPerMinute: isRateBound ? ratePerMinute : admittedPerMinute,
    boundBySessions: !isRateBound,
  }
  return { pieces: [piece], nowMs: 0, modelError: MODEL_ERROR }
}

/**
 * The measured rate also covers time in which the plan admitted nobody, so it is divided by the
 * share of the other time.
 */
function plannedFlow(input: EstimateInput, planned: readonly RatePiece[]): Flow | null {
  const { admittedPerMinute, nowMs = planned[0]?.fromMs ?? 0, admissionFactor = 1 } = input
  const pieces = planned.map((piece) => ({ ...piece, ratePerMinute: piece.ratePerMinute * admissionFactor }))
  const rateNow = (pieces.findLast(({ fromMs }) => fromMs <= nowMs) ?? pieces[0])?.ratePerMinute ?? 0
  // Nobody is admitted for now, against the plan.
  if (rateNow > 0 && input.ratePerMinute === 0) return null
  const recent = recentPlan(pieces, nowMs)
  if (admittedPerMinute === null) {
    const plannedAdmissions = (recent.ratePerMinute * RATE_WINDOW_SECONDS) / 60
    return plannedAdmissions < PLANNED_ADMISSIONS_MIN
      ? { pieces: flowPieces(pieces, Number.POSITIVE_INFINITY), nowMs, modelError: UNMEASURED_MODEL_ERROR }
      : null
  }
  const { ratePerMinute: followedRate } = recentPlan(pieces, nowMs - FOLLOWED_MS)
  const isRateBound = admittedPerMinute >= RATE_BOUND_SHARE * Math.min(recent.ratePerMinute, followedRate)
  const bySessions = isRateBound ? Number.POSITIVE_INFINITY : admittedPerMinute / recent.openShare
  return { pieces: flowPieces(pieces, bySessions), nowMs, modelError: MODEL_ERROR }
}

/** The plan, where the sessions allow it. */
function flowPieces(pieces: readonly RatePiece[], bySessions: number): FlowPiece[] {
  return pieces.map(({ fromMs, ratePerMinute }) => ({
    fromMs,
    admittedPerMinute: Math.min(bySessions, ratePerMinute),
    boundBySessions: bySessions < ratePerMinute,
  }))
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
 * x = h P / a and `leaving` = ln(1 + x), times the relative error of the count of leavers.
 */
function leaverVariance(position: number, share: number, leaving: number): number {
  if (leaving < 1e-6) return 0
  const elasticity = 1 + Math.expm1(-leaving) / leaving
  return elasticity ** 2 / Math.max(1, share * position * OBSERVED_MINUTES)
}
