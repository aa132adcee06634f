/**
 * Adds the beacon script to the HTML of an admitted visitor, unless the page says no or its policy would not let it work.
 */
import { isPage } from '../gate/request-kind.ts'
import { logWarning } from '../log.ts'
import { PREFIX } from '../paths.ts'
import { errorText } from '../reporter/scrub.ts'
import { requestUrl } from '../request-url.ts'
import { NO_POLICY, pagePolicy } from './page-policy.ts'

/** Encodings that the runtime reads and writes by itself; HTML in another one is left as it is. */
const READABLE_ENCODINGS = ['', 'identity', 'gzip', 'br']

/** The origin's own word, as a header or as `<meta name="waiting-room-beacon">`: with `off` a page gets no script. */
const OPT_OUT = 'Waiting-Room-Beacon'

/** Of `<meta http-equiv>`. */
const META_POLICY = 'Content-Security-Policy'

const HEAD_ELEMENTS = `head, base[href], meta[name="${OPT_OUT}" i], meta[http-equiv="${META_POLICY}" i]`

/** Whether a response is a whole page that the script belongs into; ranges and fragments fetched by scripts are not. */
export function takesBeacon(request: Request, response: Response): boolean {
  // First what tells most responses apart: JSON, images and scripts take no beacon.
  if (!/^text\/html\b/i.test(response.headers.get('Content-Type') ?? '')) return false
  const encoding = (response.headers.get('Content-Encoding') ?? '').trim().toLowerCase()
  const hasBody = response.body !== null && ![204, 205, 206, 304].includes(response.status)
  const isWanted = !isOff(response.headers.get(OPT_OUT))
  const isReadable = READABLE_ENCODINGS.includes(encoding)
  return isPage(request) && hasBody && isWanted && isReadable
}

/** The same page with the script, or untouched where the runtime cannot read it (an unusual character set). */
export function withBeacon(request: Request, response: Response, room: string): Response {
  try {
    return rewritten(request, response, room)
  } catch (error) {
    logWarning('beacon_not_added', { room, error: errorText(error) })
    return response
  }
}

/** What the head of a page says before the script's place in it is reached. */
interface Head {
  optedOut: boolean
  /** Addresses of the page may lead to another host. */
  hasBase: boolean
  readonly policies: string[]
}

/** The script comes at the end of the head or, where that is not written out, of the page; streamed. */
function rewritten(request: Request, response: Response, room: string): Response {
  const head: Head = { optedOut: false, hasBase: false, policies: [] }
  let added = false
  const takeTag = () => {
    if (added) return ''
    added = true
    return beaconTag(request, response, room, head)
  }
  // Entering a handler takes 15 to 35 us, and registering takes time, too: one for all elements that count, which are rare but for the head.
  const page = new HTMLRewriter()
    .on(HEAD_ELEMENTS, {
      element(element) {
        if (element.tagName !== 'head') return noteElement(element, head)
        element.onEndTag((end) => void end.before(takeTag(), { html: true }))
      },
    })
    .onDocument({
      end(end) {
        if (!added) end.append(takeTag(), { html: true })
      },
    })
    .transform(response)
  // A response of our own already: another copy of it and of its headers took 25 us.
  page.headers.delete('Content-Length')
  const etag = page.headers.get('ETag')
  if (etag !== null && !etag.startsWith('W/')) page.headers.set('ETag', `W/${etag}`)
  return page
}

function noteElement(element: Element, head: Head): void {
  if (element.tagName === 'base') {
    head.hasBase = true
    return
  }
  const says = (attribute: string, name: string) =>
    element.getAttribute(attribute)?.toLowerCase() === name.toLowerCase()
  const content = element.getAttribute('content')
  if (says('name', OPT_OUT)) head.optedOut ||= isOff(content)
  if (says('http-equiv', META_POLICY)) head.policies.push(content ?? '')
}

/** The script's tag, empty where it must not or cannot work. */
function beaconTag(request: Request, response: Response, room: string, { optedOut, hasBase, policies }: Head): string {
  const path = `${PREFIX}/heartbeat.js?room=${room}`
  const own = `${requestUrl(request.url).origin}${path}`
  const ofHeader = (name: string) => response.headers.get(name) ?? ''
  const enforced = [ofHeader('Content-Security-Policy'), ...policies]
  const reported = ofHeader('Content-Security-Policy-Report-Only')
  // Most pages have no policy at all: reading none, and the address for it, took 25 us.
  const hasPolicy = reported !== '' || enforced.some((text) => text !== '')
  const policy = hasPolicy ? pagePolicy(enforced, [reported], new URL(own)) : NO_POLICY
  if (optedOut || !policy.allowsBeacon) return ''
  const worker = policy.allowsWorker ? '' : ' data-worker="off"'
  const nonce = policy.nonce === null ? '' : ` nonce="${policy.nonce}"`
  return `<script src="${hasBase ? own : path}" async${worker}${nonce}></script>`
}

function isOff(value: string | null): boolean {
  return value?.trim().toLowerCase() === 'off'
}
