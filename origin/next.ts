/** For the middleware of Next.js (`middleware.ts`, from Next 16 on `proxy.ts`). */
import { type Guard, toResponse } from './guard.ts'

interface NextFetchEvent {
  waitUntil(pending: Promise<unknown>): void
}

type NextMiddleware = (request: Request, event?: NextFetchEvent) => Promise<Response | undefined>

/**
 * `export const middleware = nextMiddleware(guard)`. Without an answer, Next goes on to the page. A
 * `matcher` in its `config` chooses the paths.
 */
export function nextMiddleware(guard: Guard): NextMiddleware {
  return async function checkAdmission(request, event) {
    const verdict = await guard.check(request, event && ((pending) => event.waitUntil(pending)))
    return verdict.admitted ? undefined : toResponse(verdict.answer)
  }
}
