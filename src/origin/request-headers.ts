/**
 * The headers of a request to the origin: the client's own, without our cookies and without its
 * copies of headers that only we may set, and the headers that the room adds.
 */
import type { RequestUrl } from '../http/request-url.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { KEY_HEADER } from '../tokens/key-cookie.ts'
import { REHEARSAL_HEADER } from '../tokens/rehearsal.ts'
import { ourCookieNames, TOKEN_HEADER, withoutOurCookies } from '../tokens/token-cookie.ts'
import { WORK_HEADER } from '../tokens/work-challenge.ts'

const PASS_HEADER = 'Waiting-Room-Pass'
const SECRET_HEADER = 'Waiting-Room-Origin-Secret'
const HOST_HEADER = 'X-Forwarded-Host'
const PROTOCOL_HEADER = 'X-Forwarded-Proto'

/**
 * The platform's headers about the client. They stay, but other spellings that an origin could
 * mistake for them are removed.
 */
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

/** Names in a request that the origin must not see from a client. */
export interface ReservedNames {
  readonly cookies: ReadonlySet<string>
  /** Headers that are removed, in lower case: only we set them, or only we may read them. */
  readonly removedHeaders: ReadonlySet<string>
  /**
   * Headers that are removed in every spelling but the usual one, as `canonicalName` writes them.
   */
  readonly imitatedHeaders: ReadonlySet<string>
}

/** @param allowsRehearsals the site sees the header of a rehearsal's visitors, unverified */
export function reservedNames(rooms: readonly RoomSettings[], allowsRehearsals = false): ReservedNames {
  const bypassHeaders = rooms.flatMap(({ bypass }) => bypass.flatMap(({ header }) => header ?? []))
  const secretHeaders = [TOKEN_HEADER, WORK_HEADER, KEY_HEADER, ...bypassHeaders]
  if (!allowsRehearsals) secretHeaders.push(REHEARSAL_HEADER)
  const ours = [...secretHeaders, PASS_HEADER, SECRET_HEADER, HOST_HEADER, PROTOCOL_HEADER, ...PLATFORM_HEADERS]
  const removed = [...secretHeaders, PASS_HEADER, SECRET_HEADER]
  return {
    cookies: ourCookieNames(rooms),
    removedHeaders: new Set(removed.map((name) => name.toLowerCase())),
    imitatedHeaders: new Set(ours.map(canonicalName)),
  }
}

export interface AddedHeaders {
  /** The URL that the visitor requested. */
  readonly url: RequestUrl
  /** The verified pass; null: the request needs none. */
  readonly pass: string | null
  /** Proves to the origin that a request came through the room. */
  readonly secret: string | null
}

export function setRequestHeaders(headers: Headers, reserved: ReservedNames, added: AddedHeaders): void {
  removeReserved(headers, reserved)
  const cookies = headers.get('Cookie')
  const kept = withoutOurCookies(cookies, reserved.cookies)
  if (kept === null) headers.delete('Cookie')
  else if (kept !== cookies) headers.set('Cookie', kept)
  if (added.pass !== null) headers.set(PASS_HEADER, added.pass)
  if (added.secret !== null) headers.set(SECRET_HEADER, added.secret)
  headers.set(HOST_HEADER, added.url.host)
  headers.set(PROTOCOL_HEADER, added.url.protocol.slice(0, -1))
}

/**
 * Removes reserved headers, and their imitations: CGI and its descendants (PHP, WSGI, Rack) read
 * `waiting_room_pass` and `Waiting-Room-Pass` as one name. Reading the names takes 4 us for the 22
 * headers of a browser, so only names with an unusual character can be imitations.
 */
function removeReserved(headers: Headers, { removedHeaders, imitatedHeaders }: ReservedNames): void {
  let found: string[] | null = null
  for (const name of headers.keys()) {
    const isImitation = /[^a-z0-9-]/.test(name) && imitatedHeaders.has(canonicalName(name))
    if (!isImitation && !removedHeaders.has(name)) continue
    found ??= []
    found.push(name)
  }
  if (found !== null) for (const name of found) headers.delete(name)
}

/**
 * A name as origins may read it: in lower case, with every character but letters and digits treated
 * as the same.
 */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}
