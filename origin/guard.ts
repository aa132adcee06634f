/** The interface of guards and adapters: whether a request goes on, and its answer if not. */
import type { IncomingRequest } from './incoming.ts'
import type { WaitUntil } from './key-set.ts'
import type { Admission } from './verify-token.ts'

/** Made by `requirePass` or `redirectMode`. */
export interface Guard {
  check(request: IncomingRequest, waitUntil?: WaitUntil): Promise<Verdict>
}

export type Verdict =
  /** `admission` null: the request needs none, such as one for a static file. */
  | { readonly admitted: true; readonly admission: Admission | null }
  | { readonly admitted: false; readonly answer: Answer }

export interface Answer {
  readonly status: number
  /** A list, because `Set-Cookie` may occur twice. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

interface ProblemDetails {
  readonly detail: string
  readonly headers?: Answer['headers']
  /** Extension members. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** Problem details (RFC 9457), never cached. */
export function problemAnswer(
  status: number,
  title: string,
  { detail, headers = [], more = {} }: ProblemDetails,
): Answer {
  return {
    status,
    headers: [...headers, ['Content-Type', 'application/problem+json'], ['Cache-Control', 'no-store']],
    body: JSON.stringify({ type: 'about:blank', title, status, detail, ...more }),
  }
}

/** An answer as a Web `Response`. */
export function toResponse({ status, headers, body }: Answer): Response {
  const fields = new Headers()
  for (const [name, value] of headers) fields.append(name, value)
  return new Response(body === '' ? null : body, { status, headers: fields })
}
