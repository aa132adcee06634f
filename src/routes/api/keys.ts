/** Makes, looks up and revokes access keys. Their texts are answered once and stored nowhere. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { firstLane, isKnownLane, REGULAR_NAME } from '../../core/lanes.ts'
import { problem } from '../../http/problem.ts'
import { ACCESS_KEY_USES_MAX, REVOKED_KEYS_MAX } from '../../limits.ts'
import { KEYS_BODY_MAX_BYTES, KEYS_PER_CALL_MAX } from '../../operators/limits.ts'
import type { KeyReport, RevokedKey } from '../../room/room-keys.ts'
import { toLaneRules } from '../../settings/lane-schema.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { oneOf, time, whole } from '../../settings/values.ts'
import { ACCESS_KEY_TYPES } from '../../tokens/access-key.ts'
import { type KeyOrder, keyLink, makeKeys, orderProblems } from '../../tokens/make-keys.ts'
import { invalidBody, readBody } from './body.ts'
import { isoTime, NO_STORE, type Operation, ROOM_PARAMETER, withRoom } from './operation.ts'
import { callerName } from './operator.ts'
import { keySchema, keysSchema, revokedKeySchema } from './operator-schemas.ts'

const orderSchema = v.strictObject({
  type: oneOf(ACCESS_KEY_TYPES),
  expires: time,
  count: v.optional(whole(1, KEYS_PER_CALL_MAX)),
  uses: v.optional(whole(1, ACCESS_KEY_USES_MAX), 1),
  lane: v.optional(v.string('must be the name of a lane')),
  counted: v.optional(v.boolean('must be true or false')),
  run: v.optional(whole(1, Number.MAX_SAFE_INTEGER)),
  persons: v.optional(v.array(v.string('must be a text'), 'must be a list of ids')),
  url: v.optional(v.string('must be an address')),
})

/** The names of the body, where they differ from those of an order. */
const BODY_KEY: Readonly<Partial<Record<keyof KeyOrder, string>>> = { expiresMs: 'expires' }

const ID = /^[\w-]{16}$/

const KEY_ID = {
  in: 'path',
  required: true,
  description: "The key's id.",
  schema: v.pipe(v.string(), v.regex(ID)),
  example: 'wy1F9fwsQRMrPiTI',
} as const

export const keyOperations: readonly Operation[] = [
  {
    id: 'makeKeys',
    method: 'post',
    path: '/rooms/{room}/keys',
    tag: 'keys',
    summary: 'Make access keys',
    description:
      'The answer has the keys, which are shown this once. The audit records how many of which type were made. With `persons`, each id gets a key; ids are neither stored nor part of the key.',
    needs: 'write',
    parameters: ROOM_PARAMETER,
    body: {
      schema: orderSchema,
      required: true,
      example: { type: 'invite', count: 2, expires: '2026-12-24T18:00:00Z', url: 'https://shop.example/' },
    },
    answers: { 201: { description: 'The keys.', schema: keysSchema } },
    refusals: { 400: 'Invalid body. Every problem is listed.' },
    handle: withRoom(make),
  },
  {
    id: 'getKey',
    method: 'get',
    path: '/rooms/{room}/keys/{id}',
    tag: 'keys',
    summary: 'The uses of an access key, and its live place',
    needs: 'read',
    parameters: { ...ROOM_PARAMETER, id: KEY_ID },
    answers: { 200: { description: 'The key.', schema: keySchema } },
    refusals: { 404: 'No such room, or the key was neither used nor revoked in this run.' },
    handle: withRoom(report),
  },
  {
    id: 'revokeKey',
    method: 'delete',
    path: '/rooms/{room}/keys/{id}',
    tag: 'keys',
    summary: 'Revoke an access key and end its places',
    description:
      'Also before its first use, and for all later runs. Visitors whom it lets past the room are stopped within 10 minutes. Repeat the call while `more` is true.',
    needs: 'write',
    parameters: {
      ...ROOM_PARAMETER,
      id: KEY_ID,
      keep_place: { in: 'query', description: 'true: its places stay.', schema: v.picklist(['true', 'false']) },
    },
    answers: { 200: { description: 'Revoked and stored durably.', schema: revokedKeySchema } },
    refusals: {
      400: 'Not an id, or `keep_place` is neither true nor false.',
      409: `${REVOKED_KEYS_MAX} revoked keys are remembered already.`,
    },
    handle: withRoom(revoke),
  },
]

async function make(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const read = await readBody(c, orderSchema, undefined, KEYS_BODY_MAX_BYTES)
  if (!read.ok) return read.refusal
  const { expires, count, url, type, uses, persons, lane, counted, run } = read.body
  const nowMs = Date.now()
  const order: KeyOrder = {
    room: room.name,
    type,
    count: count ?? persons?.length ?? 1,
    uses,
    expiresMs: Date.parse(expires),
    ...(lane === undefined ? {} : { lane }),
    ...(counted === undefined ? {} : { counted }),
    ...(run === undefined ? {} : { run }),
    ...(persons === undefined ? {} : { persons }),
  }
  const found = orderProblems(order, KEYS_PER_CALL_MAX, nowMs)
  const problems = found.map(({ key, problem: text }) => ({ key: BODY_KEY[key] ?? key, problem: text }))
  if (url !== undefined && keyLink(url, '') === null) {
    problems.push({ key: 'url', problem: 'must be an address such as https://shop.example/' })
  }
  if (type === 'priority' && !isKnownLane(lane ?? firstLane(room.lanes) ?? REGULAR_NAME, toLaneRules(room.lanes))) {
    const names = room.lanes.map(({ name }) => name).join(', ')
    problems.push({ key: 'lane', problem: `must be a lane of the room's settings, which has ${names || 'none'}` })
  }
  if (problems.length > 0) return invalidBody(problems)
  const { keys, accessKeys, stub } = c.var.deployment
  const made = await makeKeys(order, keys, accessKeys, nowMs)
  await stub(room).auditKeys(room.name, { type, count: made.length, uses, expires }, callerName(c))
  const texts = made.map(({ id, key, person }) => ({
    id,
    key,
    ...(url === undefined ? {} : { link: keyLink(url, key) }),
    ...(person === null ? {} : { person }),
  }))
  return c.json({ room: room.name, keys: texts }, 201, NO_STORE)
}

async function report(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const known: KeyReport | null = await c.var.deployment.stub(room).accessKey(id)
  if (known === null) {
    return problem(404, 'No such key', 'The room knows keys that were used or revoked in this run, until they expire.')
  }
  const { expiresMs, ...rest } = known
  return c.json({ room: room.name, id, ...rest, expires: isoTime(expiresMs) }, 200, NO_STORE)
}

async function revoke(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const keep = c.req.query('keep_place') ?? 'false'
  if (!ID.test(id)) return problem(400, 'Bad id', 'The id of a key has 16 characters. It is not the key itself.')
  if (keep !== 'true' && keep !== 'false') return problem(400, 'Bad query', '"keep_place" must be true or false.')
  const revoked: RevokedKey | null = await c.var.deployment
    .stub(room)
    .revokeAccessKey(room.name, id, keep === 'true', callerName(c))
  if (revoked === null) {
    return problem(409, 'Too many revoked keys', 'Rotate SIGNING_KEYS, which voids all keys signed with the old one.')
  }
  return c.json({ room: room.name, id, ...revoked }, 200, NO_STORE)
}
