/**
 * Settings, actions, audit, events, alerts and keys, as schemas of the API: see schema-parts.ts.
 */
import * as v from 'valibot'
import { ALERT_METRICS } from '../../core/alert-rules.ts'
import { eventEntries } from '../../settings/event-schema.ts'
import { RUNTIME_KEYS, type RuntimeKey, runtimeEntries } from '../../settings/runtime-settings.ts'
import { about, roomName, time } from './schema-parts.ts'

const settingSchema = <S extends v.GenericSchema>(value: S) =>
  v.looseObject({
    value: v.nullable(value),
    deployed: v.nullable(value),
    override: about(
      v.nullable(v.looseObject({ at: time, by: v.string() })),
      'Who set it, and when; null: the deployed value holds.',
    ),
  })

const settingEntries = Object.fromEntries(
  RUNTIME_KEYS.map((key) => [key, settingSchema(runtimeEntries[key] as v.GenericSchema)]),
) as Record<RuntimeKey, ReturnType<typeof settingSchema>>

export const settingsSchema = v.looseObject({
  room: roomName,
  settings: v.looseObject(settingEntries),
  deployedOnly: about(v.record(v.string(), v.unknown()), 'Settings that only a deploy changes.'),
})

export const actionSchema = v.looseObject({
  room: roomName,
  action: v.string(),
  result: about(v.record(v.string(), v.unknown()), 'The effect: counts, states, the new run.'),
  settings: v.looseObject(settingEntries),
})

const auditValues = v.record(v.string(), v.unknown())

export const auditEntry = v.looseObject({
  id: v.number(),
  at: time,
  who: about(v.string(), 'The name of the token or of the person; "deployment": a deploy replaced an override.'),
  action: v.string(),
  before: auditValues,
  after: auditValues,
})

export const auditSchema = v.looseObject({
  room: roomName,
  entries: v.array(auditEntry),
  next: about(
    v.nullable(v.number()),
    'The value of "before" for the next page of older entries; null: there are none.',
  ),
})

export const eventJsonSchema = v.looseObject({
  id: v.string(),
  phase: v.picklist(['none', 'lobby', 'drawing', 'running', 'ended']),
  source: about(
    v.picklist(['api', 'deployed', 'override']),
    'override: an operator has changed an event of wrangler.toml; DELETE restores it.',
  ),
  changedAt: time,
  changedBy: v.string(),
  ...eventEntries,
})

export const eventsSchema = v.looseObject({
  room: roomName,
  events: v.array(eventJsonSchema),
  refused: about(
    v.array(v.looseObject({ id: v.string(), problem: v.string() })),
    'Events of wrangler.toml whose last change is not in force, and why.',
  ),
})

export const eventDetailsSchema = v.looseObject({
  room: roomName,
  event: eventJsonSchema,
  effective: about(v.record(v.string(), v.unknown()), 'Settings during the event, inherited ones filled in.'),
  commitment: about(v.nullable(v.string()), 'SHA-256 of the secret of the draw; null until the lobby opens.'),
  draw: about(v.nullable(v.looseObject({})), 'The public record of the draw; null: it is not made.'),
})

export const alertsSchema = v.looseObject({
  room: roomName,
  rules: v.array(
    v.looseObject({
      name: v.string(),
      metric: v.picklist(ALERT_METRICS),
      state: v.picklist(['ok', 'pending', 'firing', 'resolved']),
      since: v.nullable(time),
      value: v.nullable(v.number()),
    }),
  ),
  channels: v.array(
    v.looseObject({
      name: v.string(),
      type: v.string(),
      disabled: v.nullable(v.looseObject({ since: time, reason: v.string() })),
    }),
  ),
  deliveries: v.array(
    v.looseObject({
      id: v.string(),
      channel: v.string(),
      kind: v.string(),
      rule: v.nullable(v.string()),
      state: v.string(),
      attempts: v.number(),
      reason: v.nullable(v.string()),
      created: time,
      updated: time,
    }),
  ),
})

export const testAlertsSchema = v.looseObject({ messages: v.array(v.string()) })

export const sessionSchema = v.looseObject({
  operator: v.looseObject({ name: v.string(), kind: v.picklist(['full', 'read']) }),
  via: v.picklist(['token', 'session', 'access']),
  expires: v.nullable(time),
})

export const keysSchema = v.looseObject({
  room: roomName,
  keys: v.array(
    v.looseObject({
      id: about(v.string(), 'Names the key in the other calls.'),
      key: v.string(),
      link: v.optional(about(v.string(), 'The address with the key, if the order has one.')),
      person: v.optional(about(v.string(), 'The id of the order.')),
    }),
  ),
})

export const keySchema = v.looseObject({
  room: roomName,
  id: v.string(),
  uses: about(v.nullable(v.number()), 'Places that the key is good for; null: revoked before its first use.'),
  used: about(v.number(), 'In this run.'),
  number: about(v.nullable(v.number()), 'The live place of the last use; null: it has ended, or is none.'),
  expires: time,
  revoked: v.boolean(),
})

export const revokedKeySchema = v.looseObject({
  room: roomName,
  id: v.string(),
  ended: about(v.number(), 'Places that ended.'),
  more: about(v.boolean(), 'The key has more places: repeat the call.'),
})
