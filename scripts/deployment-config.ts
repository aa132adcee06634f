/**
 * Reads the environments of wrangler.toml: the Worker's name, variables, queues and required
 * secrets.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'smol-toml'
import { roomsOfFile } from '../src/settings/rooms-file.ts'

export const WRANGLER_TOML = 'wrangler.toml'

/** The path of wrangler's executable. */
export const WRANGLER = new URL('../node_modules/wrangler/bin/wrangler.js', import.meta.url).pathname

export interface Section {
  name?: string
  route?: unknown
  routes?: unknown[]
  vars?: Record<string, unknown>
  durable_objects?: { bindings?: { name: string; class_name: string }[] }
  queues?: {
    producers?: { binding: string; queue: string }[]
    consumers?: { queue: string; dead_letter_queue?: string }[]
  }
  triggers?: { crons?: string[] }
  services?: { binding: string }[]
  send_email?: { name: string }[]
  analytics_engine_datasets?: { binding: string; dataset: string }[]
  ratelimits?: { name: string; namespace_id: string }[]
  assets?: { directory?: string; binding?: string; run_worker_first?: unknown }
  observability?: { enabled?: boolean; logs?: { enabled?: boolean; invocation_logs?: boolean } }
  cache?: { enabled?: boolean }
  exports?: Record<string, { cache?: { enabled?: boolean } }>
  env?: Record<string, Section>
  /** The tables of rooms.toml, which every environment has. Not a key of wrangler.toml. */
  roomsFile?: readonly unknown[]
}

/**
 * Keys that an environment inherits from the top level. Variables and bindings are not inherited.
 */
export const INHERITED_KEYS = [
  'main',
  'compatibility_date',
  'compatibility_flags',
  'minify',
  'upload_source_maps',
  'keep_names',
  'workers_dev',
  'route',
  'routes',
  'rules',
  'alias',
  'observability',
  'cache',
  'exports',
  'migrations',
  'triggers',
  'assets',
  'build',
]

/** An environment as `wrangler deploy` resolves it. A null `name` is the top level. */
export interface Environment {
  readonly name: string | null
  readonly worker: string
  readonly section: Section
}

/** The top level, then each environment with its inherited keys. */
export function environments(file: string = WRANGLER_TOML): Environment[] {
  const top = parse(readFileSync(file, 'utf8')) as Section
  const worker = top.name ?? ''
  top.roomsFile = tablesBeside(file)
  const keys = Object.entries(top).filter(([key]) => INHERITED_KEYS.includes(key))
  const inherited: Section = { ...Object.fromEntries(keys), roomsFile: top.roomsFile }
  const named = Object.entries(top.env ?? {}).map(([name, section]) => ({
    name,
    worker: section.name ?? `${worker}-${name}`,
    section: { ...inherited, ...section },
  }))
  return [{ name: null, worker, section: top }, ...named]
}

/** The tables of the rooms.toml in the same folder. */
function tablesBeside(file: string): readonly unknown[] {
  const path = join(dirname(file), 'rooms.toml')
  return existsSync(path) ? roomsOfFile(readFileSync(path, 'utf8')) : []
}

/** All queues: those of producers, consumers and dead letters. */
export function queueNames({ queues }: Section): string[] {
  const consumers = queues?.consumers ?? []
  const names = [
    ...(queues?.producers ?? []).map(({ queue }) => queue),
    ...consumers.flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue ?? queue]),
  ]
  return [...new Set(names)]
}

/** The unvalidated rooms, from tables or from JSON text, then those of rooms.toml. */
export function roomTables({ vars = {}, roomsFile = [] }: Section): Record<string, unknown>[] {
  return [...tables(vars.ROOMS), ...tables(roomsFile)]
}

/** The unvalidated channels, from tables or from JSON text. */
export function channelTables({ vars = {} }: Section): Record<string, unknown>[] {
  return tables(vars.ALERT_CHANNELS)
}

/** Channels that need an entry in ALERT_SECRETS: webhooks, and the push of figures. */
export function signedChannels(section: Section): string[] {
  const rooms = roomTables(section)
  const signed = channelTables(section)
    .filter(({ type }) => type === 'webhook')
    .map(({ name }) => String(name))
  return rooms.some(({ stats_push_url }) => stats_push_url !== undefined) ? [...signed, 'stats-push'] : signed
}

/** Names of the secrets that contain a channel's URL (`url_from`). */
export function addressSecrets(section: Section): string[] {
  return channelTables(section).flatMap(({ url_from }) => (typeof url_from === 'string' ? [url_from] : []))
}

/** Names of the secrets that let a request skip a room (`bypass`). */
export function bypassSecrets(section: Section): string[] {
  const rules = roomTables(section).flatMap(({ bypass }) => tables(bypass))
  return [...new Set(rules.flatMap(({ secret }) => (typeof secret === 'string' ? [secret] : [])))]
}

/** A room checks newcomers with Turnstile, which needs the secret TURNSTILE_SECRET. */
export function hasTurnstile(section: Section): boolean {
  return roomTables(section).some(({ turnstile_mode = 'off' }) => turnstile_mode !== 'off')
}

/** Names of the rooms of redirect mode, which do not serve without PASS_KEYS. */
export function returningRooms(section: Section): string[] {
  return roomTables(section)
    .filter(({ return_hosts: hosts }) => Array.isArray(hosts) && hosts.length > 0)
    .map(({ name }) => String(name))
}

/**
 * Replaces invalid entries, which the settings check reports, by empty tables, so that indexes stay
 * the same.
 */
function tables(value: unknown): Record<string, unknown>[] {
  const list: unknown = typeof value === 'string' ? parsedJson(value) : value
  return Array.isArray(list) ? list.map((entry) => (typeof entry === 'object' && entry !== null ? entry : {})) : []
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
