/** Requests that need no admission: static files by default. */
import { type Incoming, pathOf } from './incoming.ts'

/**
 * `RegExp`: `GET` and `HEAD` requests whose path matches. Function: any request. False: none. The
 * path is as sent, not decoded.
 */
export type Skip = RegExp | false | ((request: Incoming) => boolean)

/**
 * Files that pages load, by their ending. A path with a parameter (`/checkout;a.css`) or an encoded
 * character in its last segment is no file: some servers read another path there. Data has other
 * endings: `/api/seats.json` may be what the line protects.
 */
export const STATIC_FILES =
  /\/[\w.~@+-]*\.(?:css|js|mjs|map|png|jpe?g|gif|svg|webp|avif|ico|bmp|woff2?|ttf|otf|eot|mp3|mp4|webm|ogg|wasm|webmanifest)$/i

export function isSkipped(request: Incoming, skip: Skip = STATIC_FILES): boolean {
  if (skip === false) return false
  if (typeof skip === 'function') return skip(request)
  const { method, target } = request
  if (target === null || (method !== 'GET' && method !== 'HEAD')) return false
  // A pattern with the flag "g" would begin where its last match ended.
  skip.lastIndex = 0
  return skip.test(pathOf(target))
}
