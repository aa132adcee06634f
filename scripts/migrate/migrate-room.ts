/**
 * Converts a room of Cloudflare's Waiting Room: every key is carried over, or reported with the
 * reason why not.
 */
import { QUEUEING_METHODS } from '../../src/core/rules.ts'
import { LANGUAGES, languageOf } from '../../src/languages.ts'
import { type Carried, type Conversions, carryOver, NOTHING, note, refuse } from './carry-over.ts'
import { type CloudflareRoom, isTable, oneLine } from './cloudflare-rooms.ts'

export interface MigratedRoom {
  readonly room: Readonly<Record<string, unknown>>
  /** Changed settings and settings without a counterpart, one sentence each. */
  readonly notes: readonly string[]
  /** The notes that affect visitors: settings that are refused or cannot be expressed. */
  readonly refused: readonly string[]
}

const SECONDS_PER_MINUTE = 60

/** Conversions of all documented keys. */
const KEYS: Conversions = {
  name: (value) => nameOf(String(value)),
  host: (value, from) => (hasRoutes(from) ? NOTHING : { settings: { host: String(value).toLowerCase() } }),
  path: (value, from) => (value === '' || value === null || hasRoutes(from) ? NOTHING : { settings: { path: value } }),
  total_active_users: (value) => ({ settings: { total_active_users: value } }),
  new_users_per_minute: (value) => ({ settings: { new_users_per_minute: value } }),
  session_duration: sessionDuration,
  disable_session_renewal: () => NOTHING,
  queue_all: flag('queue_all'),
  suspended: flag('suspended'),
  queueing_status_code: (value) => (value === null ? NOTHING : { settings: { queueing_status_code: value } }),
  queueing_method: queueingMethod,
  additional_routes: additionalRoutes,
  description: (value) => (value === '' || value === null ? NOTHING : note(`description: ${oneLine(value)}`)),
  json_response_enabled: (value) =>
    value === true
      ? NOTHING
      : note('json_response_enabled = false: here every client that asks for JSON (Accept) gets JSON.'),
  custom_page_html: (value) =>
    value === '' || value === null
      ? NOTHING
      : note(
          'custom_page_html is not carried over: put it into public/ (Mustache, with the same variables) and test it.',
        ),
  default_template_language: defaultLanguage,
  cookie_attributes: cookieAttributes,
  cookie_suffix: (value) =>
    value === '' || value === null
      ? NOTHING
      : note(`cookie_suffix = ${oneLine(value)}: here the cookie is named after the room, waiting-room-NAME.`),
  enabled_origin_commands: (value) =>
    Array.isArray(value) && value.length > 0
      ? note(
          `enabled_origin_commands = ${value.map(oneLine).join(', ')}: always on here, see docs/migrate.md, "Origin commands".`,
        )
      : NOTHING,
  turnstile_mode: turnstileMode,
  turnstile_action: (value, { turnstile_mode }) =>
    value === null || value === 'log' || isOff(turnstile_mode) ? NOTHING : { settings: { turnstile_action: value } },
  next_event_start_time: (value) =>
    value === null
      ? NOTHING
      : refuse(
          `an event starts at ${oneLine(value)}: pass the events with --events FILE, see docs/migrate.md, "Events".`,
        ),
  next_event_prequeue_start_time: () => NOTHING,
  id: () => NOTHING,
  created_on: () => NOTHING,
  modified_on: () => NOTHING,
  zone_id: () => NOTHING,
  zone_name: () => NOTHING,
}

/** For the test that docs/migrate.md is complete. */
export const CLOUDFLARE_KEYS = Object.keys(KEYS)

export function migrateRoom(from: CloudflareRoom): MigratedRoom {
  const { settings, notes, refused } = carryOver(KEYS, from)
  return { room: settings, notes, refused }
}

/** Cloudflare's language tags have a region, such as "de-DE". "en-US" is the default of both. */
function defaultLanguage(value: unknown): Carried {
  if (value === null || value === '' || value === 'en-US') return NOTHING
  const language = languageOf(String(value))
  if (language !== undefined) return { settings: { default_language: language } }
  return note(
    `default_template_language = ${oneLine(value)}: not supported. The page supports ${LANGUAGES.join(', ')}, and each visitor gets the one that the browser prefers.`,
  )
}

function flag(key: string): (value: unknown) => Carried {
  return (value) => (value === true ? { settings: { [key]: true } } : NOTHING)
}

