/**
 * Starts the small origin, and the waiting room under `wrangler dev` in front of it, all on
 * loopback. Owns the run's folder (settings, state, HOME and TMPDIR of the children, logs) and its
 * secrets.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AlertReceiver } from './alert-receiver.ts'
import { DrawBeacon } from './draw-beacon.ts'
import { freePorts } from './free-ports.ts'
import type { Options } from './options.ts'
import { type ChildGroup, logTail, startChild } from './processes.ts'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const DEMO_FOLDER = join(PROJECT, '.cache', 'demo')
const ORIGIN_READY_MS = 15_000
const ROOM_READY_MS = 90_000
const READY_POLL_MS = 250
const READY_CALL_MS = 5_000
/** Time for which folders of failed runs are kept for their logs. */
const KEEP_FOLDERS_MS = 24 * 60 * 60 * 1_000
/**
 * The part of the caller's environment that the children need. They must not see its Cloudflare
 * account and proxies.
 */
const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'SystemRoot', 'ComSpec', 'PATHEXT']

/** The name of the demo's room. */
export const ROOM = 'demo'

/** The demo's alert fires if the mean of one minute's waiting visitors is above this. */
export const ALERT_ABOVE = 5
const ALERT_CHANNEL = 'operator'

/** The running processes and their addresses. */
export interface Stage {
  /** The waiting room's URL for browsers, without a trailing slash. */
  readonly baseUrl: string
  /** The origin's own address, past the waiting room. */
  readonly originUrl: string
  readonly adminToken: string
  /** Receives the room's alerts. */
  readonly alertReceiver: AlertReceiver
  readonly children: readonly ChildGroup[]
  /** The run's folder, with the children's logs. */
  readonly folder: string
}

/** A new folder for this run. Removes folders that are more than a day old. */
export function makeRunFolder(): string {
  mkdirSync(DEMO_FOLDER, { recursive: true })
  for (const name of readdirSync(DEMO_FOLDER)) {
    const folder = join(DEMO_FOLDER, name)
    if (name.startsWith('run-') && Date.now() - statSync(folder).mtimeMs > KEEP_FOLDERS_MS) removeRunFolder(folder)
  }
  const folder = mkdtempSync(join(DEMO_FOLDER, 'run-'))
  for (const part of ['home', 'config', 'tmp', 'state']) mkdirSync(join(folder, part))
  return folder
}

/** Removes a run's folder with its content. */
export function removeRunFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}

