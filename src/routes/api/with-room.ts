/** What every operation of one room starts with: the room is there, and its object can be reached. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import { logError } from '../../log/log.ts'
import type { Handler, Parameter, RoomHandler } from './operation.ts'

export function withRoom(handle: RoomHandler): Handler {
  return async function roomOperation(c: Context<AppEnv>) {
    const name = c.req.param('room')
    const room = c.var.deployment.rooms.find((one) => one.name === name)
    if (room === undefined) {
      return problem(404, 'No such room', 'GET /__waiting-room/api/v1/rooms lists the rooms there are.')
    }
    try {
      return await handle(c, room)
    } catch (error) {
      logError('api_failed', error, { room: room.name })
      const detail = 'Nothing is known of what became of the call: read the room before you send it again.'
      return problem(503, 'The room cannot be reached', c.req.method === 'GET' ? undefined : detail, {
        'Retry-After': '5',
      })
    }
  }
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
