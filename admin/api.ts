/** Client of the operators' API. */
import type * as v from 'valibot'
import type { directorySchema, dryRunSchema } from '../src/routes/api/document-schemas.ts'
import type {
  alertsSchema,
  auditSchema,
  eventDetailsSchema,
  eventJsonSchema,
  eventsSchema,
  sessionSchema,
  settingsSchema,
} from '../src/routes/api/operator-schemas.ts'
import type { adviceSchema, historySchema, reportSchema, whoCameSchema } from '../src/routes/api/report-schemas.ts'
import type { explanationSchema, roomsSchema, statsSchema, ticketSchema } from '../src/routes/api/room-schemas.ts'

export type RoomList = v.InferOutput<typeof roomsSchema>
export type Rooms = RoomList['rooms']
export type Stats = v.InferOutput<typeof statsSchema>
export type History = v.InferOutput<typeof historySchema>
export type HistoryPoint = History['points'][number]
export type Advice = v.InferOutput<typeof adviceSchema>
export type Alerts = v.InferOutput<typeof alertsSchema>
export type Audit = v.InferOutput<typeof auditSchema>
export type Ticket = v.InferOutput<typeof ticketSchema>
export type Session = v.InferOutput<typeof sessionSchema>
export type Events = v.InferOutput<typeof eventsSchema>
export type RoomEvent = v.InferOutput<typeof eventJsonSchema>
export type EventDetails = v.InferOutput<typeof eventDetailsSchema>
export type Report = v.InferOutput<typeof reportSchema>
export type WhoCame = v.InferOutput<typeof whoCameSchema>
export type Explanation = v.InferOutput<typeof explanationSchema>
export type Settings = v.InferOutput<typeof settingsSchema>

export type Directory = v.InferOutput<typeof directorySchema>
export type ListedRoom = Directory['rooms'][number]
export type DryRun = v.InferOutput<typeof dryRunSchema>

/** Values of the runtime settings, by key. */
export type Values = Readonly<Record<string, string | number | boolean | null>>

/** Where the endpoints are. The page says it; tests in Node have none. */
export const PREFIX = typeof document === 'undefined' ? '' : (document.getElementById('app')?.dataset.prefix ?? '')
export const BASE = `${PREFIX}/api/v1`
const TIMEOUT_MS = 10_000

/** A problem with a body. `key`: empty if the problem is not with one key. */
export interface Problem {
  readonly key: string
  readonly problem: string
}

/** An error answer. Its message says what to do. */
export class Refused extends Error {
  readonly status: number
  readonly problems: readonly Problem[]
  constructor(status: number, title: string, detail?: string, problems: readonly Problem[] = []) {
    super(detail === undefined ? title : `${title}. ${detail}`)
    this.status = status
    this.problems = problems
  }
}

export interface Reply<T> {
  readonly body: T
  readonly etag: string | null
  /** The change is stored, but the room's object could not be reached and gets it later. */
  readonly isPending: boolean
}

/**
 * @param etag the version that the call changes; null: only if there is none yet
 * @throws Refused, with status 0 if there was no answer
 */
export async function call<T>(method: string, path: string, body?: unknown, etag?: string | null): Promise<Reply<T>> {
  const response = await fetch(`${BASE}${path}`, {
    method,
    headers: {
      Accept: 'application/json',
      'Waiting-Room-Operator': '1',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(etag === undefined ? {} : etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new Refused(0, 'No answer from the server')
  })
  // A proxy may answer with an HTML page.
  const answer = response.status === 204 ? null : await response.json().catch(() => null)
  const isReadable = answer !== null || response.status === 204
  if (!response.ok || !isReadable) {
    throw new Refused(
      response.status,
      answer?.title ?? `The server answered with status ${response.status}`,
      answer?.detail,
      answer?.problems,
    )
  }
  // A compressing proxy weakens the entity tag, and weak tags never match.
  return {
    body: answer as T,
    etag: response.headers.get('ETag')?.replace(/^W\//, '') ?? null,
    isPending: response.headers.get('Waiting-Room-Pending') === 'true',
  }
}

export async function get<T>(path: string): Promise<T> {
  return (await call<T>('GET', path)).body
}

export function valuesOf(settings: Settings['settings']): Values {
  return Object.fromEntries(
    Object.entries(settings).map(([key, setting]) => [key, (setting as { value: Values[string] }).value]),
  )
}
