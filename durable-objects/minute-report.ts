/**
 * The report of a room's minutes: data points for Workers Analytics Engine, one step of each alert
 * rule, and the messages that follow. Idempotent: no minute is reported twice, and the next report
 * makes up for missed minutes.
 */
import type { AlertMessage } from '../src/alerts/message.ts'
import { alertedEvent, isEventMetric, type MinuteFigures, minuteFigures, stepAlert } from '../src/core/alert-rules.ts'
import type { RoomEvent } from '../src/core/events.ts'
import { ANALYSED } from '../src/core/figures.ts'
import type { Line } from '../src/core/line.ts'
import type { Sample } from '../src/core/sample.ts'
import type { RoomAlert } from '../src/settings/rooms.ts'
import type { AlertStore } from './alert-store.ts'
import type { SampleStore } from './sample-store.ts'

const MINUTE_MS = 60_000

/** A report makes up for at most this many minutes. */
const REPORTED_MINUTES_MAX = 60

export interface ReportedRoom {
  readonly name: string
  readonly alerts: readonly RoomAlert[]
  readonly events: readonly RoomEvent[]
  /** The figures of each minute are pushed to a URL. */
  readonly pushesFigures: boolean
}

/**
 * Reports each unreported minute up to `minute` (minutes since 1970, completed): stores its
 * messages and returns its samples. Writes nothing for an empty room without new samples, active
 * alerts and events to report.
 */
export function reportMinutes(
  line: Line,
  room: ReportedRoom,
  minute: number,
  nowMs: number,
  samples: SampleStore,
  alerts: AlertStore,
): readonly Sample[] {
  const reported = alerts.reportedMinute
  const first = Math.max((reported ?? minute - 1) + 1, minute - REPORTED_MINUTES_MAX + 1)
  if (first > minute) return []
  const all = samples.between(first * MINUTE_MS, (minute + 1) * MINUTE_MS)
  const isEmpty = line.tickets.live === 0
  const isQuiet = room.alerts.every(({ name }) => alerts.state(name).state === 'ok')
  if (isEmpty && all.length === 0 && isQuiet && !isEventful(room, first, minute)) return []
  const messages: AlertMessage[] = []
  for (let m = first; m <= minute; m++) {
    const ofMinute = all.filter(({ atMs }) => Math.floor(atMs / MINUTE_MS) === m)
    // Whether the room was stalled in a missed minute is unknown.
    const stalled = m === minute ? line.isStalled(nowMs) : null
    const isIdle = isEmpty && ofMinute.length === 0
    const figures = minuteFigures(ofMinute, stalled, isEmpty)
    messages.push(...stepRules(line, room, m, figures, isIdle, alerts))
    // Missed minutes without samples are not worth a push.
    if (room.pushesFigures && (m === minute || ofMinute.length > 0)) messages.push(figuresPush(line, room, m, figures))
  }
  for (const message of messages) alerts.addDelivery(message, nowMs)
  alerts.reportedMinute = minute
  return all
}

/** Whether a rule about events has something to report in one of these minutes. */
function isEventful({ alerts, events }: ReportedRoom, first: number, last: number): boolean {
  return alerts.some(({ metric }) => {
    if (!isEventMetric(metric)) return false
    for (let m = first; m <= last; m++) if (alertedEvent(metric, events, endOf(m)) !== null) return true
    return false
  })
}

function endOf(minute: number): number {
  return (minute + 1) * MINUTE_MS
}

/** The row of Workers Analytics Engine; -1 stands for an unknown percentile. */
export function dataPointOf(room: string, sample: Sample): AnalyticsEngineDataPoint {
  const doubles = [sample.atMs, ...ANALYSED.map((name) => sample[name] ?? -1)]
  return { indexes: [room], blobs: [room], doubles }
}

function stepRules(
  line: Line,
  room: ReportedRoom,
  minute: number,
  figures: MinuteFigures,
  isIdle: boolean,
  alerts: AlertStore,
): AlertMessage[] {
  const messages: AlertMessage[] = []
  for (const rule of room.alerts) {
    const { metric } = rule
    const event = isEventMetric(metric) ? alertedEvent(metric, room.events, endOf(minute)) : undefined
    const value = isEventMetric(metric) ? Number(event !== null) : figures[metric]
    const before = alerts.state(rule.name)
    const { state, message: kind } = stepAlert(rule, before, value, minute, isIdle && !isEventMetric(metric))
    if (JSON.stringify(state) !== JSON.stringify(before)) alerts.setState(rule.name, state)
    if (kind === null) continue
    for (const channel of rule.channels) {
      messages.push({
        id: `${room.name}.${line.run}.${minute}.${rule.name}.${kind}.${channel}`,
        room: room.name,
        channel,
        atMs: endOf(minute),
        kind,
        rule: rule.name,
        metric,
        bound: rule.bound,
        threshold: rule.threshold,
        value,
        ...(event
          ? { event: { name: event.name, atMs: metric === 'event_starting' ? event.startAtMs : event.endAtMs } }
          : {}),
      })
    }
  }
  return messages
}

function figuresPush(line: Line, room: ReportedRoom, minute: number, figures: MinuteFigures): AlertMessage {
  return {
    id: `${room.name}.${line.run}.${minute}.stats`,
    room: room.name,
    channel: 'stats-push',
    atMs: endOf(minute),
    kind: 'stats',
    figures: { ...figures, capacity: line.rules.capacity, absent: line.tickets.absent, run: line.run },
  }
}
