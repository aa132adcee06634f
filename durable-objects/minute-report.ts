/**
 * The report of a room's minutes: data points for Workers Analytics Engine, one step of each alert rule, and the messages
 * that follow. Idempotent: a minute that was reported is not reported again, one that was missed is made up for by the next.
 */
import type { AlertMessage } from '../src/alerts/message.ts'
import { type MinuteFigures, minuteFigures, stepAlert } from '../src/core/alert-rules.ts'
import type { Line } from '../src/core/line.ts'
import type { Sample } from '../src/core/sample.ts'
import type { RoomAlert } from '../src/settings/rooms.ts'
import type { AlertStore } from './alert-store.ts'
import type { SampleStore } from './sample-store.ts'

const MINUTE_MS = 60_000

/** Cron missed for longer than this is not made up for. */
const MINUTES_MADE_UP = 60

export interface ReportedRoom {
  readonly name: string
  readonly alerts: readonly RoomAlert[]
  /** Whether the figures of each minute are pushed to a URL. */
  readonly pushesFigures: boolean
}

/**
 * Reports every minute up to `minute` (since 1970, completed) that was not: notes its messages and returns its samples. Writes
 * nothing for a room that is empty, has no new samples and no alert on its way.
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
  const first = Math.max((reported ?? minute - 1) + 1, minute - MINUTES_MADE_UP + 1)
  if (first > minute) return []
  const all = samples.between(first * MINUTE_MS, (minute + 1) * MINUTE_MS)
  const empty = line.tickets.live === 0
  const quiet = room.alerts.every(({ name }) => alerts.state(name).state === 'ok')
  if (empty && all.length === 0 && quiet) return []
  const messages: AlertMessage[] = []
  for (let m = first; m <= minute; m++) {
    const ofMinute = all.filter(({ atMs }) => Math.floor(atMs / MINUTE_MS) === m)
    // Of a minute that is made up for nobody knows whether the room stood still then.
    const stalled = m === minute ? line.isStalled(nowMs) : null
    const isIdle = empty && ofMinute.length === 0
    const figures = minuteFigures(ofMinute, stalled, empty)
    messages.push(...stepRules(line, room, m, figures, isIdle, alerts))
    // Minutes of long ago in which there was nothing are no news.
    if (room.pushesFigures && (m === minute || ofMinute.length > 0)) messages.push(figuresPush(line, room, m, figures))
  }
  for (const message of messages) alerts.addDelivery(message, nowMs)
  alerts.reportedMinute = minute
  return all
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
    const value = figures[rule.metric]
    const before = alerts.state(rule.name)
    const { state, message: kind } = stepAlert(rule, before, value, minute, isIdle)
    if (JSON.stringify(state) !== JSON.stringify(before)) alerts.setState(rule.name, state)
    if (kind === null) continue
    for (const channel of rule.channels) {
      messages.push({
        id: `${room.name}.${line.run}.${minute}.${rule.name}.${kind}.${channel}`,
        room: room.name,
        channel,
        atMs: (minute + 1) * MINUTE_MS,
        kind,
        rule: rule.name,
        metric: rule.metric,
        bound: rule.bound,
        threshold: rule.threshold,
        value,
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
    atMs: (minute + 1) * MINUTE_MS,
    kind: 'stats',
    figures: { ...figures, capacity: line.rules.capacity, absent: line.tickets.absent, run: line.run },
  }
}
