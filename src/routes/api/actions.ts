/**
 * Actions on a room. Most of them change a runtime setting; the others act on the line itself. The
 * audit records each one.
 */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { MAX_NUMBER } from '../../core/limits.ts'
import { problem } from '../../http/problem.ts'
import { ADMIT_NEXT_MAX } from '../../operators/limits.ts'
import type { Command, CommandAnswer, Refusal } from '../../room/room-object.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { type PatchProblem, runtimeEntries, type SettingsPatch } from '../../settings/runtime-settings.ts'
import { invalidBody, readBody } from './body.ts'
import { tagHeaders } from './if-match.ts'
import { type Operation, ROOM_PARAMETER, withRoom } from './operation.ts'
import { callerName } from './operator.ts'
import { actionSchema } from './operator-schemas.ts'
import { settingsJson } from './settings.ts'

interface Action<S extends v.GenericSchema> {
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly body: S
  readonly bodyRequired?: boolean
  readonly example?: unknown
  /** Refusals in addition to those that every action has. */
  readonly refusals?: Readonly<Record<number, string>>
  /** The command for the room, or a refusal. */
  readonly command: (body: v.InferOutput<S>, room: RoomSettings) => Command | Response
}

const whole = (max: number) => {
  const message = `must be a whole number from 1 to ${max}`
  return v.pipe(v.number(message), v.integer(message), v.minValue(1, message), v.maxValue(max, message))
}
const nothing = v.strictObject({})
const onOff = v.strictObject({ on: v.optional(v.boolean('must be true or false'), true) })

const set = (name: string, patch: SettingsPatch): Command => ({ kind: 'settings', action: name, patch, etag: null })

export const actionOperations: readonly Operation[] = [
  operationOf({
    name: 'pause',
    summary: 'Stop admitting visitors',
    description: 'New visitors join the line, everyone keeps their place, and the page says that the line is paused.',
    body: nothing,
    command: () => set('pause', { paused: true }),
  }),
  operationOf({
    name: 'resume',
    summary: 'End a pause',
    body: nothing,
    command: () => set('resume', { paused: false }),
  }),
  operationOf({
    name: 'queue-all',
    summary: 'Make everyone wait, even while slots are free',
    description: 'Sets `queue_all`: visitors are admitted only by hand, with `admit-next`. `{"on": false}` ends it.',
    body: onOff,
    example: { on: true },
    command: ({ on }) => set('queue-all', { queue_all: on }),
  }),
  operationOf({
    name: 'close',
    summary: 'Turn new visitors away with a page that shows the opening time, if set',
    description:
      'Visitors in line keep their place and are admitted as before. At `opens_at` the room opens automatically.',
    body: v.strictObject({ opens_at: v.optional(v.nullable(runtimeEntries.opens_at), null) }),
    example: { opens_at: '2026-11-27T08:00:00Z' },
    refusals: { 400: 'Invalid body, or an opening time in the past.' },
    command: ({ opens_at }) => set('close', { closed: true, opens_at }),
  }),
  operationOf({
    name: 'open',
    summary: 'Let new visitors join again',
    body: nothing,
    command: () => set('open', { closed: false, opens_at: null }),
  }),
  operationOf({
    name: 'suspend',
    summary: 'Switch the room off: everyone goes straight to the site',
    description: 'Reaches every isolate within about 5 seconds of traffic. `{"on": false}` switches the room on again.',
    body: onOff,
    example: { on: true },
    command: ({ on }) => set('suspend', { suspended: on }),
  }),
  operationOf({
    name: 'sold-out',
    summary: 'Stop admission for good and tell everyone that everything is sold',
    description:
      'New visitors are turned away; visitors in line keep their place until they leave. `{"on": false}` ends it.',
    body: onOff,
    example: { on: true },
    command: ({ on }) => set('sold-out', { sold_out: on }),
  }),
  operationOf({
    name: 'message',
    summary: 'Show a message to everyone in line; null removes it',
    description: 'With `until`, the message ends at that time. Without it, the message is shown until it is removed.',
    body: v.strictObject({
      text: v.nullable(runtimeEntries.message),
      until: v.optional(v.nullable(runtimeEntries.message_until), null),
    }),
    bodyRequired: true,
    example: { text: 'We are back at noon.', until: '2026-11-27T12:00:00Z' },
    command: ({ text, until }) => set('message', { message: text, message_until: text === null ? null : until }),
  }),
  operationOf({
    name: 'admit-next',
    summary: 'Admit the next visitors by hand: regardless of the rate, within the capacity',
    description: 'Also works under `queue-all`. `result.admitted` is the number of visitors admitted.',
    body: v.strictObject({ count: v.optional(whole(ADMIT_NEXT_MAX), 1) }),
    example: { count: 10 },
    refusals: { 409: 'The room is paused, suspended or sold out, or its event has not started.' },
    command: ({ count }) => ({ kind: 'admit-next', count }),
  }),
  operationOf({
    name: 'revoke',
    summary: 'End one ticket: its place in line or its session',
    description: 'An issued pass remains valid until it expires: after 15 seconds by default, 60 at most.',
    body: v.strictObject({ number: whole(MAX_NUMBER) }),
    bodyRequired: true,
    example: { number: 4711 },
    refusals: {
      404: 'No such room, or a number that was not issued in this run.',
      409: 'The ticket has already ended.',
    },
    command: ({ number }) => ({ kind: 'revoke', number }),
  }),
  operationOf({
    name: 'reset',
    summary: 'Empty the room: everyone loses their place',
    description:
      'Starts a new run at number 1 and voids every token of the old run. Keeps settings, history and audit.',
    body: v.strictObject({ confirm: v.string('must be the name of the room') }),
    bodyRequired: true,
    example: { confirm: 'main' },
    refusals: { 400: '`confirm` is not the name of the room.' },
    command: ({ confirm }, room) => {
      if (confirm === room.name) return { kind: 'reset' }
      return problem(
        400,
        'Not confirmed',
        `Everyone in line loses their place. Send {"confirm": "${room.name}"} to confirm.`,
      )
    },
  }),
]

