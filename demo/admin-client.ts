/**
 * Reads the object's own record and controls events through the operators' API, and reads the
 * origin's licences at its own port.
 */
import type { LicenceFigures } from './licences.ts'
import { ROOM, type Stage } from './stage.ts'

const CALL_TIMEOUT_MS = 5_000
const PREFIX = '/__waiting-room'
const API_PATH = `${PREFIX}/api/v1/rooms/${ROOM}`

/** The public record of a draw, as far as the demo reads it. */
export interface DrawRecord {
  readonly first: number
  readonly end: number
  readonly commitment: string
  readonly randomness: string | null
}

export interface Stats {
  readonly capacity: number
  /** Slots taken: offered and active. */
  readonly active: number
  readonly waiting: number
  readonly absent: number
  readonly totals: {
    readonly joined: number
    readonly admitted: number
    readonly expired: number
    readonly returned: number
  }
}

/** A room that nobody has entered has no record: some of its figures are missing. */
const NOTHING_YET = {
  active: 0,
  waiting: 0,
  absent: 0,
  totals: { joined: 0, admitted: 0, expired: 0, returned: 0 },
}

/** One event of the object's own record, in order. */
export interface JournalEntry {
  readonly sequence: number
  /** The object's clock, milliseconds since 1970. */
  readonly atMs: number
  readonly number: number
  readonly event: 'joined' | 'admitted' | 'claimed' | 'expired' | 'returned' | 'left' | 'ended' | 'forgotten'
  /** The ticket's state before. */
  readonly from: 'waiting' | 'offered' | 'active' | 'absent' | null
}

export interface Journal {
  /** Null before anybody has joined. */
  readonly run: number | null
  readonly entries: readonly JournalEntry[]
  /** Sequence of the newest entry. */
  readonly last: number
  /** Entries after the requested one were overwritten before they were read. */
  readonly lost: boolean
}

/** The events of one step of the history. */
export interface HistoryPoint {
  /** Start of the step. */
  readonly at: string
  readonly waiting: number
  readonly joined: number
  readonly admitted: number
  readonly expired: number
}

/** A message to an alert channel. */
export interface AlertDelivery {
  readonly kind: string
  readonly state: 'queued' | 'retrying' | 'delivered' | 'lost' | 'disabled'
}

/** The settings of an event. Times are RFC 3339. */
export interface EventSettings {
  readonly name: string
  readonly prequeue_start_time: string
  readonly event_start_time: string
  readonly event_end_time: string
  readonly shuffle_at_event_start: boolean
}

/** The URL of the room's figures. */
export function statsUrl(stage: Stage): string {
  return `${stage.baseUrl}${API_PATH}/stats`
}

async function readText(url: string, headers: Record<string, string>): Promise<string> {
  return send('GET', url, headers)
}

async function send(method: string, url: string, headers: Record<string, string>, body?: object): Promise<string> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(CALL_TIMEOUT_MS), ...content })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text.slice(0, 300)}`)
  return text
}

async function readJson(url: string, headers: Record<string, string>): Promise<unknown> {
  return JSON.parse(await readText(url, headers))
}

function authorization(stage: Stage): Record<string, string> {
  return { Authorization: `Bearer ${stage.adminToken}` }
}

export async function readStats(stage: Stage): Promise<Stats> {
  const known = (await readJson(statsUrl(stage), authorization(stage))) as Partial<Stats> & Pick<Stats, 'capacity'>
  return { ...NOTHING_YET, ...known }
}

/** Entries with a sequence above `after`. */
export async function readJournal(stage: Stage, after: number): Promise<Journal> {
  return (await readJson(`${stage.baseUrl}${API_PATH}/journal?after=${after}`, authorization(stage))) as Journal
}

/** The samples since then, in steps of 10 s. */
export async function readHistory(stage: Stage, fromMs: number): Promise<readonly HistoryPoint[]> {
  const url = `${stage.baseUrl}${API_PATH}/history?step=10s&from=${Math.floor(fromMs)}`
  return ((await readJson(url, authorization(stage))) as { points: HistoryPoint[] }).points
}

/** The value of each metric of the room by name; NaN for a missing one. */
export async function readMetrics(stage: Stage): Promise<(name: string) => number> {
  const lines = (await readText(`${stage.baseUrl}${PREFIX}/metrics`, authorization(stage))).split('\n')
  return (name) => {
    const start = `${name}{room="${ROOM}"} `
    return Number(lines.find((line) => line.startsWith(start))?.slice(start.length) ?? Number.NaN)
  }
}

export async function readDeliveries(stage: Stage): Promise<readonly AlertDelivery[]> {
  const known = await readJson(`${stage.baseUrl}${API_PATH}/alerts`, authorization(stage))
  return (known as { deliveries: AlertDelivery[] }).deliveries
}

/** Returns the event's id. */
export async function createEvent(stage: Stage, settings: EventSettings): Promise<string> {
  const created = await send('POST', `${stage.baseUrl}${API_PATH}/events`, authorization(stage), settings)
  return (JSON.parse(created) as { id: string }).id
}

export async function moveStart(stage: Stage, id: string, startMs: number): Promise<void> {
  const headers = { ...authorization(stage), 'If-Match': '*' }
  const change = { event_start_time: new Date(startMs).toISOString() }
  await send('PATCH', `${stage.baseUrl}${API_PATH}/events/${id}`, headers, change)
}

/** The record of an event's draw, null before it is made. */
export async function readDraw(stage: Stage, id: string): Promise<DrawRecord | null> {
  const details = await readJson(`${stage.baseUrl}${API_PATH}/events/${id}/details`, authorization(stage))
  return (details as { draw: DrawRecord | null }).draw
}

/** The public record of the room's draws, as anyone gets it. */
export async function readPublishedDraws(stage: Stage): Promise<{ readonly draws: readonly DrawRecord[] }> {
  const url = `${stage.baseUrl}${PREFIX}/draw?room=${ROOM}&format=json`
  return (await readJson(url, {})) as { draws: DrawRecord[] }
}

export async function readLicences(stage: Stage): Promise<LicenceFigures> {
  return (await readJson(`${stage.originUrl}/__origin/figures`, {})) as LicenceFigures
}
