/**
 * The schema of `[[vars.ROOMS]]`: every key with its bounds and default. A key that Cloudflare
 * Waiting Room also has keeps its name.
 */
import * as v from 'valibot'
import { bypassSchema, matchSchema } from '../bypass/bypass-settings.ts'
import {
  NEAR_POLL_MAX_SECONDS,
  ORIGIN_LATENCY_BUCKETS_MS,
  POLL_INTERVAL_MAX_SECONDS,
  POW_BITS_MAX,
} from '../core/limits.ts'
import { QUEUEING_METHODS } from '../core/rules.ts'
import { RETURNS_MAX } from '../core/ticket-state.ts'
import { isWithin } from '../http/hosts.ts'
import {
  CONFIRM_ENTRY_MIN_SECONDS,
  IDLE_TIMEOUT_MIN_SECONDS,
  RETURN_SESSION_TIMEOUT_MIN_SECONDS,
  ROUTES_MAX,
} from '../limits.ts'
import { alertsSchema } from './alert-schema.ts'
import { parseReceiverUrl } from './channels.ts'
import { deployedEventsSchema, ratePlanSchema } from './event-schema.ts'
import { allowedOrigins, host, returnHosts } from './host-schema.ts'
import { lanesSchema } from './lane-schema.ts'
import { lookEntries } from './look-schema.ts'
import { routesOf } from './routes.ts'
import { capacity, flag, oneOf, pathItem, ratePerMinute, sessionTimeoutSeconds, table, whole } from './values.ts'

/** 0 turns the limit off. */
const wholeOrOff = (min: number, max: number) => {
  const message = `must be 0 (off) or a whole number from ${min} to ${max}`
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.check((value) => value === 0 || (value >= min && value <= max), message),
  )
}

/** 0 turns the limit off. */
const shareOrOff = (min: number, max: number) => {
  const message = `must be 0 (off) or a number from ${min} to ${max}`
  return v.pipe(
    v.number(message),
    v.check((value) => value === 0 || (value >= min && value <= max), message),
  )
}

const nameMessage = 'must be 1 to 32 of a-z, 0-9 and "-"'
const pathMessage =
  'must begin with "/" and have only a-z, A-Z, 0-9, "-", "_", ".", "~" and single slashes, no "." or ".." between them'
const path = v.pipe(
  v.string(pathMessage),
  v.maxLength(500, pathMessage),
  v.regex(/^(?=\/)(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)*\/?$/, pathMessage),
)
const domainMessage = 'must be a domain such as "example.com"'

const hashMessage = 'must be the 64 hex characters (0-9, a-f) of the hash of a drand chain'
const beaconUrlProblem = (url: unknown) => parseReceiverUrl(url, { allowLoopback: true, allowPrivate: false }).problem

/** A chain of public random numbers: https://drand.love. */
const drawBeacon = table({
  url: v.pipe(
    v.string('must be an https:// URL'),
    v.check(
      (url) => beaconUrlProblem(url) === null,
      ({ input }) => String(beaconUrlProblem(input)),
    ),
  ),
  hash: v.pipe(v.string(hashMessage), v.regex(/^[0-9a-f]{64}$/, hashMessage)),
})

