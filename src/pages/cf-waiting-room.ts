/**
 * The fields that Cloudflare Waiting Room documents for its JSON response and its page templates,
 * filled from a status. Clients and templates made for it work here unchanged.
 */
import type { Status } from '../status.ts'

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
  readonly queueingMethod: 'fifo'
  readonly isFIFOQueue: true
  readonly isRandomQueue: false
  readonly isPassthroughQueue: false
  readonly isRejectQueue: false
  readonly isEventActive: false
  readonly isEventPrequeueing: false
  readonly timeUntilEventStart: 0
  readonly timeUntilEventStartFormatted: ''
  readonly timeUntilEventEnd: 0
  readonly timeUntilEventEndFormatted: ''
  readonly shuffleAtEventStart: false
}

export function cfWaitingRoom(status: Status): CfWaitingRoom {
  const minutes = (seconds: number | null) => (seconds === null ? 0 : Math.ceil(seconds / 60))
  const likely = minutes(status.etaSeconds)
  return {
    inWaitingRoom: status.state !== 'admitted',
    waitTimeKnown: status.etaSeconds !== null,
    waitTime: likely,
    waitTime25Percentile: minutes(status.etaLowSeconds),
    waitTime50Percentile: likely,
    waitTime75Percentile: minutes(status.etaHighSeconds),
    waitTimeFormatted: formatMinutes(status.etaSeconds === null ? null : likely),
    queueIsFull: status.state === 'full',
    queueAll: status.queueAll === true,
    lastUpdated: status.updatedAt,
    refreshIntervalSeconds: status.pollAfterSeconds,
    queueingMethod: 'fifo',
    isFIFOQueue: true,
    isRandomQueue: false,
    isPassthroughQueue: false,
    isRejectQueue: false,
    isEventActive: false,
    isEventPrequeueing: false,
    timeUntilEventStart: 0,
    timeUntilEventStartFormatted: '',
    timeUntilEventEnd: 0,
    timeUntilEventEndFormatted: '',
    shuffleAtEventStart: false,
  }
}

function formatMinutes(minutes: number | null): string {
  if (minutes === null) return 'unavailable'
  const hours = Math.floor(minutes / 60)
  const rest = `${minutes % 60} minute${minutes % 60 === 1 ? '' : 's'}`
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
