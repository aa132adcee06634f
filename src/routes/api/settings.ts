/** The settings that operators change while a room runs: read with an ETag, changed only by who has seen the newest. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import type { CommandAnswer, SettingsView } from '../../room/room-object.ts'
import { roomEntries } from '../../settings/room-schema.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { RUNTIME_KEYS, type RuntimeKey, runtimeEntries, type SettingsPatch } from '../../settings/runtime-settings.ts'
import { readBody, unusable } from './body.ts'
import { parseIfMatch } from './if-match.ts'
import { isoTime } from './iso-time.ts'
import { NO_STORE, type Operation } from './operation.ts'
import { callerName } from './operator.ts'
import { settingsSchema } from './schemas.ts'
import { ROOM_PARAMETER, withRoom } from './with-room.ts'

const patchEntries = Object.fromEntries(
  RUNTIME_KEYS.map((key) => [key, v.optional(v.nullable(runtimeEntries[key] as v.GenericSchema))]),
) as Record<RuntimeKey, v.OptionalSchema<v.NullableSchema<v.GenericSchema, undefined>, undefined>>

const patchSchema = v.pipe(
  v.strictObject(patchEntries),
  v.check((patch) => Object.keys(patch).length > 0, 'Name at least one setting'),
)

/** The problem with a key that cannot be changed here. */
function unknownSetting(key: string): string {
  const isDeployed = Object.hasOwn(roomEntries, key)
  return isDeployed ? 'is changed by a deploy alone: set it in wrangler.toml' : 'is an unknown setting'
}

const ETAG = { ETag: 'Of the settings as answered; send it as If-Match with the next change.' }

export const settingsOperations: readonly Operation[] = [
  {
    id: 'getSettings',
    method: 'get',
    path: '/rooms/{room}/settings',
    tag: 'settings',
    summary: 'The settings of a room: as they hold, as deployed, and who changed them',
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
    summary: 'Changes settings while the room runs',
    description:
      'A value overrides what is deployed, `null` clears the override. An override survives deploys and holds until it is cleared, or until the deployed value of that very key changes.',
    needs: 'write',
    parameters: {
      ...ROOM_PARAMETER,
      'If-Match': {
        in: 'header',
        required: true,
        description:
          'The ETag of the settings that the change was made from (of several, any may match; weak ones never do), or `*` for whatever they are.',
        schema: v.string(),
        example: '"3-811c9dc5"',
      },
    },
    body: { schema: patchSchema, required: true, example: { total_active_users: 150, message: 'Doors open at 10' } },
    answers: { 200: { description: 'The settings as they hold now, durably.', schema: settingsSchema, headers: ETAG } },
    refusals: {
      400: 'An unknown setting, a value out of bounds or a time that is over (each is named), or an If-Match that is no list of ETags.',
      412: 'Someone else has changed the settings meanwhile: read them again.',
      428: 'If-Match is missing.',
    },
    handle: withRoom(changeSettings),
  },
]

async function getSettings(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  return settingsAnswer(c, room, await c.var.deployment.stub(room).settings(room.name))
}

async function changeSettings(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const header = c.req.header('If-Match')
  if (header === undefined) {
    return problem(428, 'If-Match is needed', 'Read the settings, and send their ETag as If-Match with the change.')
  }
  const match = parseIfMatch(header)
  if (match.kind === 'malformed') {
    return problem(400, 'Bad If-Match', 'Send the ETag of the settings with its double quotes, or * for any.')
  }
  const read = await readBody(c, patchSchema, unknownSetting)
  if (!read.ok) return read.refusal
  const patch = read.body as SettingsPatch
  const etag = match.kind === 'any' ? null : match.tags
  const command = { kind: 'settings', action: 'settings', patch, etag } as const
  const answer: CommandAnswer = await c.var.deployment.stub(room).operate(room.name, command, callerName(c))
  if (answer.state === 'done') return settingsAnswer(c, room, answer.settings)
  if (typeof answer.why === 'object') return unusable([answer.why])
  return problem(
    412,
    'Changed meanwhile',
    'Read the settings again, and send the new ETag as If-Match.',
    etagOf(answer.settings),
  )
}

function settingsAnswer(c: Context<AppEnv>, room: RoomSettings, view: SettingsView): Response {
  const deployedOnly = Object.fromEntries(
    Object.entries(room).filter(([key]) => !(RUNTIME_KEYS as string[]).includes(key) && !HIDDEN.includes(key)),
  )
  const body = { room: room.name, settings: settingsJson(view), deployedOnly }
  return c.json(body, 200, { ...NO_STORE, ...etagOf(view) })
}

/** As headers. Compression on the way would weaken the tag, and a weak one never matches. */
export function etagOf({ etag }: SettingsView) {
  return { ETag: `"${etag}"`, 'Cache-Control': 'no-store, no-transform' }
}

/** A URL may carry what only its receiver should know. */
const HIDDEN = ['stats_push_url']

/** Times as text, like everywhere in the API. */
export function settingsJson({ settings }: SettingsView) {
  return Object.fromEntries(
    Object.entries(settings).map(([key, { value, deployed, override }]) => {
      const set = override === null ? null : { at: isoTime(override.atMs), by: override.by }
      return [key, { value, deployed, override: set }]
    }),
  )
}
