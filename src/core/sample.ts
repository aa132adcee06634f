/** The figures of one tick: gauges at this moment, and what happened since the tick before. */

import type { GaugedLine } from './figure-kinds.ts'
import {
  DISTRIBUTIONS,
  type DistributionName,
  eachFigure,
  FIGURES,
  PERCENTILES,
  type PercentileName,
  SAMPLED_GAUGES,
  SAMPLED_TOTALS,
  type SampledName,
  type Totals,
} from './figures.ts'
import { type Additive, additiveOf, addLists, type Distribution } from './histogram.ts'
import type { OriginLatency } from './origin-report.ts'
import type { WaitTimes } from './wait-times.ts'

export type SampledFigures = { readonly [Name in SampledName]: Name extends PercentileName ? number | null : number }

export interface Sample extends SampledFigures {
  readonly atMs: number
}

/** With the durations since the last sample; null: none. */
export interface FullSample extends Sample {
  readonly distributions: Readonly<Record<DistributionName, Additive | null>>
}

export type Distributions = Readonly<Record<DistributionName, Distribution>>
export type Additives = Readonly<Record<DistributionName, Additive>>

export function additivesOf(distributions: Distributions): Additives {
  return eachFigure(DISTRIBUTIONS, (name) => additiveOf(distributions[name].toStored()))
}

interface SampledLine extends GaugedLine {
  readonly totals: Totals
  readonly distributions: Distributions
  readonly waits: WaitTimes
  readonly originLatency: OriginLatency
}

/** Samples a line and remembers the totals and durations at its last sample. */
export class Sampler {
  private totals: Totals
  private durations: Additives

  constructor(totals: Totals, durations: Additives) {
    this.totals = totals
    this.durations = durations
  }

  take(line: SampledLine, nowMs: number): FullSample {
    const [before, durationsBefore] = [this.totals, this.durations]
    this.totals = { ...line.totals }
    this.durations = additivesOf(line.distributions)
    const percentiles = {
      waitSeconds: line.waits.takePercentiles(),
      originLatencyMs: line.originLatency.takePercentiles(),
    }
    return {
      atMs: nowMs,
      ...eachFigure(SAMPLED_GAUGES, (name) => FIGURES[name].read(line)),
      ...eachFigure(SAMPLED_TOTALS, (name) => line.totals[name] - before[name]),
      ...eachFigure(PERCENTILES, (name) => percentiles[FIGURES[name].of](FIGURES[name].share)),
      distributions: eachFigure(DISTRIBUTIONS, (name) => {
        const since = addLists(this.durations[name], durationsBefore[name], -1)
        return since.some((value) => value !== 0) ? since : null
      }),
    }
  }

  toStored(): { readonly sampled: Totals; readonly sampledDurations: Additives } {
    return { sampled: this.totals, sampledDurations: this.durations }
  }
}
