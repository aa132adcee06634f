import { requestUrl } from './request-url.ts'

/** Whether a request comes from a page of this very origin, or from a program that is no browser. */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers.get('Sec-Fetch-Site')
  if (site !== null) return site === 'same-origin' || site === 'none'
  const origin = request.headers.get('Origin')
  return origin === null || origin === requestUrl(request.url).origin
}
