/**
 * The fields that Cloudflare Waiting Room documents for its JSON response and its page templates,
 * filled from a status. Clients and templates made for it work here unchanged.
 */
import type { QueueingMethod } from '../core/rules.ts'
import type { EventStatus, Status } from '../status.ts'

export interface CfWaitingRoom {
  readonly inWaitingRoom: boolean
  readonly waitTimeKnown: boolean
  /** Minutes. */
  readonly waitTime: number
  readonly waitTime25Percentile: number
  readonly waitTime50Percentile: number
  readonly waitTime75Percentile: number
  readonly waitTimeFormatted: string
  readonly queueIsFull: boolean
  readonly queueAll: boolean
  readonly lastUpdated: string
  readonly refreshIntervalSeconds: number
  readonly queueingMethod: QueueingMethod
  readonly isFIFOQueue: boolean
  readonly isRandomQueue: boolean
  readonly isPassthroughQueue: boolean
  readonly isRejectQueue: boolean
  /** From the opening of the lobby to the end. */
  readonly isEventActive: boolean
  readonly isEventPrequeueing: boolean
  /** Minutes. */
  readonly timeUntilEventStart: number
  readonly timeUntilEventStartFormatted: string
  readonly timeUntilEventEnd: number
  readonly timeUntilEventEndFormatted: string
  readonly shuffleAtEventStart: boolean
}

export function cfWaitingRoom(status: Status): CfWaitingRoom {
  // Cloudflare knows no wait before an event has started, and its templates say when it starts.
  const known = status.state === 'lobby' ? UNKNOWN_WAIT : status
  const { method = 'fifo' } = status
  const likely = minutes(known.etaSeconds)
  return {
    inWaitingRoom: status.state !== 'admitted',
    waitTimeKnown: known.etaSeconds !== null,
    waitTime: likely,
    waitTime25Percentile: minutes(known.etaLowSeconds),
    waitTime50Percentile: likely,
    waitTime75Percentile: minutes(known.etaHighSeconds),
    waitTimeFormatted: formatMinutes(known.etaSeconds === null ? null : likely),
    queueIsFull: status.state === 'full',
    queueAll: status.queueAll === true,
    lastUpdated: status.updatedAt,
    refreshIntervalSeconds: status.pollAfterSeconds,
    queueingMethod: method,
    isFIFOQueue: method === 'fifo',
    isRandomQueue: method === 'random',
    isPassthroughQueue: method === 'passthrough',
    isRejectQueue: method === 'reject',
    ...eventFields(status.event ?? null),
  }
}

const UNKNOWN_WAIT = { etaSeconds: null, etaLowSeconds: null, etaHighSeconds: null }

/** Whole minutes, rounded up. */
function minutes(seconds: number | null): number {
  return seconds === null ? 0 : Math.ceil(seconds / 60)
}

type EventField = Extract<keyof CfWaitingRoom, `${string}Event${string}`>

function eventFields(event: EventStatus | null): Pick<CfWaitingRoom, EventField> {
  const active = event === null || event.phase === 'ended' ? null : event
  const lobby = active?.phase === 'lobby' ? active : null
  const untilStart = lobby && minutesBetween(lobby.serverTime, lobby.startsAt)
  const untilEnd = active && minutesBetween(active.serverTime, active.endsAt)
  return {
    isEventActive: active !== null,
    isEventPrequeueing: lobby !== null,
    timeUntilEventStart: untilStart ?? 0,
    timeUntilEventStartFormatted: formatMinutes(untilStart),
    timeUntilEventEnd: untilEnd ?? 0,
    timeUntilEventEndFormatted: formatMinutes(untilEnd),
    shuffleAtEventStart: active?.draw ?? false,
  }
}

function minutesBetween(from: string, to: string): number {
  return Math.max(0, minutes((Date.parse(to) - Date.parse(from)) / 1000))
}

function formatMinutes(all: number | null): string {
  if (all === null) return 'unavailable'
  const hours = Math.floor(all / 60)
  const rest = `${all % 60} minute${all % 60 === 1 ? '' : 's'}`
  return hours === 0 ? rest : `${hours} hour${hours === 1 ? '' : 's'} ${rest}`
}

/** The variables of a template made for Cloudflare Waiting Room. */
export function templateVariables(status: Status): Readonly<Record<string, unknown>> {
  const fields = cfWaitingRoom(status)
  return {
    ...fields,
    waitTimeHours: Math.floor(fields.waitTime / 60),
    waitTimeHourMinutes: fields.waitTime % 60,
  }
}
