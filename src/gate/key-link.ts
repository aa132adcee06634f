/**
 * A link with an access key (`?wr_key=`): the key moves into a cookie, and the browser is sent to
 * the same address without it. So the key reaches neither the site, nor its logs, nor other sites
 * by the referrer.
 */
import { pathOfThisHost } from '../http/paths.ts'
import { pathAsSent, type RequestUrl } from '../http/request-url.ts'
import { fitsCookie, keyCookie } from '../tokens/key-cookie.ts'
import { KEY_PARAMETER } from '../tokens/make-keys.ts'

/** Null: the address has no key. */
export function keyRedirect(request: Request, url: RequestUrl): Response | null {
  // Most requests end here. An encoded name has a percent sign.
  if (!url.search.includes(KEY_PARAMETER) && !url.search.includes('%')) return null
  const sent = pathAsSent(url)
  const mark = sent.indexOf('?')
  const parts = sent.slice(mark + 1).split('&')
  const kept = parts.filter((part) => nameOf(part) !== KEY_PARAMETER)
  if (kept.length === parts.length) return null
  const path = sent.slice(0, mark) + (kept.length === 0 ? '' : `?${kept.join('&')}`)
  const headers = new Headers({
    Location: pathOfThisHost(path),
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
  })
  const key = parts
    .filter((part) => nameOf(part) === KEY_PARAMETER)
    .map(textOfPart)
    .find((text) => text !== '')
  if (key !== undefined && fitsCookie(key)) headers.append('Set-Cookie', keyCookie(request, key))
  return new Response(null, { status: 303, headers })
}

function nameOf(part: string): string {
  return decoded(part.split('=', 1)[0] ?? '')
}

function textOfPart(part: string): string {
  const at = part.indexOf('=')
  return at < 0 ? '' : decoded(part.slice(at + 1))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
