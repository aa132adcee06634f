/** The runtime settings of a room: read with an ETag, and changed only with the current one. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import type { CommandAnswer, SettingsView } from '../../room/room-object.ts'
import { roomEntries } from '../../settings/room-schema.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { RUNTIME_KEYS, type RuntimeKey, runtimeEntries, type SettingsPatch } from '../../settings/runtime-settings.ts'
import { invalidBody, readBody } from './body.ts'
import { changedMeanwhile, ETAG, IF_MATCH_PARAMETER, IF_MATCH_REFUSALS, readIfMatch, tagHeaders } from './if-match.ts'
import { isoTime, type Operation, ROOM_PARAMETER, withRoom } from './operation.ts'
import { callerName } from './operator.ts'
import { settingsSchema } from './operator-schemas.ts'

const patchEntries = Object.fromEntries(
  RUNTIME_KEYS.map((key) => [key, v.optional(v.nullable(runtimeEntries[key] as v.GenericSchema))]),
) as Record<RuntimeKey, v.OptionalSchema<v.NullableSchema<v.GenericSchema, undefined>, undefined>>

const patchSchema = v.pipe(
  v.strictObject(patchEntries),
  v.check((patch) => Object.keys(patch).length > 0, 'Name at least one setting'),
)

/** The problem with a key that is not a runtime setting. */
function unknownSetting(key: string): string {
  const isDeployed = Object.hasOwn(roomEntries, key)
  return isDeployed ? 'can only be changed by a deploy: set it in wrangler.toml' : 'is an unknown setting'
}

export const settingsOperations: readonly Operation[] = [
  {
    id: 'getSettings',
    method: 'get',
    path: '/rooms/{room}/settings',
    tag: 'settings',
    summary: 'Get the settings of a room: effective and deployed values, and who changed them',
    needs: 'read',
    parameters: ROOM_PARAMETER,
    answers: { 200: { description: 'The settings.', schema: settingsSchema, headers: ETAG } },
    handle: withRoom(getSettings),
  },
  {
    id: 'changeSettings',
    method: 'patch',
    path: '/rooms/{room}/settings',
    tag: 'settings',
    summary: 'Change settings while the room runs',
    description:
      'A value overrides the deployed one, and `null` clears the override. An override survives deploys and holds until it is cleared or until the deployed value of the same key changes.',
    needs: 'write',
    parameters: {
      ...ROOM_PARAMETER,
      'If-Match': IF_MATCH_PARAMETER,
    },
    body: { schema: patchSchema, required: true, example: { total_active_users: 150, message: 'Doors open at 10' } },
    answers: { 200: { description: 'The effective settings, stored durably.', schema: settingsSchema, headers: ETAG } },
    refusals: {
      400: 'An unknown setting, a value out of bounds or a time in the past (each is listed), or an If-Match that is not a list of ETags.',
      ...IF_MATCH_REFUSALS,
    },
    handle: withRoom(changeSettings),
  },
]

async function getSettings(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  return settingsAnswer(c, room, await c.var.deployment.stub(room).settings(room.name))
}

async function changeSettings(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const etag = readIfMatch(c)
  if (etag instanceof Response) return etag
  const read = await readBody(c, patchSchema, unknownSetting)
  if (!read.ok) return read.refusal
  const patch = read.body as SettingsPatch
  const command = { kind: 'settings', action: 'settings', patch, etag } as const
  const answer: CommandAnswer = await c.var.deployment.stub(room).operate(room.name, command, callerName(c))
  if (answer.state === 'done') return settingsAnswer(c, room, answer.settings)
  if (typeof answer.why === 'object') return invalidBody([answer.why])
  return changedMeanwhile(answer.settings.etag)
}

function settingsAnswer(c: Context<AppEnv>, room: RoomSettings, view: SettingsView): Response {
  const deployedOnly = Object.fromEntries(
    Object.entries(room).filter(([key]) => !(RUNTIME_KEYS as string[]).includes(key) && key !== SECRET_KEY),
  )
  const body = { room: room.name, settings: settingsJson(view), deployedOnly }
  return c.json(body, 200, tagHeaders(view.etag))
}

/** A receiver's URL may contain a secret. */
export const SECRET_KEY = 'stats_push_url'

/** The settings with their times as ISO 8601 text. */
export function settingsJson({ settings }: SettingsView) {
  return Object.fromEntries(
    Object.entries(settings).map(([key, { value, deployed, override }]) => {
      const set = override === null ? null : { at: isoTime(override.atMs), by: override.by }
      return [key, { value, deployed, override: set }]
    }),
  )
}