function operationOf<S extends v.GenericSchema>(action: Action<S>): Operation {
  const { name, summary, description, body, bodyRequired = false, example, refusals } = action
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
    answers: { 200: { description: 'Done and stored durably.', schema: actionSchema } },
    refusals: { 400: 'Invalid body. Every problem is listed.', ...refusals },
    handle: withRoom((c, room) => act(c, room, action)),
  }
}

async function act<S extends v.GenericSchema>(
  c: Context<AppEnv>,
  room: RoomSettings,
  { name, body, command }: Action<S>,
): Promise<Response> {
  const read = await readBody(c, body)
  if (!read.ok) return read.refusal
  const request = command(read.body, room)
  if (request instanceof Response) return request
  const answer: CommandAnswer = await c.var.deployment.stub(room).operate(room.name, request, callerName(c))
  if (answer.state === 'refused') return refusalOf(answer.why)
  const done = { room: room.name, action: name, result: answer.result, settings: settingsJson(answer.settings) }
  return c.json(done, 200, tagHeaders(answer.settings.etag))
}

function refusalOf(why: Refusal | PatchProblem): Response {
  if (typeof why === 'object') return invalidBody([why])
  switch (why) {
    case 'paused':
      return problem(409, 'The room is paused', 'Resume the room first.')
    case 'suspended':
      return problem(409, 'The room is suspended', 'End the suspension first.')
    case 'sold-out':
      return problem(409, 'Everything is sold', 'End "sold out" first.')
    case 'lobby':
      return problem(409, 'The event has not started', 'Nobody is admitted before it: wait, or start the event now.')
    case 'no-such-ticket':
      return problem(404, 'No such ticket', 'That number was not issued in the current run.')
    case 'gone-already':
      return problem(409, 'Already ended', 'That ticket no longer holds a place or a session.')
    case 'changed-meanwhile':
      return problem(412, 'Changed meanwhile', 'Read the settings again.')
  }
}
