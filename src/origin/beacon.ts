/**
 * Adds the beacon script to the HTML of an admitted visitor.
 */
import { logWarning } from '../log.ts'
import { PREFIX } from '../paths.ts'
import { errorText } from '../reporter/scrub.ts'

/** Encodings that the runtime reads and writes by itself; HTML in another one is left as it is. */
const READABLE_ENCODINGS = ['', 'identity', 'gzip', 'br']

/** Whether a response is a whole page that the script belongs into; ranges and fragments fetched by scripts are not. */
export function takesBeacon(request: Request, response: Response): boolean {
  const destination = request.headers.get('Sec-Fetch-Dest')
  const isDocument = destination === null || ['document', 'iframe', 'frame'].includes(destination)
  const isHtml = /^text\/html\b/i.test(response.headers.get('Content-Type') ?? '')
  const encoding = (response.headers.get('Content-Encoding') ?? '').trim().toLowerCase()
  const hasBody = response.body !== null && ![204, 205, 206, 304].includes(response.status)
  return request.method === 'GET' && isDocument && isHtml && hasBody && READABLE_ENCODINGS.includes(encoding)
}

/** The same page with the script, or untouched where the runtime cannot read it (an unusual character set). */
export function withBeacon(response: Response, room: string): Response {
  try {
    return rewritten(response, room)
  } catch (error) {
    logWarning('beacon_not_added', { room, error: errorText(error) })
    return response
  }
}

/** The script comes at the end of the head or, where there is none, of the page; streamed. */
function rewritten(response: Response, room: string): Response {
  const nonce = policyNonce(response.headers)
  const attribute = nonce === null ? '' : ` nonce="${nonce}"`
  const tag = `<script src="${PREFIX}/heartbeat.js?room=${room}" async${attribute}></script>`
  let added = false
  const page = new HTMLRewriter()
    .on('head', {
      element(head) {
        if (added) return
        added = true
        head.append(tag, { html: true })
      },
    })
    .onDocument({
      end(end) {
        if (!added) end.append(tag, { html: true })
      },
    })
    .transform(response)
  const headers = new Headers(page.headers)
  headers.delete('Content-Length')
  const etag = headers.get('ETag')
  if (etag !== null && !etag.startsWith('W/')) headers.set('ETag', `W/${etag}`)
  return new Response(page.body, { status: response.status, statusText: response.statusText, headers })
}

/** The nonce that the page's own policy allows for scripts, null where it names none. */
function policyNonce(headers: Headers): string | null {
  const policy = headers.get('Content-Security-Policy') ?? headers.get('Content-Security-Policy-Report-Only') ?? ''
  const directives = policy.split(/[;,]/).map((directive) => directive.trim())
  const scripts =
    directives.find((directive) => /^script-src-elem\s/i.test(directive)) ??
    directives.find((directive) => /^script-src\s/i.test(directive)) ??
    directives.find((directive) => /^default-src\s/i.test(directive))
  return /'nonce-([A-Za-z0-9+/_=-]+)'/.exec(scripts ?? '')?.[1] ?? null
}
