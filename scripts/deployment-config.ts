/**
 * What wrangler.toml says of one environment: the Worker's name, its variables, queues and the secrets they call for.
 */
import { readFileSync } from 'node:fs'
import { parse } from 'smol-toml'

export const WRANGLER_TOML = 'wrangler.toml'

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
  observability?: { enabled?: boolean; logs?: { enabled?: boolean } }
  cache?: { enabled?: boolean }
  exports?: Record<string, { cache?: { enabled?: boolean } }>
  env?: Record<string, Section>
}

/** What wrangler hands down to an environment that does not set it. Variables and bindings are not among them. */
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

/** An environment as `wrangler deploy` sees it; `name` null: the top level. */
export interface Environment {
  readonly name: string | null
  readonly worker: string
  readonly section: Section
}

/** The top level, then each environment, with what it inherits. */
export function environments(file: string = WRANGLER_TOML): Environment[] {
  const top = parse(readFileSync(file, 'utf8')) as Section
  const worker = top.name ?? ''
  const inherited = Object.fromEntries(Object.entries(top).filter(([key]) => INHERITED_KEYS.includes(key)))
  const named = Object.entries(top.env ?? {}).map(([name, section]) => ({
    name,
    worker: section.name ?? `${worker}-${name}`,
    section: { ...inherited, ...section },
  }))
  return [{ name: null, worker, section: top }, ...named]
}

/** Every queue that is written to, read from, or takes what is given up. */
export function queueNames({ queues }: Section): string[] {
  const consumers = queues?.consumers ?? []
  const names = [
    ...(queues?.producers ?? []).map(({ queue }) => queue),
    ...consumers.flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue ?? queue]),
  ]
  return [...new Set(names)]
}

/** The rooms as written, from tables or from JSON text. */
export function roomTables({ vars = {} }: Section): Record<string, unknown>[] {
  return tables(vars.ROOMS)
}

/** The channels as written, from tables or from JSON text. */
export function channelTables({ vars = {} }: Section): Record<string, unknown>[] {
  return tables(vars.ALERT_CHANNELS)
}

/** Names in ALERT_SECRETS: the channels that sign what they send, and the push of figures. */
export function signedChannels(section: Section): string[] {
  const rooms = roomTables(section)
  const signed = channelTables(section)
    .filter(({ type }) => type === 'webhook')
    .map(({ name }) => String(name))
  return rooms.some(({ stats_push_url }) => stats_push_url !== undefined) ? [...signed, 'stats-push'] : signed
}

/** Secrets that hold the address of a channel (`url_from`). */
export function addressSecrets(section: Section): string[] {
  return channelTables(section).flatMap(({ url_from }) => (typeof url_from === 'string' ? [url_from] : []))
}

/** Secrets that let whoever sends one skip a room (`bypass`). */
export function bypassSecrets(section: Section): string[] {
  const rules = roomTables(section).flatMap(({ bypass }) => tables(bypass))
  return [...new Set(rules.flatMap(({ secret }) => (typeof secret === 'string' ? [secret] : [])))]
}

/** What is no table is named by the settings' own check; the others keep their places. */
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
