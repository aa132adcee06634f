import { encodeBase64Url } from 'hono/utils/encode'

/** Base64url without padding, as JWS wants it (RFC 7515, section 2). */
export function base64Url(bytes: Uint8Array): string {
  return encodeBase64Url(bytes.slice().buffer).replace(/=+$/, '')
}
