/** The figures of one tick: gauges at this moment, and what happened since the tick before. */
import {
  eachFigure,
  FIGURES,
  type GaugedLine,
  PERCENTILES,
  type PercentileName,
  SAMPLED_GAUGES,
  SAMPLED_TOTALS,
  type SampledName,
  type Totals,
} from './figures.ts'
import type { OriginLatency } from './origin-report.ts'
import type { WaitTimes } from './wait-times.ts'

export type SampledFigures = { readonly [Name in SampledName]: Name extends PercentileName ? number | null : number }

export interface Sample extends SampledFigures {
  readonly atMs: number
}

interface SampledLine extends GaugedLine {
  readonly totals: Totals
  readonly waits: WaitTimes
  readonly originLatency: OriginLatency
}

/** Samples a line and remembers the totals at its last sample. */
export class Sampler {
  private totals: Totals

  constructor(totals: Totals) {
    this.totals = totals
  }

  take(line: SampledLine, nowMs: number): Sample {
    const before = this.totals
    this.totals = { ...line.totals }
    const percentiles = {
      waitSeconds: line.waits.takePercentiles(),
      originLatencyMs: line.originLatency.takePercentiles(),
    }
    return {
      atMs: nowMs,
      ...eachFigure(SAMPLED_GAUGES, (name) => FIGURES[name].read(line)),
      ...eachFigure(SAMPLED_TOTALS, (name) => line.totals[name] - before[name]),
      ...eachFigure(PERCENTILES, (name) => percentiles[FIGURES[name].of](FIGURES[name].share)),
    }
  }

  toStored(): Totals {
    return this.totals
  }
}
