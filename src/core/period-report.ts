/**
 * The report of a period, such as an event or some days: "how did it go?". Made from the steps of
 * that period.
 */
import { FIGURES } from './figures.ts'
import { type Additive, histogramOf, percentileOf } from './histogram.ts'
import { mergePeriods, NO_PERIOD, type Period, type PeriodPoint, type SampledTotal } from './period.ts'
import { type WhoCame, whoCame } from './who-came.ts'

/** A histogram for people: durations above the bound of the bucket before, up to this one. */
export interface Bucket {
  /** Null: beyond the highest bound. */
  readonly upToSeconds: number | null
  readonly count: number
}

export interface DurationsReport {
  readonly count: number
  /** Null without durations, as the percentiles. */
  readonly meanSeconds: number | null
  readonly p50Seconds: number | null
  readonly p90Seconds: number | null
  readonly buckets: readonly Bucket[]
}

/** Of those who were still in line when the bucket began. */
export interface AbandonmentBucket extends Bucket {
  readonly admitted: number
  /** The part of them that gave up within the bucket, 0 to 1. Null: nobody waited that long. */
  readonly share: number | null
}

export interface PeriodReport {
  readonly samples: number
  readonly totals: Readonly<Record<SampledTotal, number>>
  readonly peakWaiting: number
  /** Start of the step with the longest line. Null: nobody waited. */
  readonly peakWaitingAtMs: number | null
  readonly peakActive: number
  /**
   * Slots taken as a share of the capacity. The mean is over all samples. The peak is the highest
   * share of any step, from the step's highest `active` and `capacity`. Null without samples.
   */
  readonly capacityUsedMean: number | null
  readonly capacityUsedPeak: number | null
  readonly waits: DurationsReport
  /** Waits of those who gave up. `share`: of all whose wait ended, 0 to 1. */
  readonly abandonment: DurationsReport & {
    readonly share: number | null
    readonly byWait: readonly AbandonmentBucket[]
  }
  readonly noShows: number
  /** Of the admissions, 0 to 1. Null without any. */
  readonly noShowShare: number | null
  readonly timeOnSite: DurationsReport
  /** Newcomers refused as bots: by join limits, the check before joining and the proof of work. */
  readonly turnedAway: number
  readonly whoCame: WhoCame
}

export function periodReport(points: readonly PeriodPoint[]): PeriodReport {
  const all = points.reduce<Period>((sum, point) => mergePeriods(sum, point), NO_PERIOD)
  const { totals, highest, distributions } = all
  const peak = points.find((point) => point.highest.waiting === highest.waiting)
  return {
    samples: all.samples,
    totals,
    peakWaiting: highest.waiting,
    peakWaitingAtMs: highest.waiting === 0 ? null : (peak?.fromMs ?? null),
    peakActive: highest.active,
    capacityUsedMean: share(all.sums.active, all.sums.capacity),
    capacityUsedPeak: points.reduce<number | null>((most, { highest: { active, capacity } }) => {
      const used = share(active, capacity)
      return used === null ? most : Math.max(most ?? 0, used)
    }, null),
    waits: durationsReport(FIGURES.waits.bounds, distributions.waits),
    abandonment: abandonment(distributions.waits, distributions.abandonedWaits),
    noShows: totals.noShows,
    noShowShare: share(totals.noShows, totals.admitted),
    timeOnSite: durationsReport(FIGURES.siteTimes.bounds, distributions.siteTimes),
    turnedAway: turnedAway(totals),
    whoCame: whoCame([totals]),
  }
}

export function durationsReport(bounds: readonly number[], list: Additive): DurationsReport {
  const { counts, sumSeconds } = histogramOf(list)
  const count = sum(counts)
  return {
    count,
    meanSeconds: share(sumSeconds, count),
    p50Seconds: percentileOf(bounds, counts, 0.5),
    p90Seconds: percentileOf(bounds, counts, 0.9),
    buckets: [...bounds, null].map((upToSeconds, i) => ({ upToSeconds, count: counts[i] ?? 0 })),
  }
}

function abandonment(waits: Additive, gaveUp: Additive): PeriodReport['abandonment'] {
  const report = durationsReport(FIGURES.abandonedWaits.bounds, gaveUp)
  const admitted = histogramOf(waits).counts
  const ended = report.count + sum(admitted)
  let left = ended
  const byWait = report.buckets.map((bucket, i) => {
    const ofBucket = { ...bucket, admitted: admitted[i] ?? 0, share: share(bucket.count, left) }
    left -= bucket.count + ofBucket.admitted
    return ofBucket
  })
  return { ...report, share: share(report.count, ended), byWait }
}

function turnedAway(totals: Period['totals']): number {
  const { limited, limitedByNetwork, limitedByClient, checksFailed, checksOverlooked, proofsRefused } = totals
  return limited + limitedByNetwork + limitedByClient + Math.max(0, checksFailed - checksOverlooked) + proofsRefused
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
