/** `npm run simulate -- --isolates`: the standard cases, and single ones, as a table. */
import type { IsolateFaults, IsolatesCase, IsolatesFigures } from './simulate.ts'

/** Cloudflare has about as many locations. */
const LOCATIONS = 330

const BASE: Omit<IsolatesCase, 'name' | 'isolates' | 'visitors'> = {
  arrivalSeconds: 40,
  startSeconds: 40,
  seconds: 70,
  regions: 3,
  locations: LOCATIONS,
  capacity: 1_000,
  ratePerMinute: 6_000,
  pollSeconds: 7,
  seed: 1,
  faults: {},
}

type Shape = Pick<IsolatesCase, 'isolates' | 'visitors'> &
  Partial<Pick<IsolatesCase, 'earlier' | 'seconds' | 'startSeconds' | 'pollSeconds'>>

function caseOf(name: string, shape: Shape, faults: IsolateFaults = {}): IsolatesCase {
  return { ...BASE, ...shape, name, faults }
}

const TEN_THOUSAND = { isolates: 10_000, visitors: 50_000 }
/** Four visitors each, who poll every 5 to 7 s: isolates nearly always have something to send. */
const FIFTY_THOUSAND = { isolates: 50_000, visitors: 200_000, seconds: 60 }

/**
 * Ten million visitors poll up to 30 s apart and may be silent for 90 s, so their case runs for
 * longer than that. Nine million of them are in line from the start.
 */
export const STANDARD_CASES: readonly IsolatesCase[] = [
  caseOf('no faults', { isolates: 1, visitors: 5_000 }),
  caseOf('no faults', { isolates: 100, visitors: 20_000 }),
  caseOf('no faults', { isolates: 2_500, visitors: 50_000 }),
  caseOf('no faults', TEN_THOUSAND),
  caseOf('a gatherer lost every 10 s', TEN_THOUSAND, { gathererLostEvery: 10 }),
  caseOf('all isolates new at once', TEN_THOUSAND, { isolatesNewAt: 50 }),
  caseOf('room lost for 5 s', TEN_THOUSAND, { roomLostAt: 50, roomLostFor: 5 }),
  caseOf('no faults', FIFTY_THOUSAND),
  caseOf('all isolates new at once', FIFTY_THOUSAND, { isolatesNewAt: 45 }),
  caseOf('all isolates start at once', { ...FIFTY_THOUSAND, startSeconds: 0 }),
  caseOf('9,000,000 in line before', {
    isolates: 50_000,
    visitors: 10_000_000,
    earlier: 9_000_000,
    seconds: 110,
    pollSeconds: 30,
  }),
]

/** A case of the user's own. Visitors come within two thirds of the time, 40 s at most. */
export function singleCase(isolates: number, visitors: number, minutes: number, seed: number): IsolatesCase {
  const seconds = Math.round(minutes * 60)
  const arrivalSeconds = Math.min(BASE.arrivalSeconds, Math.ceil((seconds * 2) / 3))
  return { ...BASE, name: 'no faults', isolates, visitors, seconds, arrivalSeconds, startSeconds: arrivalSeconds, seed }
}

const HEAD = [
  'isolates',
  'visitors',
  'faults',
  'room: calls/s',
  'worst second',
  'worst later second',
  'gatherers; calls of the busiest in its worst second',
  'wait of a join, p50; p99',
  'expired though present',
  'line; tick, mean; longest',
] as const

export function tableHead(): string {
  return `| ${HEAD.join(' | ')} |\n| ${HEAD.map(() => '---').join(' | ')} |`
}

export function tableRow(figures: IsolatesFigures): string {
  const count = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 0 })
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
  const milliseconds = (ms: number) => `${ms.toPrecision(2)} ms`
  const { gatherers, worstGathererSecond, expired, abandoned, lineMiB, tickMeanMs, tickMaxMs } = figures
  const cells = [
    count(figures.isolates),
    count(figures.visitors),
    figures.name,
    count(figures.callsPerSecond),
    count(figures.worstSecond),
    count(figures.worstLaterSecond),
    gatherers === 0 ? '0' : `${gatherers}; ${count(worstGathererSecond)}`,
    `${seconds(figures.joinWaitP50Ms)}; ${seconds(figures.joinWaitP99Ms)}`,
    abandoned === 0 ? count(expired) : `${count(expired)}; ${count(abandoned)} joins given up`,
    `${lineMiB.toPrecision(2)} MiB; ${milliseconds(tickMeanMs)}; ${milliseconds(tickMaxMs)}`,
  ]
  return `| ${cells.join(' | ')} |`
}

/** Broken promises, whatever the size of the case. */
export function problemsOf(figures: IsolatesFigures, { capacity }: IsolatesCase): string[] {
  const { joined, visitors, expired, duplicates, mostOccupied, defects } = figures
  return [
    ...(joined === visitors ? [] : [`${visitors - joined} visitors have no number`]),
    ...(expired === 0 ? [] : [`${expired} visitors expired although they were present`]),
    ...(duplicates === 0 ? [] : [`${duplicates} numbers were told twice`]),
    ...(mostOccupied <= capacity ? [] : [`${mostOccupied} slots were taken of ${capacity}`]),
    ...defects,
  ]
}
