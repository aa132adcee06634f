/** For Hono, on any runtime. */
import { type Guard, toResponse } from './guard.ts'
import type { WaitUntil } from './key-set.ts'
import type { Admission } from './verify-token.ts'

interface HonoContext {
  readonly req: { readonly raw: Request }
  /** Throws outside of Workers. */
  readonly executionCtx: { waitUntil(pending: Promise<unknown>): void }
  set(key: 'waitingRoom', value: Admission | null): void
}

type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined>

/** For `new Hono<{ Variables: WaitingRoomVariables }>()`. */
export interface WaitingRoomVariables {
  waitingRoom: Admission | null
}

/** `app.use(honoMiddleware(guard))`. Handlers read `c.get('waitingRoom')`. */
export function honoMiddleware(guard: Guard): HonoMiddleware {
  return async function checkAdmission(context, next) {
    const verdict = await guard.check(context.req.raw, waitUntilOf(context))
    if (!verdict.admitted) return toResponse(verdict.answer)
    context.set('waitingRoom', verdict.admission)
    await next()
    return undefined
  }
}

function waitUntilOf(context: HonoContext): WaitUntil | undefined {
  try {
    const { executionCtx } = context
    return (pending) => executionCtx.waitUntil(pending)
  } catch {
    return undefined
  }
}
