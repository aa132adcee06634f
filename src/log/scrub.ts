/**
 * Takes out of free text what must never leave: texts of errors are written by the runtime, by libraries and by receivers,
 * and may repeat whatever they were given. Removes too much rather than too little.
 */
const REMOVED = '[removed]'

/** Longer error texts are cut. */
const ERROR_TEXT_MAX_CHARS = 1_000

/** Longer text is cut before it is searched. */
const SEARCHED_MAX_CHARS = 8_192

/** In this order: an address of a site contains what the later ones look for. Each takes time linear in the text. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // Headers quoted with their values.
  [/\b((?:set-)?cookie|(?:proxy-)?authorization)(["']?\s*[:=]\s*)[^\r\n]+/gi, `$1$2${REMOVED}`],
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, `$1 ${REMOVED}`],
  // Of a URL only scheme and host stay: paths of webhooks are secrets, too.
  [
    /\b([a-z][a-z0-9+.-]{1,15}:\/\/)(?:[^\s/?#"'<>]{0,512}@)?([\w.-]{0,255}(?::\d{1,5})?)[^\s"'<>]*/gi,
    `$1$2/${REMOVED}`,
  ],
  [/\?[\w.~%[\]-]{1,128}=[^\s"'<>]*/g, `?${REMOVED}`],
  [/[\w.!#$%&*+/=^`{|}~-]{1,64}@[\w.-]{1,255}/g, REMOVED],
  // JSON Web Tokens begin with the base64url of `{"`.
  [/\beyJ[\w-]*(?:\.[\w-]*)*/g, REMOVED],
  [/\bwhsec_[\w+/=-]*/g, REMOVED],
  // Keys, identifiers, tokens of any other kind.
  [/(?<![\w+/=-])(?=[a-z_+/=-]*\d)[\w+/=-]{32,}/gi, REMOVED],
  // Addresses of the network, in all the ways they are written.
  [/\d{1,3}(?:\.\d{1,3}){3}/g, REMOVED],
  [/(?<!\w)(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,7})?::[0-9a-f:]{0,39}/gi, REMOVED],
  [/(?<!\w)(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}/gi, REMOVED],
]

/** The text without tokens, addresses (of the network and of mail), and of URLs with scheme and host alone. */
export function scrub(text: string): string {
  // What the cut has split would no longer be recognised: the last word goes, too.
  let clean = text.length <= SEARCHED_MAX_CHARS ? text : text.slice(0, SEARCHED_MAX_CHARS).replace(/\S*$/, '')
  for (const [secret, replacement] of SECRETS) clean = clean.replace(secret, replacement)
  return clean
}

/** What an error says, fit for logs and reports. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return scrub(text).slice(0, ERROR_TEXT_MAX_CHARS)
}
