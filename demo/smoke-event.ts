/** The smoke run of `--event`: plays the event once, and judges it. */

import { EventPlay, type Pace } from './event.ts'
import type { EventOutcome } from './event-check.ts'
import type { Options } from './options.ts'
import type { Stage } from './stage.ts'
import { FigureTable } from './table.ts'

/** From the start of the process. */
const PLAY_UNTIL_MS = 105_000
/**
 * The event starts shortly after the whole lobby is in, however long that takes on a busy machine.
 */
const PACE: Pace = { countdownMs: 600_000, startAfterLobbyMs: 8_000, arriveEveryMs: 100, visitMs: 2_000 }

/** The output of the run. */
interface EventSummary {
  readonly entries: number
  /** Ranks that the independent script computed and the visitor was shown. */
  readonly verified: number
  readonly late: number
  readonly admitted: number
  readonly admittedBeforeStart: number
  readonly orderViolations: number
  readonly publicRandomness: boolean
  readonly maxActive: number
  readonly originOverloads: number
  /** From the start of the command to the end of the checks. */
  readonly seconds: number
}

function summarise({ crowd, figures }: EventPlay, outcome: EventOutcome, startedAtMs: number): EventSummary {
  const { entries, draw, startMs } = outcome
  const admissions = [...figures.firstAdmissions]
  const early = admissions.filter(([, atMs]) => atMs < startMs).length
  const earlyGuests = crowd.visitors.filter(({ gotInMs }) => gotInMs !== null && gotInMs < startMs).length
  return {
    entries: entries.length,
    verified: entries.filter(({ rank, shownRank }) => rank === shownRank).length,
    late: crowd.visitors.filter(({ number }) => number !== null && number >= draw.end).length,
    admitted: admissions.length,
    admittedBeforeStart: Math.max(early, earlyGuests),
    orderViolations: figures.orderViolations,
    publicRandomness: draw.randomness !== null,
    maxActive: figures.maxActive,
    originOverloads: figures.licences?.overloads ?? 0,
    seconds: Math.round((Date.now() - startedAtMs) / 100) / 10,
  }
}

/** Every problem of the run, in words. */
function brokenPromises(play: EventPlay, outcome: EventOutcome, summary: EventSummary, options: Options): string[] {
  const { crowd, figures } = play
  const { entries, draw } = outcome
  const outside = crowd.visitors.filter(({ gotIn }) => !gotIn).length
  const ranks = entries.map(({ rank }) => rank)
  // Admission by rank: the numbers of the line follow each other without a gap, late ones at last.
  const admitted = [...figures.firstAdmissions.keys()]
  const expected = crowd.visitors.map((_, index) => draw.first + index)
  const problems: readonly (readonly [boolean, string])[] = [
    [summary.entries !== options.visitors, `${summary.entries} of ${options.visitors} took part in the draw`],
    [summary.admittedBeforeStart > 0, `${summary.admittedBeforeStart} were admitted before the start`],
    [ranks.some((rank, index) => rank !== index + 1), `the ranks are not 1 to ${ranks.length}: ${ranks}`],
    [summary.verified !== summary.entries, `${summary.entries - summary.verified} were shown another rank`],
    [String(admitted) !== String(expected), `the order of admission is ${admitted}`],
    [summary.orderViolations !== 0, `${summary.orderViolations} were let in out of order`],
    [summary.late !== crowd.visitors.length - entries.length, 'late arrivals stand before the entries'],
    [!summary.publicRandomness, 'the draw was made without the public random number'],
    [summary.maxActive > options.capacity, `${summary.maxActive} were let in at once, not ${options.capacity}`],
    [summary.originOverloads !== 0, `the origin had no licence left ${summary.originOverloads} times`],
    [outside > 0, `${outside} did not get in`],
    [figures.lost, "parts of the object's record were lost"],
  ]
  const complaints = crowd.visitors.flatMap((visitor) => visitor.complaints)
  return [...problems.filter(([broken]) => broken).map(([, text]) => text), ...complaints]
}

/**
 * Plays, prints the summary on standard output, and returns the exit code. `startedAtMs`: start of
 * the command.
 */
export async function runEventSmoke(
  stage: Stage,
  options: Options,
  startedAtMs: number,
  signal: AbortSignal,
): Promise<number> {
  const play = new EventPlay(stage, options, PACE, signal)
  const outcome = await play.run(new FigureTable(process.stderr), startedAtMs + PLAY_UNTIL_MS)
  const summary = summarise(play, outcome, startedAtMs)
  process.stdout.write(`${JSON.stringify(summary)}\n`)
  const problems = brokenPromises(play, outcome, summary, options)
  for (const problem of problems) console.error(`smoke: FAILED: ${problem}`)
  if (problems.length === 0) console.error('smoke: passed: all promises were kept')
  return problems.length === 0 ? 0 : 1
}
