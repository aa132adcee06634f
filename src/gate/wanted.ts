/**
 * What a request wants of a covered URL: a page, JSON, or something that must not cost a ticket.
 */
import Negotiator from 'negotiator'
import { ACCEPT_KEPT_MAX_CHARS, ACCEPTS_KEPT_MAX } from '../limits.ts'
import { keep } from '../memory.ts'

/**
 * `page`, `json`: someone asks for it and may join. `frame`: a page inside another one, where our cookie may not be kept.
 * `nothing`: images, scripts, forms, probes, prefetches: they spend no ticket and get no page.
 */
export type Wanted = 'page' | 'json' | 'frame' | 'nothing'

export function wantedOf(request: Request): Wanted {
  const { headers, method } = request
  if (method !== 'GET' || headers.has('Upgrade') || isSpeculative(headers)) return 'nothing'
  const destination = headers.get('Sec-Fetch-Dest')
  // No browser: these say all or none. Node's fetch says the mode alone, whatever it is used for.
  if (destination === null) return preferred(headers) ?? 'nothing'
  if (headers.get('Sec-Fetch-Mode') !== 'navigate') return 'nothing'
  if (destination === 'iframe' || destination === 'frame') return 'frame'
  return isNavigation(headers) ? (preferred(headers) ?? 'page') : 'nothing'
}

/**
 * Whether a browser opens a page in a window or tab. A service worker that passes such a request on says `empty` for where
 * it leads; scripts of pages cannot say `navigate`.
 */
export function isNavigation(headers: Headers): boolean {
  const destination = headers.get('Sec-Fetch-Dest') ?? ''
  return headers.get('Sec-Fetch-Mode') === 'navigate' && ['document', 'empty'].includes(destination)
}

/** Which of the two a client that has a ticket would rather read, whatever it asked for. */
export function readableForm(request: Request): 'page' | 'json' {
  return preferred(request.headers) ?? 'page'
}

/** Browsers fetch pages ahead that nobody may ever look at. */
function isSpeculative(headers: Headers): boolean {
  const purpose = headers.get('Sec-Purpose') ?? headers.get('Purpose') ?? ''
  return /prefetch|prerender/i.test(purpose)
}

type Preferred = 'page' | 'json' | null

/** By `Accept`, of which browsers send a handful of texts: reading one anew took 15 us of each request. */
const preferences = new Map<string, Preferred>()

/** By `Accept` with its q-values; HTML where both are equal. Null: neither. */
function preferred(headers: Headers): Preferred {
  const accept = headers.get('Accept')
  if (accept === null) return 'page'
  const known = preferences.get(accept)
  if (known !== undefined) return known
  const found = negotiated(accept)
  if (accept.length <= ACCEPT_KEPT_MAX_CHARS) keep(preferences, ACCEPTS_KEPT_MAX, accept, found)
  return found
}

function negotiated(accept: string): Preferred {
  const best = new Negotiator({ headers: { accept } }).mediaType(['text/html', 'application/json'])
  if (best === undefined) return null
  return best === 'application/json' ? 'json' : 'page'
}
