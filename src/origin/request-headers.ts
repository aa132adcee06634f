/**
 * The headers that a request reaches the origin with: those of the client, without our cookies and without its own copies of what
 * only we may say, and those that the room adds.
 */
import type { RequestUrl } from '../http/request-url.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { TOKEN_HEADER, withoutOurCookies } from '../tokens/token-cookie.ts'

const PASS_HEADER = 'Waiting-Room-Pass'
const SECRET_HEADER = 'Waiting-Room-Origin-Secret'
const HOST_HEADER = 'X-Forwarded-Host'
const PROTOCOL_HEADER = 'X-Forwarded-Proto'

/** What the platform says of the client. These stay, but not under a name that an origin could take for one of them. */
const PLATFORM_HEADERS = [
  'CF-Connecting-IP',
  'CF-Connecting-IPv6',
  'CF-IPCountry',
  'CF-Ray',
  'CF-Visitor',
  'True-Client-IP',
  'X-Forwarded-For',
  'X-Real-IP',
]

/** Header names that clients must not use, as `canonicalName` writes them. */
export interface OwnHeaders {
  /** Removed in this very spelling: their content is for us alone. */
  readonly secret: readonly string[]
  /** Removed in every other spelling. */
  readonly imitated: ReadonlySet<string>
}

/** `bypassHeaders`: carry secrets meant for us. */
export function ownHeaders(bypassHeaders: readonly string[]): OwnHeaders {
  const secret = [TOKEN_HEADER, ...bypassHeaders]
  const imitated = [...secret, PASS_HEADER, SECRET_HEADER, HOST_HEADER, PROTOCOL_HEADER, ...PLATFORM_HEADERS]
  return { secret, imitated: new Set(imitated.map(canonicalName)) }
}

export interface Sent {
  /** The URL that the visitor asked for. */
  readonly url: RequestUrl
  /** The verified pass; null: the request needs none. */
  readonly pass: string | null
  /** Shows the origin that a request came through the room. */
  readonly secret: string | null
}

export function setRequestHeaders(headers: Headers, own: OwnHeaders, rooms: readonly RoomSettings[], sent: Sent): void {
  put(headers, 'Cookie', withoutOurCookies(headers.get('Cookie'), rooms))
  removeImitations(headers, own.imitated)
  for (const name of own.secret) headers.delete(name)
  put(headers, PASS_HEADER, sent.pass)
  put(headers, SECRET_HEADER, sent.secret)
  headers.set(HOST_HEADER, sent.url.host)
  headers.set(PROTOCOL_HEADER, sent.url.protocol.slice(0, -1))
}

/**
 * CGI and what descends from it (PHP, WSGI, Rack) read `waiting_room_pass` and `Waiting-Room-Pass` as one name. Reading the names
 * takes 4 us for the 22 of a browser, so only those with an unusual character are looked at more closely.
 */
function removeImitations(headers: Headers, imitated: ReadonlySet<string>): void {
  let found: string[] | null = null
  for (const name of headers.keys()) {
    if (/[^a-z0-9-]/.test(name) && imitated.has(canonicalName(name))) {
      found ??= []
      found.push(name)
    }
  }
  if (found !== null) for (const name of found) headers.delete(name)
}

/** A name as origins may read it: case does not count, and every character but letters and digits is the same. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

/** Null: without it, whoever set it. */
function put(headers: Headers, name: string, value: string | null): void {
  if (value === null) headers.delete(name)
  else headers.set(name, value)
}
