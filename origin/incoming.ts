/** Requests in every form that an origin gets: Web `Request`, `IncomingMessage`, header fields. */

/** Header fields as `Headers`, or as an object with names in any case. */
export type HeaderFields = Pick<Headers, 'get'> | Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A Web `Request`, Node's `IncomingMessage` (also that of Express and Fastify), or header fields
 * alone.
 */
export type IncomingRequest =
  | { readonly headers: HeaderFields; readonly method?: string | undefined; readonly url?: string | undefined }
  | HeaderFields

/** The parts of a request that decide about it. */
export interface Incoming {
  /** Null: not known, because there are header fields only. */
  readonly method: string | null
  /** Path and query as sent; null: not known. Begins with `/`. */
  readonly target: string | null
  /** The value of a header field; null: it is absent. */
  header(name: string): string | null
}

export function readIncoming(request: IncomingRequest): Incoming {
  if (!hasParts(request)) return { method: null, target: null, header: reader(request) }
  const { method, url, headers } = request
  return { method: method ?? null, target: url === undefined ? null : targetOf(url), header: reader(headers) }
}

type RequestWithParts = Exclude<IncomingRequest, HeaderFields>

/** A field named `headers` would have a text. */
function hasParts(request: IncomingRequest): request is RequestWithParts {
  return 'headers' in request && typeof request.headers === 'object' && !Array.isArray(request.headers)
}

function reader(fields: HeaderFields): Incoming['header'] {
  if (isHeaders(fields)) return (name) => fields.get(name)
  // Node's names are in lower case. Other sources may use any.
  return (name) => {
    const value = fields[name] ?? fields[Object.keys(fields).find((key) => key.toLowerCase() === name) ?? name]
    return value === undefined ? null : typeof value === 'string' ? value : value.join(', ')
  }
}

function isHeaders(fields: HeaderFields): fields is Pick<Headers, 'get'> {
  return typeof fields.get === 'function'
}

/** A Web `Request` has the whole URL. Node has the request target, which may be one as well. */
function targetOf(url: string): string {
  if (url.startsWith('/')) return url
  if (!URL.canParse(url)) return '/'
  const { pathname, search } = new URL(url)
  return pathname + search
}

/** The path of a request target, without its query. */
export function pathOf(target: string): string {
  const end = target.search(/[?#]/)
  return end < 0 ? target : target.slice(0, end)
}
