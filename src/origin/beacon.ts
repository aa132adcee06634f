/**
 * Adds the beacon script to the HTML of an admitted visitor, unless the page says no or its policy would not let it work.
 * A page that should get the script and does not is told of, with the reason.
 */
import type { BeaconObstacle } from '../core/origin-report.ts'
import { PREFIX } from '../http/paths.ts'
import { requestUrl } from '../http/request-url.ts'
import type { PageHead } from './page-head.ts'
import { insertIntoHead } from './page-insertion.ts'
import { NO_POLICY, pagePolicy } from './page-policy.ts'

/** Content codings that the runtime decodes when a body is read. */
const DECODED_CODINGS = ['gzip', 'br']

/** The site's own word, as a header or as `<meta name="waiting-room-beacon">`: with `off` a page gets no script. */
const OPT_OUT = 'Waiting-Room-Beacon'

/** Of `<meta http-equiv>`. */
const META_POLICY = 'Content-Security-Policy'

/** Statuses whose body is none, or is not a whole page. So it is for redirects, whose body nobody sees. */
const NO_PAGE_STATUSES = [204, 205, 206]

/** Digests of a content that a script was added to are wrong (RFC 9530, RFC 3230, RFC 1864). */
const DIGEST_HEADERS = ['Content-Digest', 'Repr-Digest', 'Digest', 'Content-MD5']

/** Encodings in which a byte below 128 may be something else than ASCII. All others that browsers know keep markup as ASCII. */
const OTHER_THAN_ASCII = ['utf-16le', 'utf-16be', 'iso-2022-jp', 'replacement']

/**
 * The page with the script, or untouched. Waits for the first bytes of the body. `onObstacle`: the page gets no script.
 * @throws what reading these bytes throws
 */
export async function withBeacon(
  request: Request,
  response: Response,
  room: string,
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
    textFor: (head) => scriptFor(request, headers, room, head, onObstacle),
    onObstacle: (found) => {
      if (found !== 'empty') onObstacle(found)
    },
  })
  const sent = new Response(page.body, response)
  if (isCoded || page.addedBytes !== 0) describeBody(sent.headers, isCoded, page.addedBytes)
  return sent
}

/** Whether a response is a whole page: no part of one, no download, no error without a body. */
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

/** As the runtime reads it: one coding, in lower case. */
function codingOf(headers: Headers): string {
  const coding = headers.get('Content-Encoding')?.trim() ?? ''
  return coding === 'identity' ? '' : coding
}

/** Whether markup is ASCII in the encoding that a content type names. Not so for one that browsers do not know, either. */
function isAsciiBased(contentType: string): boolean {
  const label = /;\s*charset\s*=\s*["']?([^\s;"']*)/i.exec(contentType)?.[1] ?? ''
  if (label === '' || /^utf-?8$/i.test(label)) return true
  try {
    return !OTHER_THAN_ASCII.includes(new TextDecoder(label).encoding)
  } catch {
    return false
  }
}

/**
 * Has the headers describe the body that is sent: without a content coding where it was decoded (the edge compresses it again for its
 * visitor), and longer by the script. `addedBytes`: null where it is not known yet.
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

/** The script's tag, empty where it must not or cannot work. */
function scriptFor(
  request: Request,
  headers: Headers,
  room: string,
  { elements }: PageHead,
  onObstacle: (obstacle: BeaconObstacle) => void,
): string {
  const metaOf = (attribute: string, value: string) =>
    elements
      .filter(({ name, attributes }) => name === 'meta' && isSame(attributes.get(attribute), value))
      .map(({ attributes }) => attributes.get('content') ?? '')
  if (metaOf('name', OPT_OUT).some(isOff)) return ''
  const path = `${PREFIX}/heartbeat.js?room=${room}`
  const own = `${requestUrl(request.url).origin}${path}`
  const enforced = [headers.get(META_POLICY) ?? '', ...metaOf('http-equiv', META_POLICY).map(withoutReferences)]
  const reported = headers.get(`${META_POLICY}-Report-Only`) ?? ''
  // Most pages have no policy at all: reading none, and the address for it, took 25 us.
  const hasPolicy = reported !== '' || enforced.some((text) => text !== '')
  const policy = hasPolicy ? pagePolicy(enforced, [reported], new URL(own)) : NO_POLICY
  if (!policy.allowsBeacon) {
    onObstacle('policy')
    return ''
  }
  // With a base the page's addresses may lead to another host.
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

/** Templates escape the quotes of a policy. What other references stand for has no meaning in one. */
function withoutReferences(value: string): string {
  return value.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|apos|gt|lt|quot));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED_REFERENCES[name.toLowerCase()] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
