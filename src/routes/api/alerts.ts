/** The alerts of a room: rules with their states, channels and deliveries; and test messages. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { NO_ALERT } from '../../core/alert-rules.ts'
import { problem } from '../../http/problem.ts'
import type { AlertOverview } from '../../room/room-object.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import type { Settings } from '../../settings/settings.ts'
import { readBody } from './body.ts'
import { isoTime, NO_STORE, type Operation, ROOM_PARAMETER, withRoom } from './operation.ts'
import { alertsSchema, testAlertsSchema } from './operator-schemas.ts'

const testBody = v.strictObject({ channel: v.optional(v.string('must be the name of a channel')) })

export const alertOperations: readonly Operation[] = [
  {
    id: 'getAlerts',
    method: 'get',
    path: '/rooms/{room}/alerts',
    tag: 'alerts',
    summary: 'Get alert rules with their states, channels and recent deliveries',
    needs: 'read',
    parameters: ROOM_PARAMETER,
    answers: { 200: { description: 'Deliveries are sorted newest first.', schema: alertsSchema } },
    handle: withRoom(alerts),
  },
  {
    id: 'testAlerts',
    method: 'post',
    path: '/rooms/{room}/alerts/test',
    tag: 'alerts',
    summary: 'Send a test message through one channel, or through all that the rules use',
    needs: 'write',
    parameters: ROOM_PARAMETER,
    body: { schema: testBody, required: false, example: { channel: 'ops' } },
    answers: {
      202: { description: 'The ids of the messages. The deliveries show their outcome.', schema: testAlertsSchema },
    },
    refusals: {
      400: 'Invalid body.',
      404: 'No such room, or none of its rules uses a channel of that name.',
      409: 'No rule of this room has a channel.',
    },
    handle: withRoom(testAlerts),
  },
]

async function alerts(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const { settings, stub } = c.var.deployment
  const rules = room.alerts.map(({ name }) => name)
  const known: AlertOverview | null = await stub(room).alertOverview(rules)
  const disabled = new Map((known?.disabledChannels ?? []).map((channel) => [channel.channel, channel]))
  const body = {
    room: room.name,
    rules: room.alerts.map((rule) => {
      const { state, sinceMinute, value } = known?.states[rule.name] ?? NO_ALERT
      return { ...rule, state, since: sinceMinute === 0 ? null : isoTime(sinceMinute * 60_000), value }
    }),
    channels: [...channelsOf(room, settings), ...pushOf(room, settings)].map(({ name, type }) => {
      const disabling = disabled.get(name)
      return {
        name,
        type,
        disabled: disabling === undefined ? null : { since: isoTime(disabling.atMs), reason: disabling.reason },
      }
    }),
    deliveries: (known?.deliveries ?? []).map(({ createdMs, updatedMs, ...delivery }) => ({
      ...delivery,
      created: isoTime(createdMs),
      updated: isoTime(updatedMs),
    })),
  }
  return c.json(body, 200, NO_STORE)
}

async function testAlerts(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const read = await readBody(c, testBody)
  if (!read.ok) return read.refusal
  const { settings, stub } = c.var.deployment
  const names = channelsOf(room, settings).map(({ name }) => name)
  const { channel } = read.body
  if (channel !== undefined && !names.includes(channel)) {
    return problem(404, 'No such channel', 'No rule of this room uses a channel of that name.')
  }
  if (names.length === 0) return problem(409, 'No channels', 'No rule of this room has a channel.')
  const ids = await stub(room).testAlerts(room.name, channel === undefined ? names : [channel])
  return c.json({ messages: [...ids] }, 202, NO_STORE)
}

/** The channels that the rules of a room use. */
function channelsOf(room: RoomSettings, { channels }: Settings) {
  const used = new Set(room.alerts.flatMap(({ channels }) => channels))
  return channels.filter(({ name }) => used.has(name))
}

/** The push of figures is a channel that can be disabled as well. */
function pushOf({ name }: RoomSettings, { pushes }: Settings) {
  const push = pushes.get(name)
  return push === undefined ? [] : [push]
}