function nameOf(name: string): Carried {
  const ours = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 32)
  if (ours === name) return { settings: { name } }
  return {
    settings: { name: ours },
    notes: [`name was ${oneLine(name)}: names here have a-z, 0-9 and "-", 32 characters at most.`],
  }
}

/**
 * At Cloudflare a session ends this long after its last request, or after its first if renewal is
 * off.
 */
function sessionDuration(value: unknown, { disable_session_renewal }: CloudflareRoom): Carried {
  const seconds = Number(value) * SECONDS_PER_MINUTE
  if (disable_session_renewal === true) {
    const text = `session_duration = ${oneLine(value)} without renewal: a session ends after that time in any case.`
    return { settings: { session_max_seconds: seconds }, notes: [text] }
  }
  const text = `session_duration = ${oneLine(value)}: a session ends after this long without activity, or about 20 s after the page is closed. To count only requests, as at Cloudflare: session_heartbeat = "requests", session_timeout_seconds = ${seconds}, no idle_timeout_seconds.`
  return { settings: { idle_timeout_seconds: seconds }, notes: [text] }
}

/** Also for events. */
export const RANDOM_NOTE = 'queueing_method = random: the order is random within rounds, see docs/methods.md.'

function queueingMethod(value: unknown): Carried {
  if (value === null || value === 'fifo') return NOTHING
  if (!QUEUEING_METHODS.some((method) => method === value)) {
    return refuse(`queueing_method = ${oneLine(value)} is refused: there is no such method here.`)
  }
  const settings = { queueing_method: value }
  if (value !== 'random') return { settings }
  return { settings, notes: [RANDOM_NOTE] }
}

function isOff(mode: unknown): boolean {
  return mode === undefined || mode === null || mode === 'off'
}

/** The widget of Cloudflare's room is Cloudflare's; here it is one of the account's. */
function turnstileMode(value: unknown): Carried {
  if (isOff(value)) return NOTHING
  const text = `turnstile_mode = ${oneLine(value)} needs a widget: create one, then set TURNSTILE_SITE_KEY and TURNSTILE_SECRET (docs/fairness.md).`
  return { settings: { turnstile_mode: value }, notes: [text] }
}

/** The hosts of a room share a cookie, so they need a domain in common. */
function additionalRoutes(value: unknown, from: CloudflareRoom): Carried {
  const routes = Array.isArray(value) ? value.filter(isTable) : []
  if (routes.length === 0) return NOTHING
  const all = [from, ...routes].map((route) => ({ host: String(route.host).toLowerCase(), path: pathOf(route) }))
  const unique = all.filter(({ host, path }, i) => all.findIndex((one) => one.host === host && one.path === path) === i)
  if (unique.length === 1) return NOTHING
  const hosts = [...new Set(unique.map(({ host }) => host))]
  const domain = hosts.length === 1 ? undefined : commonDomain(hosts)
  if (domain === null) {
    const others = hosts.slice(1).map(oneLine).join(', ')
    return refuse(`additional hosts ${others} share no domain with ${oneLine(from.host)}: add a room for each.`)
  }
  const cookie = domain === undefined ? {} : { cookie_domain: domain }
  return { settings: { routes: unique, ...cookie } }
}

function hasRoutes(from: CloudflareRoom): boolean {
  return additionalRoutes(from.additional_routes, from).settings !== undefined
}

function pathOf({ path }: CloudflareRoom): string {
  return typeof path === 'string' && path !== '' ? path : '/'
}

/** The longest domain of at least two labels that contains all hosts. */
function commonDomain(hosts: readonly string[]): string | null {
  const [first = [], ...rest] = hosts.map((host) => host.split('.').reverse())
  const differs = first.findIndex((label, i) => rest.some((labels) => labels[i] !== label))
  const common = differs < 0 ? first : first.slice(0, differs)
  return common.length < 2 ? null : common.reverse().join('.')
}

function cookieAttributes(value: unknown): Carried {
  if (!isTable(value)) return NOTHING
  const { samesite = 'auto', secure = 'auto' } = value
  const refused: string[] = []
  if (samesite !== 'auto' && samesite !== 'none')
    refused.push(
      `cookie_attributes.samesite = ${oneLine(samesite)}: here it is None over https, so that a cross-site POST from a payment page keeps its pass.`,
    )
  if (secure === 'never') refused.push('cookie_attributes.secure = never is refused: over https the cookie is Secure.')
  return { refused }
}
