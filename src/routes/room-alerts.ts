/**
 * `GET .../rooms/:room/alerts`: rules with their states, channels, deliveries. `POST .../alerts/test`: a test message.
 */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AlertOverview } from '../../durable-objects/room-alerts.ts'
import type { AppEnv } from '../app-env.ts'
import { NO_ALERT } from '../core/alert-rules.ts'
import { problem } from '../problem.ts'
import { deployedSettings } from '../settings/deployed-settings.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { readFields } from './body.ts'

export async function alerts(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const rules = room.alerts.map(({ name }) => name)
  const known: AlertOverview | null = await c.var.deployment.stub(room).alertOverview(rules)
  const disabled = new Map((known?.disabledChannels ?? []).map((channel) => [channel.channel, channel]))
  const body = {
    room: room.name,
    rules: room.alerts.map((rule) => {
      const { state, sinceMinute, value } = known?.states[rule.name] ?? NO_ALERT
      return { ...rule, state, since: sinceMinute === 0 ? null : isoTime(sinceMinute * 60_000), value }
    }),
    channels: [...channelsOf(room), ...pushOf(room)].map(({ name, type }) => {
      const end = disabled.get(name)
      return { name, type, disabled: end === undefined ? null : { since: isoTime(end.atMs), reason: end.reason } }
    }),
    deliveries: (known?.deliveries ?? []).map(({ createdMs, updatedMs, ...delivery }) => ({
      ...delivery,
      created: isoTime(createdMs),
      updated: isoTime(updatedMs),
    })),
  }
  return c.json(body, 200, { 'Cache-Control': 'no-store' })
}

const testBody = v.strictObject({ channel: v.optional(v.string()) })

export async function testAlerts(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const body = v.safeParse(testBody, await readFields(c.req.raw))
  if (!body.success) return problem(400, 'Bad body', 'Send nothing, or {"channel": "NAME"}.')
  const names = channelsOf(room).map(({ name }) => name)
  const { channel } = body.output
  if (channel !== undefined && !names.includes(channel)) {
    return problem(404, 'No such channel', 'No rule of this room has a channel of that name.')
  }
  if (names.length === 0) return problem(409, 'No channels', 'No rule of this room has a channel.')
  const ids = await c.var.deployment.stub(room).testAlerts(room.name, channel === undefined ? names : [channel])
  return c.json({ messages: [...ids] }, 202, { 'Cache-Control': 'no-store' })
}

/** The channels that any rule of the room uses. */
function channelsOf(room: RoomSettings) {
  const used = new Set(room.alerts.flatMap(({ channels }) => channels))
  return deployedSettings.channels.filter(({ name }) => used.has(name))
}

/** The push of figures can be disabled like any channel. */
function pushOf({ name }: RoomSettings) {
  const push = deployedSettings.pushes.get(name)
  return push === undefined ? [] : [push]
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
