/**
 * The configuration with which raw `workerd serve` runs the built Worker, as Cap'n Proto text. It
 * matches what `wrangler deploy` makes of wrangler.toml, with the bindings of a test.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parse } from 'smol-toml'

/** A table of `[[vars.ROOMS]]`. */
export type RoomTable = Readonly<Record<string, unknown>>

export interface WorkerBindings {
  readonly rooms: readonly RoomTable[]
  readonly originUrl: string
  /** Undefined: the tests' own key. Null: not set. */
  readonly signingKeys?: string | null
  /** Undefined: the tests' own token. Null: not set. */
  readonly adminToken?: string | null
  /** False: the deployment has no binding LOGIN_GUARD. */
  readonly loginGuard?: boolean
  /** False: the deployment has no binding DIRECTORY. */
  readonly directory?: boolean
  readonly originHost?: string
  /**
   * `host:port` of the server that every host name resolves to. Unset: names are resolved as usual.
   */
  readonly resolvedTo?: string
  readonly originSecret?: string
  readonly originTimeoutSeconds?: number
  readonly sentryDsn?: string
  /** A folder whose files the binding ASSETS serves. Unset: those of a deployment. */
  readonly assets?: string
  /** `host:port` of the server behind `caches.default`. Unset: there is no cache. */
  readonly locationCache?: string
  /** Secrets that settings refer to by name. */
  readonly secrets?: Readonly<Record<string, string>>
  /** A second isolate of the Worker, on another port, calls the same objects. */
  readonly twin?: boolean
}

export const ADMIN_TOKEN = 'admin-token-of-the-contract-tests'
export const SIGNING_KEY_ID = 'contract'
export const SIGNING_KEY = Buffer.from('forty-four-bytes-that-only-these-tests-know!')

/** A request whose header of this name is `https` counts as sent over TLS. */
export const PROTOCOL_HEADER = 'X-Contract-Protocol'

/** With `resolvedTo`, the server receives the Worker's `cf` options in this header, as JSON. */
export const CF_HEADER = 'X-Contract-Cf'

const ASSETS = resolve(import.meta.dirname, '../../../public')
const WRANGLER_TOML = resolve(import.meta.dirname, '../../../wrangler.toml')

/** The text of the configuration file, which must be written into `folder`. */
export function workerConfig(build: string, folder: string, storage: string, bindings: WorkerBindings): string {
  const { compatibility_date, compatibility_flags } = parse(readFileSync(WRANGLER_TOML, 'utf8'))
  const code = `
  modules = [${modules(build, folder).join(', ')}],
  compatibilityDate = ${text(compatibility_date)},
  compatibilityFlags = [${(compatibility_flags as string[]).map(text).join(', ')}],
  ${bindings.locationCache === undefined ? '' : 'cacheApiOutbound = "location-cache",'}`
  const services = [WORKER_SOCKET, ...(bindings.twin === true ? ['twin'] : [])]
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${services.map((name) => `(name = "${name}", worker = .${name}),`).join('\n    ')}
    (name = "internet", ${internet(bindings)}),
    (name = "location-cache", external = (address = ${text(bindings.locationCache ?? '127.0.0.1:9')}, http = ())),
    (name = "disk", disk = (path = ${text(storage)}, writable = true)),
    (name = "assets", disk = (path = ${text(bindings.assets ?? ASSETS)}, writable = false)),
  ],
  sockets = [${services.map(socket).join(', ')}],
);
const worker :Workerd.Worker = (${code}
  bindings = [${bindingList(bindings).join(', ')}],
  durableObjectNamespaces = [
    (className = "WaitingRoom", uniqueKey = "contract-waiting-room", enableSql = true),
    (className = "LoginGuard", uniqueKey = "contract-login-guard", enableSql = true),
    (className = "Gatherer", uniqueKey = "contract-gatherer", enableSql = true),
    (className = "Directory", uniqueKey = "contract-directory", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "disk"),
);
const twin :Workerd.Worker = (${code}
  bindings = [${bindingList(bindings, 'worker').join(', ')}],
);
`
}

/** The socket of the Worker under test. */
export const WORKER_SOCKET = 'worker'

/** A socket has the name of its Worker. */
function socket(service: string): string {
  return `(name = "${service}", address = "127.0.0.1:0", service = "${service}",
    http = (forwardedProtoHeader = ${text(PROTOCOL_HEADER)}))`
}

function internet({ resolvedTo }: WorkerBindings): string {
  if (resolvedTo === undefined) return 'network = (allow = ["public", "private"])'
  return `external = (address = ${text(resolvedTo)}, http = (cfBlobHeader = ${text(CF_HEADER)}))`
}

/**
 * The entry first, then the modules that it imports. Files with a hash before their name are texts.
 */
function modules(build: string, folder: string): string[] {
  const embed = (name: string) => `embed ${text(relative(folder, join(build, name)))}`
  const files = readdirSync(build)
  const texts = files.filter((name) => /^[0-9a-f]{40}-.*\.(html|js|css|toml)$/.test(name))
  const imported = files.filter((name) => name.endsWith('.js') && name !== 'index.js' && !texts.includes(name))
  return [
    ...['index.js', ...imported].map((name) => `(name = ${text(name)}, esModule = ${embed(name)})`),
    ...texts.map((name) => `(name = ${text(`./${name}`)}, text = ${embed(name)})`),
  ]
}

/** `objectsOf`: the Worker that runs the objects; unset: this one. */
function bindingList(bindings: WorkerBindings, objectsOf?: string): string[] {
  const { rooms, originUrl, originHost, originSecret, originTimeoutSeconds } = bindings
  const key = `${SIGNING_KEY_ID}:${SIGNING_KEY.toString('base64url')}`
  const texts: Record<string, string | number | null | undefined> = {
    ORIGIN_URL: originUrl,
    ORIGIN_HOST: originHost,
    SIGNING_KEYS: bindings.signingKeys === undefined ? key : bindings.signingKeys,
    ADMIN_TOKEN: bindings.adminToken === undefined ? ADMIN_TOKEN : bindings.adminToken,
    ORIGIN_SECRET: originSecret,
    ORIGIN_TIMEOUT_SECONDS: originTimeoutSeconds,
    SENTRY_DSN: bindings.sentryDsn,
    ...bindings.secrets,
  }
  return [
    '(name = "ASSETS", service = "assets")',
    objects('WAITING_ROOM', 'WaitingRoom', objectsOf),
    ...(bindings.loginGuard === false ? [] : [objects('LOGIN_GUARD', 'LoginGuard', objectsOf)]),
    objects('GATHERER', 'Gatherer', objectsOf),
    ...(bindings.directory === false ? [] : [objects('DIRECTORY', 'Directory', objectsOf)]),
    `(name = "ROOMS", json = ${text(JSON.stringify(rooms))})`,
    ...Object.entries(texts)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => `(name = ${text(name)}, text = ${text(String(value))})`),
  ]
}

function objects(name: string, className: string, objectsOf?: string): string {
  const service = objectsOf === undefined ? '' : `, serviceName = ${text(objectsOf)}`
  return `(name = ${text(name)}, durableObjectNamespace = (className = ${text(className)}${service}))`
}

/** A Cap'n Proto text literal. JSON has the same escapes for the characters that occur here. */
function text(value: unknown): string {
  return JSON.stringify(value)
}
