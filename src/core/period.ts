/**
 * The figures of a longer period, combined from samples. The kind of a figure decides how: gauges
 * keep their highest value and the sum over samples, totals and durations are added up, percentiles
 * keep the highest.
 */
import {
  DISTRIBUTIONS,
  type DistributionName,
  eachFigure,
  type GaugeName,
  PERCENTILES,
  type PercentileName,
  SAMPLED_GAUGES,
  SAMPLED_TOTALS,
  type SampledName,
} from './figures.ts'
import { type Additive, addLists } from './histogram.ts'

export type SampledGauge = Extract<SampledName, GaugeName>
export type SampledTotal = (typeof SAMPLED_TOTALS)[number]

/** Plain data: days are stored in this form, and it crosses an RPC. */
export interface Period {
  readonly samples: number
  readonly highest: Readonly<Record<SampledGauge, number>>
  /** Over the samples, for means. Only times in which somebody was in the room count. */
  readonly sums: Readonly<Record<SampledGauge, number>>
  readonly totals: Readonly<Record<SampledTotal, number>>
  readonly percentiles: Readonly<Record<PercentileName, number | null>>
  readonly distributions: Readonly<Record<DistributionName, Additive>>
}

export interface PeriodPoint extends Period {
  /** Start of the step, ms since 1970. */
  readonly fromMs: number
}

export const NO_PERIOD: Period = {
  samples: 0,
  highest: eachFigure(SAMPLED_GAUGES, () => 0),
  sums: eachFigure(SAMPLED_GAUGES, () => 0),
  totals: eachFigure(SAMPLED_TOTALS, () => 0),
  percentiles: eachFigure(PERCENTILES, () => null),
  distributions: eachFigure(DISTRIBUTIONS, () => []),
}

/** A period as another version stored it: it may lack figures. */
export type StoredPeriod = { readonly [Part in keyof Period]?: Partial<Period[Part]> }

/** Combines two periods. */
export function mergePeriods(a: Period, b: StoredPeriod): Period {
  return {
    samples: a.samples + ((b.samples as number | undefined) ?? 0),
    highest: eachFigure(SAMPLED_GAUGES, (name) => Math.max(a.highest[name], b.highest?.[name] ?? 0)),
    sums: eachFigure(SAMPLED_GAUGES, (name) => a.sums[name] + (b.sums?.[name] ?? 0)),
    totals: eachFigure(SAMPLED_TOTALS, (name) => a.totals[name] + (b.totals?.[name] ?? 0)),
    percentiles: eachFigure(PERCENTILES, (name) => higher(a.percentiles[name], b.percentiles?.[name] ?? null)),
    distributions: eachFigure(DISTRIBUTIONS, (name) => addLists(a.distributions[name], b.distributions?.[name] ?? [])),
  }
}

function higher(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}
