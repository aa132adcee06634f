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
  queues?: { producers?: { queue: string }[]; consumers?: { queue: string; dead_letter_queue?: string }[] }
  services?: { binding: string }[]
  send_email?: unknown[]
  analytics_engine_datasets?: { dataset: string }[]
  ratelimits?: { namespace_id: string }[]
  env?: Record<string, Section>
}

/** An environment as `wrangler deploy` sees it; `name` null: the top level. */
export interface Environment {
  readonly name: string | null
  readonly worker: string
  readonly section: Section
}

/** The top level, then each environment. Of the top level an environment inherits the name only (and routes). */
export function environments(file: string = WRANGLER_TOML): Environment[] {
  const top = parse(readFileSync(file, 'utf8')) as Section
  const worker = top.name ?? ''
  const named = Object.entries(top.env ?? {}).map(([name, section]) => ({
    name,
    worker: section.name ?? `${worker}-${name}`,
    section: top.routes === undefined ? section : { routes: top.routes, ...section },
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

/** Names in ALERT_SECRETS: the channels that sign what they send, and the push of figures. */
export function signedChannels({ vars = {} }: Section): string[] {
  const rooms = tables(vars.ROOMS)
  const signed = tables(vars.ALERT_CHANNELS)
    .filter(({ type }) => type === 'webhook')
    .map(({ name }) => String(name))
  return rooms.some(({ stats_push_url }) => stats_push_url !== undefined) ? [...signed, 'stats-push'] : signed
}

/** Secrets that hold the address of a channel (`url_from`). */
export function addressSecrets({ vars = {} }: Section): string[] {
  return tables(vars.ALERT_CHANNELS).flatMap(({ url_from }) => (typeof url_from === 'string' ? [url_from] : []))
}

/** Secrets that let whoever sends one skip a room (`bypass`). */
export function bypassSecrets({ vars = {} }: Section): string[] {
  const rules = tables(vars.ROOMS).flatMap(({ bypass }) => tables(bypass))
  return [...new Set(rules.flatMap(({ secret }) => (typeof secret === 'string' ? [secret] : [])))]
}

function tables(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : []
}
