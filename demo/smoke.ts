/**
 * The smoke run: a fixed cast plays once, the object's own record is judged, and one JSON summary
 * is printed. Owns the definition of a broken promise.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Agreement, agrees, countAll } from './agreement.ts'
import { Crowd, smokeArrivals } from './crowd.ts'
import { Figures, type Spread, spread } from './figures.ts'
import { leaverDelaysSeconds, watch } from './monitor.ts'
import type { Options } from './options.ts'
import { reportCrowd, reportRest, undelivered } from './smoke-alerts.ts'
import type { Stage } from './stage.ts'
import { FigureTable } from './table.ts'
import type { Visitor } from './visitor.ts'

/**
 * From the start of the process. Leaves time to count and to end the children within the promised
 * 120 s.
 */
const PLAY_UNTIL_MS = 92_000
const DONE_POLL_MS = 500
/**
 * The object's promise for a leaver: silent for 20 s, found within 10 s, plus 2 s for late timers.
 */
const DETECTION_SECONDS = { min: 20, max: 32 }

/** The output of a smoke run. Times in seconds. */
interface Summary {
  readonly joined: number
  readonly admitted: number
  readonly expired: number
  readonly returned: number
  readonly orderViolations: number
  readonly maxActive: number
  readonly originOverloads: number
  /**
   * From the last request of a silent leaver to its end in the object's record; nulls if nobody was
   * found.
   */
  readonly leaverDetectionSeconds: Spread | { readonly min: null; readonly median: null; readonly max: null }
  /** Whether stats, history and metrics agree with the object's record and the crowd. */
  readonly countsAgree: boolean
  /** Signed alerts that arrived. */
  readonly alerts: { readonly firing: number; readonly resolved: number }
  /** From the start of the command to the end of the play. */
  readonly seconds: number
}

/** Every problem of the run, in words; empty if all promises were kept. */
function brokenPromises(summary: Summary, figures: Figures, visitors: readonly Visitor[], capacity: number): string[] {
  const outside = visitors.filter((visitor) => !visitor.part.kind.startsWith('vanishes') && !visitor.gotIn)
  const unnoticed = leaverDelaysSeconds(visitors, figures).filter((delay) => delay === null).length
  const problems: readonly (readonly [boolean, string])[] = [
    [summary.orderViolations !== 0, `${summary.orderViolations} were let in out of order`],
    [summary.maxActive > capacity, `${summary.maxActive} were let in at once, the capacity is ${capacity}`],
    [summary.originOverloads !== 0, `the origin had no licence left ${summary.originOverloads} times`],
    [outside.length > 0, `${outside.length} who stayed did not get in: ${outside.map(describe).join(', ')}`],
    [unnoticed > 0, `${unnoticed} who vanished were not found`],
    [figures.lost, "parts of the object's record were lost"],
    [!summary.countsAgree, 'stats, history and metrics do not agree with what happened'],
    [summary.alerts.firing !== 1, `${summary.alerts.firing} alerts of the crowd arrived, there was to be 1`],
  ]
  const complaints = visitors.flatMap((visitor) => visitor.complaints)
  return [...problems.filter(([broken]) => broken).map(([, text]) => text), ...complaints]
}

function describe({ number, part }: Visitor): string {
  return `${number ?? 'no number'} (${part.kind})`
}

function summarise(
  stage: Stage,
  figures: Figures,
  visitors: readonly Visitor[],
  counts: Agreement,
  startedAtMs: number,
): Summary {
  const totals = figures.stats?.totals
  const delays = leaverDelaysSeconds(visitors, figures).filter((delay) => delay !== null)
  return {
    joined: totals?.joined ?? 0,
    admitted: totals?.admitted ?? 0,
    expired: totals?.expired ?? 0,
    returned: totals?.returned ?? 0,
    orderViolations: figures.orderViolations,
    maxActive: figures.maxActive,
    originOverloads: figures.licences?.overloads ?? 0,
    leaverDetectionSeconds: spread(delays) ?? { min: null, median: null, max: null },
    countsAgree: agrees(counts),
    alerts: { firing: stage.alertReceiver.count('firing'), resolved: stage.alertReceiver.count('resolved') },
    seconds: Math.round((Date.now() - startedAtMs) / 100) / 10,
  }
}

/** Resolves when every visit is over and every leaver found, or the time is up. */
async function played(crowd: Crowd, figures: Figures, untilMs: number, signal: AbortSignal): Promise<void> {
  let over = false
  crowd.play(smokeArrivals()).then(
    () => {
      over = true
    },
    () => {},
  )
  while (Date.now() < untilMs) {
    if (over && leaverDelaysSeconds(crowd.visitors, figures).every((delay) => delay !== null)) return
    await sleep(DONE_POLL_MS, undefined, { signal })
  }
}

/**
 * Plays, prints the summary on standard output, and returns the exit code. `startedAtMs`: start of
 * the command.
 */
export async function runSmoke(
  stage: Stage,
  options: Options,
  startedAtMs: number,
  signal: AbortSignal,
): Promise<number> {
  const ending = new AbortController()
  const either = AbortSignal.any([signal, ending.signal])
  const figures = new Figures()
  const crowd = new Crowd(stage.baseUrl, either)
  const table = new FigureTable(process.stderr)
  const watching = watch(stage, figures, () => table.show(figures, crowd.visitors, stage.alertReceiver.alerts), either)
  const reporting = reportCrowd(stage, either).catch(() => {})
  let counts: Agreement
  try {
    await Promise.race([played(crowd, figures, startedAtMs + PLAY_UNTIL_MS, signal), watching])
    signal.throwIfAborted()
    await reportRest(stage, signal)
    ending.abort()
    await watching
    counts = await countAll(stage, figures, crowd.visitors, startedAtMs, signal)
  } finally {
    ending.abort()
    await Promise.all([watching.catch(() => {}), reporting])
  }
  const summary = summarise(stage, figures, crowd.visitors, counts, startedAtMs)
  process.stdout.write(`${JSON.stringify(summary)}\n`)
  const { min, max } = summary.leaverDetectionSeconds
  if (min !== null && (min < DETECTION_SECONDS.min || max > DETECTION_SECONDS.max)) {
    console.error(`smoke: leavers were found after ${min} to ${max} s; 20 to 32 s are expected on an idle machine`)
  }
  if (!summary.countsAgree) console.error(`smoke: ${JSON.stringify(counts)}`)
  const broken = brokenPromises(summary, figures, crowd.visitors, options.capacity)
  const problems = [...broken, ...(await undelivered(stage))]
  for (const problem of problems) console.error(`smoke: FAILED: ${problem}`)
  if (problems.length === 0) console.error('smoke: passed: all promises were kept')
  return problems.length === 0 ? 0 : 1
}
