/** The routes of the Worker that the room is a part of, in place of an origin. */
import type { Next } from '../api.ts'
import type { RequestUrl } from '../http/request-url.ts'
import { PLAIN, type Site, type SiteOptions, type SiteOutcome, takeCommand, withTimeout } from './site.ts'

/** The error of a route, which the caller of the room must see as it is. */
export class RouteFailure extends Error {}

export class OwnRoutes implements Site {
  private readonly next: Next

  constructor(next: Next) {
    this.next = next
  }

  async fetch(_request: Request, url: RequestUrl, options: SiteOptions = PLAIN): Promise<SiteOutcome> {
    const answer = await this.answer(options)
    // A request that this room does not cover may belong to another room around it, which reads the
    // command.
    if (options.room === null) return { state: 'answered', response: answer, revokes: false }
    return { state: 'answered', ...takeCommand(answer, () => url.host) }
  }

  private async answer({ room, pass, onWaiting }: SiteOptions): Promise<Response> {
    const visit = room === null ? undefined : { room, number: pass?.token.number ?? null, pass: pass?.text ?? null }
    try {
      const answer = this.next(visit)
      if (!(answer instanceof Promise)) return answer
      // The platform limits how long the Worker itself may take.
      if (pass === null) return await answer
      return (await withTimeout(answer, Number.POSITIVE_INFINITY, onWaiting)) as Response
    } catch (error) {
      throw new RouteFailure('a route failed', { cause: error })
    }
  }
}
