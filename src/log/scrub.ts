/**
 * Removes secrets and personal data from free text. Error texts come from the runtime, from
 * libraries and from receivers, and may repeat their input. Removes too much rather than too
 * little.
 */
const REMOVED = '[removed]'

/** Longer error texts are truncated. */
const ERROR_TEXT_MAX_CHARS = 1_000

/** Longer text is truncated before the search. */
const SEARCHED_MAX_CHARS = 8_192

/**
 * Applied in order: a URL contains what later patterns match. Each pattern takes time linear in the
 * text.
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // Headers with their values.
  [/\b((?:set-)?cookie|(?:proxy-)?authorization)(["']?\s*[:=]\s*)[^\r\n]+/gi, `$1$2${REMOVED}`],
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, `$1 ${REMOVED}`],
  // URLs keep only scheme and host: the path of a webhook is a secret.
  [
    /\b([a-z][a-z0-9+.-]{1,15}:\/\/)(?:[^\s/?#"'<>]{0,512}@)?([\w.-]{0,255}(?::\d{1,5})?)[^\s"'<>]*/gi,
    `$1$2/${REMOVED}`,
  ],
  [/\?[\w.~%[\]-]{1,128}=[^\s"'<>]*/g, `?${REMOVED}`],
  [/[\w.!#$%&*+/=^`{|}~-]{1,64}@[\w.-]{1,255}/g, REMOVED],
  // JSON Web Tokens begin with the base64url of `{"`.
  [/\beyJ[\w-]*(?:\.[\w-]*)*/g, REMOVED],
  [/\bwhsec_[\w+/=-]*/g, REMOVED],
  // Other keys, identifiers and tokens.
  [/(?<![\w+/=-])(?=[a-z_+/=-]*\d)[\w+/=-]{32,}/gi, REMOVED],
  // IP addresses, in every notation.
  [/\d{1,3}(?:\.\d{1,3}){3}/g, REMOVED],
  [/(?<!\w)(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,7})?::[0-9a-f:]{0,39}/gi, REMOVED],
  [/(?<!\w)(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}/gi, REMOVED],
]

/** The text without tokens, IP and mail addresses, and with URLs reduced to scheme and host. */
export function scrub(text: string): string {
  // Truncation may split a secret beyond recognition, so the last word is dropped as well.
  let clean = text.length <= SEARCHED_MAX_CHARS ? text : text.slice(0, SEARCHED_MAX_CHARS).replace(/\S*$/, '')
  for (const [secret, replacement] of SECRETS) clean = clean.replace(secret, replacement)
  return clean
}

/** The scrubbed text of an error, for logs and reports. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return scrub(text).slice(0, ERROR_TEXT_MAX_CHARS)
}
