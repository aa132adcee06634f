/**
 * What operators have a room do. Most actions are changes of settings under the name that operators use; the others touch the
 * line itself. Each is noted in the audit.
 */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { MAX_NUMBER } from '../../core/limits.ts'
import { problem } from '../../http/problem.ts'
import { ADMIT_NEXT_MAX } from '../../limits.ts'
import type { Command, CommandAnswer, Refusal } from '../../room/room-object.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { type PatchProblem, runtimeEntries, type SettingsPatch } from '../../settings/runtime-settings.ts'
import { readBody, unusable } from './body.ts'
import { NO_STORE, type Operation } from './operation.ts'
import { callerName } from './operator.ts'
import { actionSchema } from './schemas.ts'
import { etagOf, settingsJson } from './settings.ts'
import { ROOM_PARAMETER, withRoom } from './with-room.ts'

interface Action<S extends v.GenericSchema> {
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly body: S
  readonly bodyRequired?: boolean
  readonly example?: unknown
  /** Refusals of the room itself, or of what was sent. */
  readonly refusals?: Readonly<Record<number, string>>
  /** The command, or why there is none. */
  readonly command: (body: v.InferOutput<S>, room: RoomSettings) => Command | Response
}

const whole = (max: number) => {
  const message = `must be a whole number from 1 to ${max}`
  return v.pipe(v.number(message), v.integer(message), v.minValue(1, message), v.maxValue(max, message))
}
const nothing = v.strictObject({})
const onOff = v.strictObject({ on: v.optional(v.boolean('must be true or false'), true) })

const action = <S extends v.GenericSchema>(one: Action<S>): Operation => toOperation(one)

const set = (name: string, patch: SettingsPatch): Command => ({ kind: 'settings', action: name, patch, etag: null })

export const actionOperations: readonly Operation[] = [
  action({
    name: 'pause',
    summary: 'Nobody is admitted any more',
    description: 'Newcomers join the line, everyone keeps the place, and the page says that the line is paused.',
    body: nothing,
    command: () => set('pause', { paused: true }),
  }),
  action({
    name: 'resume',
    summary: 'Ends a pause',
    body: nothing,
    command: () => set('resume', { paused: false }),
  }),
  action({
    name: 'queue-all',
    summary: 'Everyone waits, newcomers always, even while there is room',
    description:
      'As the setting `queue_all`: nobody is admitted but by hand, with `admit-next`. `{"on": false}` ends it.',
    body: onOff,
    example: { on: true },
    command: ({ on }) => set('queue-all', { queue_all: on }),
  }),
  action({
    name: 'close',
    summary: 'Newcomers see a closed page, with the time of opening if there is one',
    description: 'Who is in line keeps the place and is admitted as before. At `opens_at` the room opens by itself.',
    body: v.strictObject({ opens_at: v.optional(v.nullable(runtimeEntries.opens_at), null) }),
    example: { opens_at: '2026-11-27T08:00:00Z' },
    refusals: { 400: 'A body that cannot be used, or an opening time that is over.' },
    command: ({ opens_at }) => set('close', { closed: true, opens_at }),
  }),
  action({
    name: 'open',
    summary: 'Newcomers may join again',
    body: nothing,
    command: () => set('open', { closed: false, opens_at: null }),
  }),
  action({
    name: 'suspend',
    summary: 'The room steps aside: everyone goes past it to the site',
    description: 'Learned by every isolate within about 5 seconds of traffic. `{"on": false}` puts the room back.',
    body: onOff,
    example: { on: true },
    command: ({ on }) => set('suspend', { suspended: on }),
  }),
  action({
    name: 'message',
    summary: 'A word to everyone in line; null takes it away',
    description: 'With `until` it is no longer told after that time. Without, it is told until it is taken away.',
    body: v.strictObject({
      text: v.nullable(runtimeEntries.message),
      until: v.optional(v.nullable(runtimeEntries.message_until), null),
    }),
    bodyRequired: true,
    example: { text: 'We are back at noon.', until: '2026-11-27T12:00:00Z' },
    command: ({ text, until }) => set('message', { message: text, message_until: text === null ? null : until }),
  }),
  action({
    name: 'admit-next',
    summary: 'Lets the next ones in by hand: past the rate, never over the capacity',
    description: 'Also under `queue-all`. `result.admitted` says how many there was room for.',
    body: v.strictObject({ count: v.optional(whole(ADMIT_NEXT_MAX), 1) }),
    example: { count: 10 },
    refusals: { 409: 'The room is paused or suspended.' },
    command: ({ count }) => ({ kind: 'admit-next', count }),
  }),
  action({
    name: 'revoke',
    summary: 'Ends one ticket: its place in line, or its session',
    description: 'A pass that is out opens the site until it ends: after 15 seconds by default, 60 at most.',
    body: v.strictObject({ number: whole(MAX_NUMBER) }),
    bodyRequired: true,
    example: { number: 4711 },
    refusals: { 404: 'No such room, or the number was never handed out in this run.', 409: 'It is gone already.' },
    command: ({ number }) => ({ kind: 'revoke', number }),
  }),
  action({
    name: 'reset',
    summary: 'Empties the room for good: everyone loses the place',
    description:
      'A new run begins with number 1, and every token of the old one is void. Settings, history and audit stay.',
    body: v.strictObject({ confirm: v.string('must be the name of the room') }),
    bodyRequired: true,
    example: { confirm: 'main' },
    refusals: { 400: '`confirm` is not the name of the room.' },
    command: ({ confirm }, room) => {
      if (confirm === room.name) return { kind: 'reset' }
      return problem(
        400,
        'Not confirmed',
        `Everyone in line loses the place. Send {"confirm": "${room.name}"} to do it.`,
      )
    },
  }),
]

