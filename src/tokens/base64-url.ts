/**
 * Base64url without padding, as JWS wants it (RFC 7515, section 2): the runtime's own, which takes a tenth of the time, or
 * Hono's where there is none yet (Node 24, in tests).
 */
import { decodeBase64Url, encodeBase64Url } from 'hono/utils/encode'

const hasOwn = 'fromBase64' in Uint8Array

export function base64Url(bytes: Uint8Array): string {
  if (hasOwn) return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
  return encodeBase64Url(bytes.slice().buffer).replace(/=+$/, '')
}

/** Throws for what is not base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return hasOwn ? Uint8Array.fromBase64(text, { alphabet: 'base64url' }) : decodeBase64Url(text)
}
