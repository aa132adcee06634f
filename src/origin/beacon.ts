/**
 * Adds the beacon script to the HTML of an admitted visitor, unless the page opts out or its policy
 * would block the script. Reports the reason for a page that should get the script and does not.
 */
import type { BeaconObstacle } from '../core/origin-report.ts'
import type { RequestUrl } from '../http/request-url.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { PageHead } from './page-head.ts'
import { insertIntoHead } from './page-insertion.ts'
import { NO_POLICY, pagePolicy } from './page-policy.ts'

type NamedRoom = Pick<RoomSettings, 'name' | 'prefix'>

/** Content codings that the runtime decodes when a body is read. */
const DECODED_CODINGS = ['gzip', 'br']

/**
 * The site's opt-out, as a header or as `<meta name="waiting-room-beacon">`: with `off` a page gets
 * no script.
 */
const OPT_OUT = 'Waiting-Room-Beacon'

const META_POLICY = 'Content-Security-Policy'

/** Statuses without a body, or whose body is not a whole page. */
const NO_PAGE_STATUSES = [204, 205, 206]

/** Digests (RFC 9530, RFC 3230, RFC 1864) are wrong once a script is added. */
const DIGEST_HEADERS = ['Content-Digest', 'Repr-Digest', 'Digest', 'Content-MD5']

/**
 * Encodings in which a byte below 128 is not always ASCII. In all others that browsers know, markup
 * is ASCII.
 */
const NON_ASCII_ENCODINGS = ['utf-16le', 'utf-16be', 'iso-2022-jp', 'replacement']

/**
 * Returns the page with the script, or unchanged. Waits for the first bytes of the body.
 * @param onObstacle called if the page gets no script
 * @throws whatever reading these bytes throws
 */
export async function withBeacon(
  url: RequestUrl,
  response: Response,
  room: NamedRoom,
  onObstacle: (obstacle: BeaconObstacle) => void,
): Promise<Response> {
  const { body, headers } = response
  if (body === null || !isPage(response) || isOff(headers.get(OPT_OUT))) return response
  const coding = codingOf(headers)
  const obstacle = obstacleInHeaders(headers, coding)
  if (obstacle !== null) {
    onObstacle(obstacle)
    return response
  }
  const isCoded = coding !== ''
  const length = Number(headers.get('Content-Length') ?? Number.NaN)
  const page = await insertIntoHead(body, {
    isCoded,
    bodyBytes: !isCoded && Number.isInteger(length) ? length : null,
    textFor: (head) => scriptFor(url, headers, room, head, onObstacle),
    onObstacle: (found) => {
      if (found !== 'empty') onObstacle(found)
    },
  })
  const sent = new Response(page.body, response)
  if (isCoded || page.addedBytes !== 0) describeBody(sent.headers, isCoded, page.addedBytes)
  return sent
}

/** Whether a response is a whole page: no part, no download, no error without a body. */
function isPage({ status, headers }: Response): boolean {
  const isRedirect = status >= 300 && status < 400
  return (
    /^text\/html\s*(;|$)/i.test(headers.get('Content-Type')?.trim() ?? '') &&
    !isRedirect &&
    !NO_PAGE_STATUSES.includes(status) &&
    headers.get('Content-Length') !== '0' &&
    !/^\s*attachment\b/i.test(headers.get('Content-Disposition') ?? '')
  )
}

function obstacleInHeaders(headers: Headers, coding: string): BeaconObstacle | null {
  if (/(^|[\s,])no-transform\b/i.test(headers.get('Cache-Control') ?? '')) return 'no-transform'
  if (coding !== '' && !DECODED_CODINGS.includes(coding)) return 'coding'
  return isAsciiBased(headers.get('Content-Type') ?? '') ? null : 'charset'
}

/** The content coding as the runtime reads it: a single name in lower case. */
function codingOf(headers: Headers): string {
  const coding = headers.get('Content-Encoding')?.trim() ?? ''
  return coding === 'identity' ? '' : coding
}

/**
 * Whether markup is ASCII in the content type's encoding. False for encodings that browsers do not
 * know.
 */
function isAsciiBased(contentType: string): boolean {
  const label = /;\s*charset\s*=\s*["']?([^\s;"']*)/i.exec(contentType)?.[1] ?? ''
  if (label === '' || /^utf-?8$/i.test(label)) return true
  try {
    return !NON_ASCII_ENCODINGS.includes(new TextDecoder(label).encoding)
  } catch {
    return false
  }
}

/**
 * Makes the headers describe the body that is sent: no content coding if it was decoded (the edge
 * compresses it again), and the length with the script.
 * @param addedBytes null: not known yet
 */
function describeBody(headers: Headers, isDecoded: boolean, addedBytes: number | null): void {
  const length = headers.get('Content-Length')
  if (isDecoded) headers.delete('Content-Encoding')
  if (isDecoded || addedBytes === null) headers.delete('Content-Length')
  else if (length !== null) headers.set('Content-Length', String(Number(length) + addedBytes))
  for (const name of DIGEST_HEADERS) headers.delete(name)
  const etag = headers.get('ETag')
  if (etag !== null && !etag.startsWith('W/')) headers.set('ETag', `W/${etag}`)
}

/** The script's tag; empty: the script must not or cannot work. */
function scriptFor(
  url: RequestUrl,
  headers: Headers,
  { name: room, prefix }: NamedRoom,
  { elements }: PageHead,
  onObstacle: (obstacle: BeaconObstacle) => void,
): string {
  const metaOf = (attribute: string, value: string) =>
    elements
      .filter(({ name, attributes }) => name === 'meta' && isSame(attributes.get(attribute), value))
      .map(({ attributes }) => attributes.get('content') ?? '')
  if (metaOf('name', OPT_OUT).some(isOff)) return ''
  const path = `${prefix}/heartbeat.js?room=${room}`
  const own = `${url.origin}${path}`
  const enforced = [headers.get(META_POLICY) ?? '', ...metaOf('http-equiv', META_POLICY).map(decodeReferences)]
  const reported = headers.get(`${META_POLICY}-Report-Only`) ?? ''
  // Most pages have no policy; skipping it saves 25 us.
  const hasPolicy = reported !== '' || enforced.some((text) => text !== '')
  const policy = hasPolicy ? pagePolicy(enforced, [reported], new URL(own)) : NO_POLICY
  if (!policy.allowsBeacon) {
    onObstacle('policy')
    return ''
  }
  // With a base, relative URLs may lead to another host.
  const hasBase = elements.some(({ name, attributes }) => name === 'base' && attributes.has('href'))
  const worker = policy.allowsWorker ? '' : ' data-worker="off"'
  const nonce = policy.nonce === null ? '' : ` nonce="${policy.nonce}"`
  return `<script src="${hasBase ? own : path}" async${worker}${nonce}></script>`
}

function isSame(value: string | undefined, name: string): boolean {
  return value?.trim().toLowerCase() === name.toLowerCase()
}

function isOff(value: string | null): boolean {
  return value?.trim().toLowerCase() === 'off'
}

const NAMED_REFERENCES: Readonly<Record<string, string>> = { amp: '&', apos: "'", gt: '>', lt: '<', quot: '"' }

/** Templates escape the quotes of a policy. Other named references have no meaning in a policy. */
function decodeReferences(value: string): string {
  return value.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|apos|gt|lt|quot));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED_REFERENCES[name.toLowerCase()] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
