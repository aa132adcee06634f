/**
 * One operation of the API: its parameters, answers, required permission and handler. Both the
 * routes and the OpenAPI document are generated from the list of operations, so they cannot differ.
 */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import { logError } from '../../log/log.ts'
import type { RoomSettings } from '../../settings/rooms.ts'

/** `write`: for operators of kind `full` only. */
export type Need = 'read' | 'write'

type Schema = v.GenericSchema

export interface Parameter {
  readonly in: 'path' | 'query' | 'header'
  readonly description: string
  readonly schema: Schema
  readonly required?: boolean
  readonly example?: string | number
}

export interface Answer {
  readonly description: string
  readonly schema?: Schema
  /** Media types, `application/json` by default. All others are described as text. */
  readonly types?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

export interface Operation {
  readonly id: string
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Below `/api/v1`, parameters in braces. */
  readonly path: string
  readonly tag: 'rooms' | 'figures' | 'settings' | 'actions' | 'events' | 'keys' | 'alerts' | 'session'
  readonly summary: string
  readonly description?: string
  /** `nobody`: no credentials are needed. */
  readonly needs: Need | 'nobody'
  readonly parameters?: Readonly<Record<string, Parameter>>
  readonly body?: { readonly schema: Schema; readonly required: boolean; readonly example?: unknown }
  readonly answers: Readonly<Record<number, Answer>>
  /** Refusals in addition to those that every operation has. */
  readonly refusals?: Readonly<Record<number, string>>
  readonly handle: Handler
}

export type Handler = (c: Context<AppEnv>) => Promise<Response> | Response

export type RoomHandler = (c: Context<AppEnv>, room: RoomSettings) => Promise<Response>

export const NO_STORE = { 'Cache-Control': 'no-store' }

/**
 * Wraps the handler of one room: answers when the room does not exist or its object is unreachable.
 */
export function withRoom(handle: RoomHandler): Handler {
  return async function roomOperation(c) {
    const room = await roomOf(c)
    if (room === undefined) {
      return problem(404, 'No such room', `GET ${c.var.deployment.prefix}/api/v1/rooms lists the rooms.`)
    }
    return whenReached('room', c, () => handle(c, room), { room: room.name })
  }
}

/** Answers when the object that `work` calls cannot be reached. */
export async function whenReached(
  object: 'room' | 'directory',
  c: Context<AppEnv>,
  work: () => Promise<Response>,
  logged: { readonly room?: string } = {},
): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    logError('api_failed', error, logged)
    const detail = 'The call may or may not have taken effect. Read the room before you retry.'
    return problem(503, `The ${object} cannot be reached`, c.req.method === 'GET' ? undefined : detail, {
      'Retry-After': '5',
    })
  }
}

/** A room that this isolate does not know may have been created a moment ago. */
async function roomOf(c: Context<AppEnv>): Promise<RoomSettings | undefined> {
  const named = () => c.var.deployment.routes.named(c.req.param('room') ?? '')
  const known = named()
  const { directory } = c.var.deployment
  if (known !== undefined || directory === null) return known
  try {
    c.set('deployment', await directory.latest())
  } catch (error) {
    logError('directory_unreachable', error)
  }
  return named()
}

export const ROOM_PARAMETER: Readonly<Record<'room', Parameter>> = {
  room: {
    in: 'path',
    required: true,
    description: "The room's `name` in the settings.",
    schema: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,32}$/)),
    example: 'main',
  },
}

const WHOLE = /^\d{1,15}$/

/** A whole number as text. */
export const wholeText = v.pipe(v.string(), v.regex(WHOLE))

/** Null: the text is no whole number. */
export function wholeOf(text: string): number | null {
  return WHOLE.test(text) ? Number(text) : null
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

export function isoTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms)
}