export const roomEntries = {
  name: v.pipe(v.string(nameMessage), v.regex(/^[a-z0-9-]{1,32}$/, nameMessage)),
  host: v.optional(host),
  path: v.optional(path),
  routes: v.optional(
    v.pipe(
      v.array(table({ host: v.optional(host), path: v.optional(path) }), 'must be a list of { host, path }'),
      v.minLength(1, 'is empty'),
      v.maxLength(ROUTES_MAX, `at most ${ROUTES_MAX}`),
    ),
  ),
  match: v.optional(matchSchema, []),
  path_case_sensitive: v.optional(flag, true),
  total_active_users: capacity,
  new_users_per_minute: ratePerMinute,
  heartbeat_timeout_seconds: v.optional(whole(15, 600), 20),
  poll_interval_max_seconds: v.optional(whole(NEAR_POLL_MAX_SECONDS, POLL_INTERVAL_MAX_SECONDS), 30),
  session_timeout_seconds: v.optional(sessionTimeoutSeconds, 20),
  session_heartbeat: v.optional(oneOf(['beacon', 'requests']), 'beacon'),
  check_interval_seconds: v.optional(whole(5, 60), 10),
  idle_timeout_seconds: v.optional(wholeOrOff(IDLE_TIMEOUT_MIN_SECONDS, 86_400), 0),
  departure_grace_seconds: v.optional(whole(0, 1800), 10),
  confirm_entry_seconds: v.optional(wholeOrOff(CONFIRM_ENTRY_MIN_SECONDS, 3600), 0),
  session_max_seconds: v.optional(wholeOrOff(60, 604_800), 0),
  lease_below: v.optional(shareOrOff(0.01, 0.9), 0.7),
  max_waiting: v.optional(whole(1, 10_000_000), 1_000_000),
  cookie_domain: v.optional(v.pipe(v.string(domainMessage), v.regex(/^([a-z0-9-]+\.)+[a-z0-9-]+$/, domainMessage))),
  additional_hosts: v.optional(
    v.pipe(v.array(host, 'must be a list of host names'), v.maxLength(20, 'at most 20')),
    [],
  ),
  allowed_origins: v.optional(allowedOrigins, []),
  return_hosts: v.optional(returnHosts, []),
  location_hint: v.optional(
    oneOf(['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'apac-ne', 'apac-se', 'oc', 'afr', 'me']),
  ),
  jurisdiction: v.optional(oneOf(['eu', 'us', 'fedramp'])),
  bind_pass: v.optional(oneOf(['none', 'agent', 'agent-and-network']), 'none'),
  force_https: v.optional(flag, true),
  join_limit: v.optional(flag, true),
  turnstile_mode: v.optional(oneOf(['off', 'invisible', 'visible_non_interactive', 'visible_managed']), 'off'),
  turnstile_action: v.optional(oneOf(['log', 'infinite_queue']), 'log'),
  require_access_key: v.optional(flag, false),
  join_check_on_failure: v.optional(oneOf(['admit', 'hold']), 'admit'),
  proof_of_work: v.optional(oneOf(['off', 'fixed', 'auto']), 'off'),
  proof_of_work_bits: v.optional(whole(0, POW_BITS_MAX), 16),
  bypass: v.optional(bypassSchema, []),
  reclaim_grace_seconds: v.optional(whole(0, 86_400), 300),
  reclaims_max: v.optional(whole(0, RETURNS_MAX), 3),
  lanes: v.optional(lanesSchema, []),
  rate_plan: v.optional(ratePlanSchema, []),
  events: v.optional(deployedEventsSchema, []),
  draw_beacon: v.optional(drawBeacon),
  queue_all: v.optional(flag, false),
  suspended: v.optional(flag, false),
  queueing_method: v.optional(oneOf(QUEUEING_METHODS), 'fifo'),
  queueing_status_code: v.optional(oneOf([200, 202, 429, 503]), 503),
  on_room_failure: v.optional(oneOf(['hold', 'admit']), 'hold'),
  origin_error_ratio_max: v.optional(shareOrOff(0.01, 0.99), 0),
  // Isolates count latencies in these buckets, so only their bounds can be compared exactly.
  origin_latency_max_ms: v.optional(oneOf([0, ...ORIGIN_LATENCY_BUCKETS_MS]), 0),
  alerts: v.optional(alertsSchema, []),
  stats_push_url: v.optional(v.pipe(v.string('must be a URL'), v.maxLength(500, 'at most 500 characters'))),
  ...lookEntries,
}

export const roomSchema = v.pipe(
  v.looseObject(roomEntries, 'must be a table'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const [label, key] of crossChecks(dataset.value)) addIssue({ message: label, path: [pathItem(key)] })
  }),
)

export type RoomTable = v.InferOutput<v.LooseObjectSchema<typeof roomEntries, undefined>>

