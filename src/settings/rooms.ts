/**
 * The rooms of a deployment: parses the variable `ROOMS` and the tables of `rooms.toml`, reporting
 * all problems at once.
 */
import * as v from 'valibot'
import type { AlertRule } from '../core/alert-rules.ts'
import type { LineRules } from '../core/rules.ts'
import { DEFAULT_PREFIX } from '../http/paths.ts'
import { DEPLOYED_ROOMS_MAX } from '../limits.ts'
import { toRatePlan } from './event-schema.ts'
import { toLaneRules } from './lane-schema.ts'
import { issueProblem, UNKNOWN_SETTING } from './problems.ts'
import { type RoomSettings, type RoomTable, roomSchema, unknownKeys } from './room-schema.ts'
import { routeConflicts } from './route-conflicts.ts'
import type { RouteTable } from './route-table.ts'
import { deployedValues, type RuntimeValues, runtimeRules } from './runtime-settings.ts'

/** The platform's limit for one variable. */
export const ROOMS_MAX_BYTES = 5 * 1024

const TOO_LARGE_REMEDY =
  'Move rooms to rooms.toml, which has no such limit (docs/rooms.md), or texts and data: logos into files of public/ (docs/deploy.md, "When ROOMS is too large")'

export type { RoomSettings }

/** An alert rule of a room, with the names of the channels that carry its messages. */
export interface RoomAlert extends AlertRule {
  readonly channels: readonly string[]
}

export type ParsedRooms =
  | { readonly rooms: readonly RoomSettings[]; readonly tables: RoomTables; readonly problems: readonly [] }
  | { readonly rooms: null; readonly tables: RoomTables; readonly problems: readonly string[] }

/** Tables as they were written. */
type RoomTables = readonly Readonly<Record<string, unknown>>[]

/**
 * Parses `ROOMS`: the list of tables from wrangler.toml, or the same as JSON text.
 * @param prefix where the rooms' endpoints are
 * @param ofFile the tables of `rooms.toml`. Problems name them as if they followed those of
 * `ROOMS`; `inFile` restores their own names
 */
export function parseRooms(value: unknown, prefix = DEFAULT_PREFIX, ofFile: readonly unknown[] = []): ParsedRooms {
  const ofVariable = tablesOf(value)
  const isMissing = value === undefined || value === ''
  if (ofVariable === null && !(isMissing && ofFile.length > 0)) return NO_ROOMS
  const list = [...(ofVariable ?? []), ...ofFile]
  if (list.length === 0) return NO_ROOMS
  const result = v.safeParse(v.array(roomSchema), list)
  const rooms = result.success ? result.output.map((room) => ({ ...room, prefix })) : []
  const problems = [
    ...list.flatMap((room, i) => unknownKeys(room).map((key) => `ROOMS[${i}].${key}: ${UNKNOWN_SETTING}`)),
    ...(result.issues ?? []).map((issue) => `${keyOf(issue)}: ${issueProblem(issue)}`),
    ...roomConflicts(rooms),
    ...tooLarge(ofVariable ?? []),
    ...tooMany(list),
  ]
  return problems.length > 0
    ? { rooms: null, tables: [], problems }
    : { rooms, tables: list as RoomTables, problems: [] }
}

/** Parses the table of one room. Throws if it is invalid. */
export function parseRoom(table: object): RoomSettings {
  return { ...v.parse(roomSchema, table), prefix: DEFAULT_PREFIX }
}

/**
 * The rules of the line. A room that is no longer in the settings drains: nobody is admitted.
 * @param values the runtime settings with their overrides; default: as deployed
 */
export function lineRules(room: RoomSettings | undefined, values?: RuntimeValues): LineRules {
  const defaults = { name: 'removed', total_active_users: 1, new_users_per_minute: 1 }
  const settings = room ?? parseRoom(defaults)
  return {
    ...runtimeRules((room && values) ?? deployedValues(settings)),
    ...(room === undefined ? { capacity: 0 } : {}),
    ratePlan: toRatePlan(settings.rate_plan),
    heartbeatTimeoutSeconds: settings.heartbeat_timeout_seconds,
    pollIntervalMaxSeconds: settings.poll_interval_max_seconds,
    sessionTimeoutSeconds: settings.session_timeout_seconds,
    checkIntervalSeconds: settings.check_interval_seconds,
    reclaimGraceSeconds: settings.reclaim_grace_seconds,
    returnsMax: settings.reclaims_max,
    departureGraceSeconds: departureGraceSeconds(settings),
    idleTimeoutSeconds: settings.idle_timeout_seconds,
    sessionMaxSeconds: settings.session_max_seconds,
    confirmEntrySeconds: settings.confirm_entry_seconds,
    maxWaiting: settings.max_waiting,
    leaseBelow: settings.lease_below,
    originErrorRatioMax: settings.origin_error_ratio_max,
    originLatencyMaxMs: settings.origin_latency_max_ms,
    ...(settings.lanes.length === 0 ? {} : { lanes: toLaneRules(settings.lanes) }),
  }
}

