/** The package for Workers with Hono: `createWaitingRoom` with middleware and routes. */
import { Hono, type MiddlewareHandler } from 'hono'
import type { Visit, WaitingRoom, WaitingRoomOptions } from '../api.ts'
import { createWaitingRoom as create } from './index.ts'

export type * from './index.ts'

/** For `new Hono<{ Bindings: Env; Variables: WaitingRoomVariables }>()`. */
export interface WaitingRoomVariables {
  /** Undefined: no room covers the address, or the middleware did not run. */
  waitingRoom: Visit | undefined
}

export interface HonoWaitingRoom<E extends object> extends WaitingRoom<E> {
  /**
   * Calls `next()` for what the room lets through, with `c.get('waitingRoom')`, and adds the beacon
   * to its pages. Answers everything else, and the endpoints of the room if it sees their paths.
   */
  middleware(): MiddlewareHandler<{ Bindings: E; Variables: WaitingRoomVariables }>
  /** The endpoints of the room, for `app.route('/', room.routes())`. */
  routes(): Hono<{ Bindings: E }>
}

/**
 * Reads nothing before the first event, or the call of `check`.
 * @throws Error if the prefix cannot be one
 */
export function createWaitingRoom<E extends object = Cloudflare.Env>(
  options: WaitingRoomOptions<E> = {},
): HonoWaitingRoom<E> {
  const room = create(options)
  return {
    ...room,
    middleware: () =>
      async function waitingRoom(c, next) {
        const answer = await room.handle(c.req.raw, c.env, c.executionCtx, async (visit) => {
          c.set('waitingRoom', visit)
          await next()
          return c.res
        })
        if (c.finalized && answer === c.res) return
        // Otherwise Hono adds the headers of the present response to the next one.
        c.res = undefined
        c.res = answer
      },
    routes() {
      const app = new Hono<{ Bindings: E }>()
      app.all(`${room.prefix}/*`, (c) =>
        // A path such as "/__waiting-room/..;/shop" may be the site's.
        room.handle(c.req.raw, c.env, c.executionCtx, () => c.notFound()),
      )
      return app
    },
  }
}
