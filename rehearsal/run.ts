/** One rehearsal, from the proof to the report. */
import { analyse } from './analysis.ts'
import { playBrowsers } from './browsers.ts'
import { playCrowd } from './crowd.ts'
import type { Options } from './options.ts'
import { plansOf } from './plan.ts'
import type { VisitRecord } from './record.ts'
import type { Rehearsed } from './report.ts'
import { comparisons, RoomApi } from './room-figures.ts'
import { liveTable } from './table.ts'
import { provenTarget } from './target.ts'
import { otherCapacities } from './what-if.ts'

interface Secrets {
  readonly rehearsalToken: string | undefined
  readonly adminToken: string | undefined
}

/** @throws UsageError before any visitor comes, if the host may not be rehearsed */
export async function rehearse(
  options: Options,
  { rehearsalToken, adminToken }: Secrets,
  output: Parameters<typeof liveTable>[0],
  interrupted: AbortSignal,
): Promise<Rehearsed> {
  const plans = plansOf(options)
  const target = await provenTarget(options, rehearsalToken)
  const api = adminToken === undefined ? null : new RoomApi(target, adminToken)
  const limits = (await api?.limits()) ?? null
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(options.minutes * 60_000)])
  const records: VisitRecord[] = []
  const startMs = Date.now()
  const endTable = liveTable(output, records, plans.length)
  const [, browsers] = await Promise.all([
    playCrowd(target, plans, records, signal),
    playBrowsers(target, options.browsers, signal),
  ]).finally(endTable)
  const endMs = Date.now()
  const analysis = analyse(records)
  const report = (await api?.reportOf(startMs, analysis)) ?? null
  const room = report === null ? null : { report, comparisons: comparisons(report, analysis) }
  const whatIf = limits === null ? [] : otherCapacities(limits, records)
  const seen = { options, target, startMs, endMs, records, analysis, browsers, room, whatIf }
  return { ...seen, problems: problemsOf(seen) }
}

function problemsOf({ options, analysis, browsers, room }: Omit<Rehearsed, 'problems'>): string[] {
  const { violations, errorShare, outcomes } = analysis
  const problems: string[] = []
  if (violations.length > 0) problems.push(`${violations.length} visitors were overtaken`)
  if (errorShare > options.errorShareMax) {
    problems.push(`${(100 * errorShare).toFixed(1)}% of the requests failed, ${100 * options.errorShareMax}% may`)
  }
  if (outcomes.failed !== undefined) problems.push(`${outcomes.failed} visitors got no useful answer`)
  const scriptErrors = browsers.filter(({ mistakes }) => mistakes.length > 0).length
  if (scriptErrors > 0) problems.push(`${scriptErrors} browsers had errors of scripts`)
  // Browsers join, too, and visits that were cut off have not ended for the room.
  const isComparable = browsers.length === 0 && outcomes['cut-off'] === undefined && outcomes.failed === undefined
  for (const { figure, clients, room: own } of isComparable ? (room?.comparisons ?? []) : []) {
    if (clients !== own) problems.push(`${figure}: ${clients} by the clients, ${own} by the room`)
  }
  return problems
}
