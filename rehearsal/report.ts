/** Writes the report of a rehearsal: report.md with three charts, and report.json. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WhatIf } from '../simulation/what-if.ts'
import { type Analysis, course, type Distribution, timeInLine } from './analysis.ts'
import type { BrowserVisit } from './browsers.ts'
import type { Options } from './options.ts'
import type { VisitRecord } from './record.ts'
import type { Comparison, RoomReport } from './room-figures.ts'
import { chart, type Series } from './svg.ts'
import type { Target } from './target.ts'

export interface Rehearsed {
  readonly options: Options
  readonly target: Target
  readonly startMs: number
  readonly endMs: number
  readonly records: readonly VisitRecord[]
  readonly analysis: Analysis
  readonly browsers: readonly BrowserVisit[]
  /** Null: no operator's token was given. */
  readonly room: { readonly report: RoomReport; readonly comparisons: readonly Comparison[] } | null
  readonly whatIf: readonly WhatIf[]
  /** Broken promises and limits, in words. Empty: fine. */
  readonly problems: readonly string[]
}

/** Violations listed in the report. */
const LISTED_MAX = 20

export function writeReport(rehearsed: Rehearsed): string {
  const { folder } = rehearsed.options
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'report.md')
  const { records: _, options: __, target: ___, ...figures } = rehearsed
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(figures, null, 2)}\n`)
  for (const [name, svg] of Object.entries(charts(rehearsed))) writeFileSync(join(folder, `${name}.svg`), svg)
  writeFileSync(file, markdown(rehearsed))
  return file
}

export function markdown(rehearsed: Rehearsed): string {
  const { target, startMs, endMs, analysis, problems } = rehearsed
  const sections = [
    `# Rehearsal of ${target.room}\n\n${target.origin}${target.path}, ${new Date(startMs).toISOString()}, ${seconds((endMs - startMs) / 1000)}.`,
    problems.length === 0 ? '**Passed.**' : `**Failed:**\n\n${problems.map((each) => `- ${each}`).join('\n')}`,
    table(
      ['visitors', 'count'],
      [['came', analysis.visitors], ['took a place', analysis.joined], ...Object.entries(analysis.outcomes)],
    ),
    `![People over time](people.svg)`,
    order(analysis),
    `## Waits\n\n${distributions([
      ['wait of those let in, s', analysis.waits],
      ['time in line of those who left it, s', analysis.leaversWaits],
    ])}\n\nLongest line: ${analysis.longestLine}.\n\n![Waits by time of arrival](waits.svg)`,
    estimates(analysis),
    `## Requests\n\n${analysis.requests} requests, ${percent(analysis.errorShare)} errors.\n\n${table(['error', 'count'], Object.entries(analysis.errors))}\n\n${distributions([['pages of the site, ms', analysis.siteMs]])}`,
    browsers(rehearsed),
    room(rehearsed),
    whatIfs(rehearsed),
  ]
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`
}

function order({ violations, changedNumber }: Analysis): string {
  const listed = violations.slice(0, LISTED_MAX).map(({ number, overtakenBy }) => [number, overtakenBy])
  return `## Order\n\n${violations.length} visitors still waited when one with a higher number had been let in. ${changedNumber} visitors lost their place and took another one.${listed.length === 0 ? '' : `\n\n${table(['number', 'overtaken by'], listed)}`}`
}

function estimates({ estimates: { shown, insideShare, missSeconds } }: Analysis): string {
  if (insideShare === null) return '## Estimates\n\nNo visitor who was let in had been shown an estimate.'
  return `## Estimates\n\nOf ${shown} ranges that were shown, ${percent(insideShare)} held. The others missed by:\n\n${distributions([['miss, s', missSeconds]])}\n\n![Estimates and waits](estimates.svg)`
}

function browsers({ browsers: visits }: Rehearsed): string {
  if (visits.length === 0) return ''
  const rows = visits.map(({ seconds: each, mistakes }) => [
    each === null ? 'never' : seconds(each),
    mistakes.join('; ') || 'none',
  ])
  return `## Browsers\n\n${table(['on the site after', 'errors of scripts'], rows)}`
}

function room({ room: known }: Rehearsed): string {
  if (known === null) return "## The room's own figures\n\nNot read: set ADMIN_TOKEN to an operator's token."
  const { report, comparisons } = known
  const rows = comparisons.map(({ figure, clients, room: own }) => [
    figure,
    clients,
    own,
    clients === own ? '' : 'differs',
  ])
  const { waits } = report
  return `## The room's own figures\n\n${table(['figure', 'clients', 'room', ''], rows)}\n\nLongest line ${report.peakWaiting} at a tick, no-shows ${report.noShows}; waits: median ${optional(waits.p50Seconds)}, 90% within ${optional(waits.p90Seconds)}.`
}

function whatIfs({ whatIf }: Rehearsed): string {
  if (whatIf.length === 0) return ''
  const rows = whatIf.map((each) => [
    each.capacity,
    each.ratePerMinute,
    each.served,
    each.gaveUp,
    each.longestLine,
    each.waitSecondsP50,
    each.waitSecondsP90,
    each.minutes.toFixed(1),
  ])
  const heads = [
    'capacity',
    'rate',
    'served',
    'left the line',
    'longest line',
    'wait p50, s',
    'wait p90, s',
    'finished after, min',
  ]
  return `## At other capacities\n\nThe recorded arrivals, with the same patience and stays, in the simulated line.\n\n${table(heads, rows)}`
}

function charts({ records, startMs }: Rehearsed): Record<string, string> {
  const at = (ms: number) => (ms - startMs) / 1000
  const inLine = course(records, timeInLine)
  const onSite = course(records, ({ admittedMs, leftMs }) =>
    admittedMs === null ? null : [admittedMs, leftMs ?? admittedMs],
  )
  const line = (label: string, points: readonly (readonly [number, number])[]): Series => ({
    label,
    kind: 'line',
    points: points.map(([ms, count]) => [at(ms), count]),
  })
  const served = records.filter(({ admittedMs }) => admittedMs !== null)
  const waits = served.map(
    ({ arrivedMs, admittedMs }) => [at(arrivedMs), ((admittedMs as number) - arrivedMs) / 1000] as const,
  )
  const shown = served.flatMap(({ admittedMs, estimates: all }) =>
    all.map(
      ({ atMs, lowSeconds, highSeconds }) =>
        [((admittedMs as number) - atMs) / 1000, (lowSeconds + highSeconds) / 2] as const,
    ),
  )
  const longest = Math.max(1, ...shown.map(([wait]) => wait))
  return {
    people: chart('People', 'seconds', 'people', [line('in line', inLine), line('on the site', onSite)]),
    waits: chart('Waits', 'time of arrival, seconds', 'wait, seconds', [
      { label: 'let in', kind: 'dots', points: waits },
    ]),
    estimates: chart('Estimates', 'actual wait, seconds', 'middle of the shown range, seconds', [
      { label: 'shown', kind: 'dots', points: shown },
      {
        label: 'exact',
        kind: 'line',
        points: [
          [0, 0],
          [longest, longest],
        ],
      },
    ]),
  }
}

function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return 'None.'
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function distributions(rows: readonly (readonly [string, Distribution])[]): string {
  return table(
    ['', 'count', 'median', '90% within', 'highest'],
    rows.map(([name, { count, p50, p90, max }]) => [name, count, round(p50), round(p90), round(max)]),
  )
}

function round(value: number): number {
  return Number(value.toFixed(1))
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`
}

function optional(value: number | null): string {
  return value === null ? '–' : seconds(value)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}
