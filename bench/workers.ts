/** The configurations of the measured Workers: ours as deployed, and its peers. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'smol-toml'
import { passKey } from '../test/contract/support/pass-keys.ts'
import { type RoomTable, SIGNING_KEY, workerConfig } from '../test/contract/support/worker-config.ts'

export const PEERS = [
  'ceiling',
  'naive-join',
  'naive-poll',
  'plain-proxy',
  'plain-proxy-html',
  'plain-proxy-chunked',
  'plain-proxy-large',
  'constant-page',
  'minimal-join',
  'minimal-pass',
  'minimal-page',
] as const

/** A waiting page as the Worker sends it. */
export interface MeasuredPage {
  readonly bytes: number
  readonly headers: Readonly<Record<string, string>>
}

/** People on the site of the crowd's room: the first ones to join. */
export const CROWD_PASSES = 1_024

/** Longer than any run, so that nobody expires and no session ends. */
const PATIENCE_SECONDS = 600

/**
 * The rooms of passes and of admitted newcomers admit everyone, the crowd's room admits the first
 * visitors, and all others admit one.
 */
function capacityOf(name: string): number {
  if (name === 'crowd') return CROWD_PASSES
  return name.startsWith('pass') || name === 'admit-leased' ? 1_000_000 : 1
}

function roomOf(name: string): RoomTable {
  return {
    name,
    host: hostOf(name),
    total_active_users: capacityOf(name),
    new_users_per_minute: 1_000_000,
    heartbeat_timeout_seconds: PATIENCE_SECONDS,
    session_timeout_seconds: PATIENCE_SECONDS,
    // The load uses http.
    force_https: false,
    // The load counts 200 as correct. The status of the pages does not matter here.
    queueing_status_code: 200,
  }
}

export function hostOf(room: string): string {
  return `${room}.test`
}

/**
 * The built Worker. Its requests to the internet reach the origin in the same process: a network
 * would hide the cost of the proxy.
 */
export function oursConfig(build: string, folder: string, room: string): string {
  // The origin gets a pass that it can verify.
  const secrets = room === 'pass-signed' ? { PASS_KEYS: passKey('bench').entry } : {}
  const bindings = { rooms: [roomOf(room)], originUrl: '', secrets }
  const config = workerConfig(build, folder, `${folder}/storage`, bindings)
  const withOrigin = config.replace(/\(name = "internet", .*\),/, INTERNET)
  return `${withOrigin}${worker('origin', '')}`
}

/** A Worker's `fetch` goes to the service of this name. */
const INTERNET = '(name = "internet", worker = .origin),'

/** `page`: our waiting page. */
export function peersConfig(folder: string, page: MeasuredPage): string {
  const services = PEERS.map((name) => `(name = "${name}", worker = .${constant(name)})`)
  const sockets = PEERS.map((name) => `(name = "${name}", address = "127.0.0.1:0", service = "${name}", http = ())`)
  const pageBytes = `(name = "PAGE_BYTES", json = "${page.bytes}")`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${services.join(', ')}, ${INTERNET} (name = "disk", disk = (path = "${folder}/storage", writable = true))],
  sockets = [${sockets.join(', ')}],
);
${worker('origin', '')}
${worker('ceiling', bindings(KEY))}
${worker('naive-join', `${bindings(ROOM)}${objects('naive-join')}`)}
${worker('naive-poll', `${bindings(ROOM)}${objects('naive-poll')}`)}
${worker('plain-proxy', '')}
${worker('plain-proxy-html', '')}
${worker('plain-proxy-chunked', '', 'plain-proxy-html')}
${worker('plain-proxy-large', '', 'plain-proxy-html')}
${worker('constant-page', bindings(pageBytes))}
${worker('minimal-join', bindings(KEY))}
${worker('minimal-pass', '')}
${worker('minimal-page', bindings(`${pageBytes}, (name = "PAGE_HEADERS", text = ${JSON.stringify(JSON.stringify(page.headers))})`))}
`
}

const KEY = `(name = "KEY", text = "${SIGNING_KEY.toString('base64url')}")`

const ROOM = '(name = "ROOM", durableObjectNamespace = "Room")'

function bindings(list: string): string {
  return `bindings = [${list}],`
}

function objects(key: string): string {
  return `durableObjectNamespaces = [(className = "Room", uniqueKey = "${key}", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),`
}

/** `file`: of the code, where another peer runs it, too. */
function worker(name: string, more: string, file = name): string {
  const { compatibility_date } = parse(readFileSync(resolve(import.meta.dirname, '../wrangler.toml'), 'utf8'))
  const source = readFileSync(resolve(import.meta.dirname, `peers/${file}.js`), 'utf8')
  return `const ${constant(name)} :Workerd.Worker = (
  modules = [(name = "${name}.js", esModule = ${JSON.stringify(source)})],
  compatibilityDate = "${compatibility_date}",
  ${more}
);
`
}

/** Cap'n Proto names have no hyphens. */
function constant(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
