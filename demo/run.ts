/**
 * `npm run demo`: a small origin, the waiting room in front of it, and a crowd of real HTTP
 * clients. Owns the sequence and the clean-up: no child process is left behind, whatever happens.
 */

import { once } from 'node:events'
import { statsUrl } from './admin-client.ts'
import { runCron } from './cron.ts'
import { Crowd } from './crowd.ts'
import { demoPace, EventPlay } from './event.ts'
import { entryTable } from './event-check.ts'
import { Figures } from './figures.ts'
import { watch } from './monitor.ts'
import { HELP, OptionError, type Options, parseOptions } from './options.ts'
import { stopAllChildren } from './processes.ts'
import { runSmoke } from './smoke.ts'
import { runEventSmoke } from './smoke-event.ts'
import { ALERT_ABOVE, makeRunFolder, removeRunFolder, type Stage, setStage } from './stage.ts'
import { FigureTable } from './table.ts'

const startedAtMs = Date.now()
/** Longer than the event of `--event` takes with any options. */
const EVENT_MS_MAX = 3_600_000

/** Never resolves; rejects if a child ends while it is still needed. */
function anyChildEnds(stage: Stage): Promise<never> {
  const ends = stage.children.map(({ name, ended, logFile }) =>
    ended.then((how) => Promise.reject(new Error(`${name} ${how}, see ${logFile}`))),
  )
  return Promise.race(ends)
}

function announce(stage: Stage, options: Options): void {
  process.stderr.write(`
  Join the line by browser:  ${stage.baseUrl}/
  The room's figures:        curl -H 'Authorization: Bearer ${stage.adminToken}' ${statsUrl(stage)}
  The operators' page:       ${stage.baseUrl}/__waiting-room/admin (log in with that token)
  Capacity ${options.capacity}, ${options.ratePerMinute} admissions a minute, ${options.visitors} visitors; logs in ${stage.folder}
  An alert arrives here by webhook after a minute in which more than ${ALERT_ABOVE} waited.
  ${options.smoke ? 'Ends by itself within 120 s.' : 'Ctrl-C ends it.'}

`)
}

async function runUntilInterrupted(stage: Stage, options: Options, signal: AbortSignal): Promise<never> {
  const figures = new Figures()
  const crowd = new Crowd(stage.baseUrl, signal)
  const table = new FigureTable(process.stdout)
  void runCron(stage, signal)
  await Promise.race([
    crowd.trickle(options.visitors),
    watch(stage, figures, () => table.show(figures, crowd.visitors, stage.alertReceiver.alerts), signal),
  ])
  throw new Error('the crowd has gone')
}

/** Plays the event once and prints what was drawn. The room stays open until Ctrl-C. */
async function runEvent(stage: Stage, options: Options, signal: AbortSignal): Promise<never> {
  void runCron(stage, signal)
  const play = new EventPlay(stage, options, demoPace(options.visitors), signal)
  const outcome = await play.run(new FigureTable(process.stdout), startedAtMs + EVENT_MS_MAX)
  process.stdout.write(`\n${entryTable(outcome)}
  Each rank was computed by examples/verify-draw.mjs. Compute one yourself:
  ${outcome.command}

  Everything published about the draw: ${stage.baseUrl}/__waiting-room/draw
  Ctrl-C ends the demo.
`)
  return aborted(signal)
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}

async function runDemo(options: Options, folder: string, signal: AbortSignal): Promise<number> {
  process.stderr.write('Starting the origin and the waiting room (some 10 s) ...\n')
  const stage = await setStage(options, folder, signal)
  announce(stage, options)
  return Promise.race([run(stage, options, signal), anyChildEnds(stage)])
}

function run(stage: Stage, options: Options, signal: AbortSignal): Promise<number> {
  const { smoke, event } = options
  if (smoke) return (event ? runEventSmoke : runSmoke)(stage, options, startedAtMs, signal)
  return event ? runEvent(stage, options, signal) : runUntilInterrupted(stage, options, signal)
}

/** Aborts on Ctrl-C and other signals, and when the reader of the output is gone. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort())
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => controller.abort())
  return controller.signal
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  const signal = interruption()
  const folder = makeRunFolder()
  let failed = false
  try {
    const code = await runDemo(options, folder, signal)
    failed = code !== 0
    return code
  } catch (error) {
    if (signal.aborted) {
      process.stderr.write('\nInterrupted, ending the child processes ...\n')
      // An interrupted smoke run has proved nothing.
      return options.smoke ? 1 : 0
    }
    failed = true
    throw error
  } finally {
    await stopAllChildren()
    if (failed) process.stderr.write(`The logs are kept in ${folder}\n`)
    else removeRunFolder(folder)
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`)
    if (error instanceof OptionError) console.error('demo: all options: npm run demo -- --help')
    process.exit(error instanceof OptionError ? 2 : 1)
  },
)