/** Whether the room has visitors of redirect mode, who wait on any host. */
export function hasReturns({ return_hosts }: RoomSettings): boolean {
  return return_hosts.length > 0
}

/** The room of this name, if it has visitors of redirect mode. */
export function returningRoom(routes: RouteTable, name: string): RoomSettings | undefined {
  const room = routes.named(name)
  return room !== undefined && hasReturns(room) ? room : undefined
}

/**
 * In redirect mode a visitor who leaves the waiting page goes to the site, where the room does not
 * hear of them.
 */
function departureGraceSeconds(room: RoomSettings): number {
  if (!hasReturns(room)) return room.departure_grace_seconds
  const timeouts = room.events.map(({ session_timeout_seconds }) => session_timeout_seconds ?? 0)
  return Math.max(room.departure_grace_seconds, room.session_timeout_seconds, ...timeouts)
}

/** The alert rules of a room, in the form that the core evaluates. */
export function roomAlerts(room: RoomSettings): RoomAlert[] {
  return room.alerts.map(({ name, metric, above, below, for_minutes, channels }) => ({
    name,
    metric,
    bound: above === undefined ? 'below' : 'above',
    threshold: above ?? below ?? 0,
    forMinutes: for_minutes,
    channels,
  }))
}

const NO_ROOMS: ParsedRooms = {
  rooms: null,
  tables: [],
  problems: [
    'ROOMS: must be a list of at least one [[vars.ROOMS]] table, or the same as JSON text. Rooms may also be in rooms.toml',
  ],
}

/** The tables of the variable `ROOMS`, not checked; null: it is not a list. */
function tablesOf(value: unknown): readonly unknown[] | null {
  const list = fromJson(value)
  return Array.isArray(list) ? list : null
}

/** Names the tables that come from `rooms.toml`: the second one is `rooms.toml[1]`. */
export function inFile(problem: string, value: unknown): string {
  const count = tablesOf(value)?.length ?? 0
  return problem.replace(/ROOMS\[(\d+)\]/g, (text, index) =>
    Number(index) < count ? text : `rooms.toml[${Number(index) - count}]`,
  )
}

function fromJson(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return null
  }
}

function keyOf(issue: v.BaseIssue<unknown>): string {
  const [index, ...keys] = issue.path ?? []
  return `ROOMS[${String(index?.key ?? '?')}]${keys.map((item) => `.${String(item.key)}`).join('')}`
}

/** Rooms that cannot stand beside each other. Each problem begins with `ROOMS[INDEX].KEY: `. */
export function roomConflicts(rooms: readonly RoomSettings[]): string[] {
  return [...duplicates(rooms), ...overlaps(rooms)]
}

function duplicates(rooms: readonly RoomTable[]): string[] {
  const problems: string[] = []
  const seen = new Map<string, number>()
  for (const [i, { name }] of rooms.entries()) {
    const other = seen.get(name)
    if (other === undefined) seen.set(name, i)
    else problems.push(`ROOMS[${i}].name: ROOMS[${other}] already has name ${name}`)
  }
  return problems
}

function overlaps(rooms: readonly RoomSettings[]): string[] {
  return routeConflicts(rooms).map(({ room, problem }) => {
    const key = rooms[room]?.routes === undefined ? 'path' : 'routes'
    return `ROOMS[${room}].${key}: ${problem}`
  })
}

function tooMany(list: readonly unknown[]): string[] {
  return list.length <= DEPLOYED_ROOMS_MAX
    ? []
    : [`ROOMS: there are ${list.length} rooms with those of rooms.toml, ${DEPLOYED_ROOMS_MAX} at most`]
}

function tooLarge(list: unknown): string[] {
  const bytes = new TextEncoder().encode(JSON.stringify(list)).length
  return bytes <= ROOMS_MAX_BYTES ? [] : [`ROOMS: is ${bytes} bytes, ${ROOMS_MAX_BYTES} at most. ${TOO_LARGE_REMEDY}`]
}