function toOperation<S extends v.GenericSchema>(one: Action<S>): Operation {
  const { name, summary, description, body, bodyRequired = false, example, refusals } = one
  return {
    id: name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    method: 'post',
    path: `/rooms/{room}/actions/${name}`,
    tag: 'actions',
    summary,
    ...(description === undefined ? {} : { description }),
    needs: 'write',
    parameters: ROOM_PARAMETER,
    body: { schema: body, required: bodyRequired, ...(example === undefined ? {} : { example }) },
    answers: { 200: { description: 'Done, durably.', schema: actionSchema } },
    refusals: { 400: 'A body that cannot be used; each problem is named.', ...refusals },
    handle: withRoom((c, room) => act(c, room, one)),
  }
}

async function act<S extends v.GenericSchema>(
  c: Context<AppEnv>,
  room: RoomSettings,
  { name, body, command }: Action<S>,
): Promise<Response> {
  const read = await readBody(c, body)
  if (!read.ok) return read.refusal
  const asked = command(read.body, room)
  if (asked instanceof Response) return asked
  const answer: CommandAnswer = await c.var.deployment.stub(room).operate(room.name, asked, callerName(c))
  if (answer.state === 'refused') return refusalOf(answer.why)
  const done = { room: room.name, action: name, result: answer.result, settings: settingsJson(answer.settings) }
  return c.json(done, 200, { ...NO_STORE, ...etagOf(answer.settings) })
}

function refusalOf(why: Refusal | PatchProblem): Response {
  if (typeof why === 'object') return unusable([why])
  switch (why) {
    case 'paused':
      return problem(409, 'The room is paused', 'Nobody is admitted in a pause: resume first.')
    case 'suspended':
      return problem(409, 'The room is suspended', 'Everyone goes past it: end the suspension first.')
    case 'no-such-ticket':
      return problem(404, 'No such ticket', 'That number was not handed out in the run of now.')
    case 'gone-already':
      return problem(409, 'Gone already', 'That ticket holds no place and no session any more.')
    case 'changed-meanwhile':
      return problem(412, 'Changed meanwhile', 'Read the settings again.')
  }
}
