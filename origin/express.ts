/** For Express, Connect and plain `node:http` servers. */
import type { Answer, Guard } from './guard.ts'
import type { IncomingRequest } from './incoming.ts'
import type { Admission } from './verify-token.ts'

export interface NodeRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Express: the target before a router removed its own path from `url`. */
  readonly originalUrl?: string | undefined
  /** Set by the middleware. Null: the request needs no admission. */
  waitingRoom?: Admission | null
}

export interface NodeResponse {
  statusCode: number
  setHeader(name: string, value: string | readonly string[]): unknown
  end(body: string): unknown
}

type ExpressMiddleware = (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void) => void

/** `app.use(expressMiddleware(guard))`. Handlers read `request.waitingRoom`. */
export function expressMiddleware(guard: Guard): ExpressMiddleware {
  return function checkAdmission(request, response, next) {
    guard.check(incomingOf(request)).then((verdict) => {
      if (!verdict.admitted) return send(response, verdict.answer)
      request.waitingRoom = verdict.admission
      next()
    }, next)
  }
}

function incomingOf({ headers, method, url, originalUrl }: NodeRequest): IncomingRequest {
  return { headers, method, url: originalUrl ?? url }
}

function send(response: NodeResponse, { status, headers, body }: Answer): void {
  response.statusCode = status
  const fields = new Map<string, string[]>()
  for (const [name, value] of headers) fields.set(name, [...(fields.get(name) ?? []), value])
  for (const [name, values] of fields) response.setHeader(name, values.length === 1 ? (values[0] as string) : values)
  response.end(body)
}
