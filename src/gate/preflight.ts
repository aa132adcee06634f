/**
 * CORS preflights: what a browser asks of the site before a script of another origin may call it. They carry no cookie, so
 * nobody's pass is seen, and no page waits in line for them.
 */
import { canonicalName } from '../origin/request-headers.ts'
import { TOKEN_HEADER } from '../tokens/token-cookie.ts'
import { limitedPollSeconds } from './poll-interval.ts'

/**
 * Whether a request can be a browser's preflight (Fetch, "CORS-preflight fetch"): it names an origin, and has neither
 * credentials nor a body. Any other `OPTIONS` request is a request like all others.
 */
export function isPreflight({ method, headers, body }: Request): boolean {
  if (method !== 'OPTIONS') return false
  if (!headers.has('Access-Control-Request-Method') || !headers.has('Origin')) return false
  if (CREDENTIALS.some((name) => headers.has(name)) || headers.has('Upgrade')) return false
  // The runtime gives a request with a length of 0 an empty body.
  const isEmpty = headers.get('Content-Length') === '0' && !headers.has('Transfer-Encoding')
  return isEmpty || body === null
}

/** By these an origin takes the request for another method. */
const METHOD_OVERRIDES: readonly string[] = ['x-http-method-override', 'x-http-method', 'x-method-override']

const CREDENTIALS = ['Cookie', 'Authorization', TOKEN_HEADER]

/** The preflight as it goes to the site: no body, and no header that makes it more than an `OPTIONS` request. */
export function barePreflight({ url, method, headers }: Request): Request {
  const kept = [...headers].filter(([name]) => !METHOD_OVERRIDES.includes(canonicalName(name)))
  const bare = new Request(url, { method, headers: kept, redirect: 'manual' })
  bare.headers.delete('Content-Length')
  return bare
}

/** For an address that sends too many. The text is for whoever reads the network log of the browser. */
export function tooManyPreflights(): Response {
  return new Response('Too many preflight requests from this address. Try again later.\n', {
    status: 429,
    headers: { 'Cache-Control': 'no-store', 'Retry-After': String(limitedPollSeconds(Math.random())) },
  })
}