function childEnvironment(folder: string): Record<string, string> {
  const passedOn = PASSED_ON.flatMap((key) => {
    const value = process.env[key]
    return value === undefined ? [] : [[key, value] as const]
  })
  return {
    ...Object.fromEntries(passedOn),
    HOME: join(folder, 'home'),
    USERPROFILE: join(folder, 'home'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    TMPDIR: join(folder, 'tmp'),
    TEMP: join(folder, 'tmp'),
    TMP: join(folder, 'tmp'),
    WRANGLER_LOG_PATH: join(folder, 'home'),
    WRANGLER_SEND_METRICS: 'false',
    // Otherwise the local runtime fetches a sample of `request.cf` from the network.
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    NO_COLOR: '1',
    CI: '1',
  }
}

/**
 * Writes the room's settings and secrets to a file: every user of the machine can read a command
 * line.
 */
function writeSettings(
  folder: string,
  options: Options,
  originUrl: string,
  adminToken: string,
  { url, secret }: AlertReceiver,
  beacon: DrawBeacon | null,
): string {
  const alert = { name: 'crowd', metric: 'waiting', above: ALERT_ABOVE, for_minutes: 1, channels: [ALERT_CHANNEL] }
  // The whole crowd shares one address.
  const crowd = { join_limit: false }
  const room = {
    name: ROOM,
    total_active_users: options.capacity,
    new_users_per_minute: options.ratePerMinute,
    ...crowd,
    ...(beacon === null ? {} : { draw_beacon: { url: beacon.url, hash: beacon.hash } }),
  }
  const settings = {
    ROOMS: JSON.stringify([{ ...room, alerts: [alert] }]),
    ALERT_CHANNELS: JSON.stringify([{ name: ALERT_CHANNEL, type: 'webhook', url }]),
    ALERT_SECRETS: `${ALERT_CHANNEL}:${secret}`,
    ORIGIN_URL: originUrl,
    SIGNING_KEYS: `demo:${randomBytes(32).toString('base64url')}`,
    ADMIN_TOKEN: adminToken,
  }
  const file = join(folder, 'settings.env')
  const lines = Object.entries(settings).map(([key, value]) => `${key}='${value}'\n`)
  writeFileSync(file, lines.join(''), { mode: 0o600 })
  return file
}

function failure(group: ChildGroup, what: string): Error {
  return new Error(`${group.name} ${what}. The last lines of ${group.logFile}:\n${logTail(group)}`)
}

async function startOrigin(options: Options, folder: string, signal: AbortSignal): Promise<[ChildGroup, string]> {
  const group = startChild({
    name: 'the origin',
    args: [fileURLToPath(new URL('origin.ts', import.meta.url)), String(options.capacity)],
    cwd: PROJECT,
    env: childEnvironment(folder),
    logFile: join(folder, 'origin.log'),
  })
  const port = await Promise.race([
    new Promise<number>((resolve) =>
      group.child.once('message', (message) => resolve((message as { port: number }).port)),
    ),
    group.ended.then((how) => Promise.reject(failure(group, how))),
    sleep(ORIGIN_READY_MS, null, { signal, ref: false }).then(() => Promise.reject(failure(group, 'is not ready'))),
  ])
  return [group, `http://127.0.0.1:${port}`]
}

function startRoom(folder: string, port: number, inspectorPort: number, settingsFile: string): ChildGroup {
  return startChild({
    name: 'the waiting room (wrangler dev)',
    args: [
      join(PROJECT, 'node_modules', 'wrangler', 'bin', 'wrangler.js'),
      'dev',
      '--local',
      ...['--ip', '127.0.0.1', '--port', String(port)],
      ...['--inspector-ip', '127.0.0.1', '--inspector-port', String(inspectorPort)],
      ...['--persist-to', join(folder, 'state')],
      // A separate file also keeps the developer's .dev.vars out of the demo.
      ...['--env-file', settingsFile],
      // A route in wrangler.toml must not become the host that visitors are sent to.
      '--infer-origin-from-routes=false',
      '--show-interactive-dev-session=false',
    ],
    cwd: PROJECT,
    env: childEnvironment(folder),
    logFile: join(folder, 'waiting-room.log'),
  })
}

async function roomAnswers(baseUrl: string, signal: AbortSignal): Promise<boolean> {
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(READY_CALL_MS)])
    const response = await fetch(`${baseUrl}/__waiting-room/healthz`, { signal: either })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

async function waitForRoom(group: ChildGroup, baseUrl: string, signal: AbortSignal): Promise<void> {
  let endedHow: string | null = null
  group.ended.then((how) => {
    endedHow = how
  })
  const deadlineMs = Date.now() + ROOM_READY_MS
  while (!(await roomAnswers(baseUrl, signal))) {
    if (endedHow !== null) throw failure(group, endedHow)
    if (Date.now() > deadlineMs) throw failure(group, `did not answer within ${ROOM_READY_MS / 1_000} s`)
    await sleep(READY_POLL_MS, null, { signal })
  }
}

/**
 * Starts everything and waits until it answers.
 * @throws Error with the last lines of the child's log if a child ends or is not ready within 90 s
 */
export async function setStage(options: Options, folder: string, signal: AbortSignal): Promise<Stage> {
  const adminToken = randomBytes(24).toString('base64url')
  const [origin, originUrl] = await startOrigin(options, folder, signal)
  const [freePort = 0, inspectorPort = 0] = await freePorts(2)
  const port = options.port ?? freePort
  const alertReceiver = await AlertReceiver.start()
  const beacon = options.event ? await DrawBeacon.start() : null
  const settingsFile = writeSettings(folder, options, originUrl, adminToken, alertReceiver, beacon)
  const room = startRoom(folder, port, inspectorPort, settingsFile)
  const baseUrl = `http://127.0.0.1:${port}`
  await waitForRoom(room, baseUrl, signal)
  return { baseUrl, originUrl, adminToken, alertReceiver, children: [origin, room], folder }
}