/** A room of a deployment. */
export interface RoomSettings extends RoomTable {
  /** Where the room's endpoints are: below this path. Of the deployment, not in `ROOMS`. */
  readonly prefix: string
  /** A deleted runtime room that admits everyone in line, and no newcomers. Not in `ROOMS`. */
  readonly draining?: boolean
}

/** Unknown keys of a raw room table, at any depth where the schema does not report them itself. */
export function unknownKeys(room: unknown): string[] {
  if (typeof room !== 'object' || room === null) return []
  return Object.entries(room).flatMap(([key, value]) =>
    Object.hasOwn(roomEntries, key) ? droppedKeys(value, key) : [key],
  )
}

/** The validator drops these keys before any check. */
const DROPPED_KEYS = ['__proto__', 'prototype', 'constructor']

function droppedKeys(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    DROPPED_KEYS.includes(key) ? [`${path}.${key}`] : droppedKeys(inner, `${path}.${key}`),
  )
}

/** Checks across keys, as (problem, key). */
function* crossChecks(room: RoomTable): Iterable<[string, keyof typeof roomEntries]> {
  if (room.check_interval_seconds >= room.heartbeat_timeout_seconds) {
    yield ['must be below heartbeat_timeout_seconds', 'check_interval_seconds']
  }
  if (room.check_interval_seconds >= room.session_timeout_seconds) {
    yield ['must be below session_timeout_seconds', 'check_interval_seconds']
  }
  const timeouts = room.events.map(({ session_timeout_seconds }) => session_timeout_seconds ?? Number.POSITIVE_INFINITY)
  if (room.check_interval_seconds >= Math.min(...timeouts)) {
    yield ['must be below session_timeout_seconds of each event', 'check_interval_seconds']
  }
  yield* routeChecks(room)
  if (new Set(room.alerts.map(({ name }) => name)).size < room.alerts.length) {
    yield ['two rules have the same name', 'alerts']
  }
  yield* returnChecks(room)
  const domain = room.cookie_domain
  if (domain === undefined) return
  const outside = routesOf(room).filter((route) => route.host === undefined || !isWithin(route.host, domain))
  if (outside.length > 0) yield [`must be a domain that all hosts of the room belong to`, 'cookie_domain']
}

function* routeChecks(room: RoomTable): Iterable<[string, keyof typeof roomEntries]> {
  const { routes, host: name, path: below, additional_hosts: more } = room
  if (routes !== undefined && (name !== undefined || below !== undefined || more.length > 0)) {
    yield ['replaces host, path and additional_hosts: set either it or those', 'routes']
  }
  if (more.length > 0 && name === undefined) yield ['needs host', 'additional_hosts']
  const key = routes === undefined ? 'additional_hosts' : 'routes'
  const all = routesOf(room)
  if (new Set(all.map((route) => `${route.host ?? '*'}${route.path}`)).size < all.length) {
    yield ['the same route twice', key]
  }
  if (new Set(all.map((route) => route.host)).size > 1 && room.cookie_domain === undefined) {
    yield ['needs cookie_domain, so that one cookie serves all hosts', key]
  }
}

/** In redirect mode the room hears of a visitor only now and then. */
function* returnChecks(room: RoomTable): Iterable<[string, keyof typeof roomEntries]> {
  if (room.return_hosts.length === 0) return
  const min = RETURN_SESSION_TIMEOUT_MIN_SECONDS
  if (room.session_timeout_seconds < min) {
    yield [
      `must be ${min} or more with return_hosts, or sessions end while visitors read a page`,
      'session_timeout_seconds',
    ]
  }
  if (room.events.some(({ session_timeout_seconds }) => (session_timeout_seconds ?? min) < min)) {
    yield [`session_timeout_seconds must be ${min} or more with return_hosts`, 'events']
  }
  if (room.idle_timeout_seconds !== 0 && room.idle_timeout_seconds < room.session_timeout_seconds) {
    yield ['must be 0 or at least session_timeout_seconds with return_hosts', 'idle_timeout_seconds']
  }
  if (room.cookie_domain !== undefined) {
    yield ['cannot be combined with return_hosts, whose visitors wait on the host of the waiting room', 'cookie_domain']
  }
}
