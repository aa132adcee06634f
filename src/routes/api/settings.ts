/** The runtime settings of a room: read with an ETag, and changed only with the current one. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import type { CommandAnswer, SettingsView } from '../../room/room-object.ts'
import { roomEntries } from '../../settings/room-schema.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { RUNTIME_KEYS, type RuntimeKey, runtimeEntries, type SettingsPatch } from '../../settings/runtime-settings.ts'
import { invalidBody, readBody } from './body.ts'
import { isoTime, NO_STORE, type Operation, ROOM_PARAMETER, withRoom } from './operation.ts'
import { callerName } from './operator.ts'
import { settingsSchema } from './schemas.ts'

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

const ETAG = { ETag: 'The entity tag of these settings. Send it as If-Match with the next change.' }

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
      'If-Match': {
        in: 'header',
        required: true,
        description:
          'The ETag of the settings that the change is based on (any of several may match; weak ones never do), or `*` for any.',
        schema: v.string(),
        example: '"3-811c9dc5"',
      },
    },
    body: { schema: patchSchema, required: true, example: { total_active_users: 150, message: 'Doors open at 10' } },
    answers: { 200: { description: 'The effective settings, stored durably.', schema: settingsSchema, headers: ETAG } },
    refusals: {
      400: 'An unknown setting, a value out of bounds or a time in the past (each is listed), or an If-Match that is not a list of ETags.',
      412: 'Someone else has changed the settings: read them again.',
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
    return problem(428, 'If-Match is required', 'Read the settings, and send their ETag as If-Match with the change.')
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
  if (typeof answer.why === 'object') return invalidBody([answer.why])
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

/**
 * Headers for an answer with settings. `no-transform`: compression by a proxy would weaken the tag,
 * and weak tags never match.
 */
export function etagOf({ etag }: SettingsView) {
  return { ETag: `"${etag}"`, 'Cache-Control': 'no-store, no-transform' }
}

/** A receiver's URL may contain a secret. */
const HIDDEN = ['stats_push_url']

/** The settings with their times as ISO 8601 text. */
export function settingsJson({ settings }: SettingsView) {
  return Object.fromEntries(
    Object.entries(settings).map(([key, { value, deployed, override }]) => {
      const set = override === null ? null : { at: isoTime(override.atMs), by: override.by }
      return [key, { value, deployed, override: set }]
    }),
  )
}

/** Opaque tags contain no double quote, but may contain a comma. */
const ENTITY_TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g

/**
 * `tags`: the strong entity tags of the header. Weak ones never match, so the list may be empty.
 */
type IfMatch =
  | { readonly kind: 'any' }
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'malformed' }

/** `If-Match` as defined by RFC 9110, section 13.1.1. */
function parseIfMatch(header: string): IfMatch {
  if (header.trim() === '*') return { kind: 'any' }
  const found = [...header.matchAll(ENTITY_TAG)]
  const between = header.replace(ENTITY_TAG, '')
  if (found.length === 0 || !/^[\s,]*$/.test(between)) return { kind: 'malformed' }
  return { kind: 'tags', tags: found.filter(([, weak]) => weak === undefined).map(([, , tag = '']) => tag) }
}
