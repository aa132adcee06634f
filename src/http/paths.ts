/**
 * The path and the cookie names that a waiting room reserves on a site, and paths as an origin may
 * read them.
 */

/** Where our endpoints are unless a deployment chooses another path: below it. */
export const DEFAULT_PREFIX = '/__waiting-room'

const PREFIX_MAX_CHARS = 64

/** Null: our endpoints can be below this path. Otherwise the remedy. */
export function prefixProblem(prefix: string): string | null {
  const isFit = prefix.length <= PREFIX_MAX_CHARS && /^(?:\/[\w~-][\w~.-]*)+$/.test(prefix)
  return isFit
    ? null
    : `prefix: must be a path such as "${DEFAULT_PREFIX}", of at most ${PREFIX_MAX_CHARS} characters: a-z, A-Z, 0-9, "-", "_", ".", "~" and single slashes, none at the end`
}

/**
 * The cookies that belong to no room. A room cannot have these names: room names have no
 * underscore.
 */
export const OPERATOR_COOKIE = 'waiting-room-_operator'
export const LANG_COOKIE = 'waiting-room-_lang'
export const CHECK_COOKIE = 'waiting-room-_check'
export const KEY_COOKIE = 'waiting-room-_key'
export const SKIP_COOKIE = 'waiting-room-_skip'

/**
 * A path that is already canonical: no segment is empty or begins with a dot, and nothing is
 * encoded.
 */
const PLAIN_PATH = /^(?:\/[\w~-][\w~.-]*)*\/?$/

/**
 * A path as an origin may read it: ASCII is decoded, dot segments are resolved, repeated slashes
 * and backslashes become one slash, and segment parameters (";id=1") are removed. So "/%73hop",
 * "//shop", "/x/../shop" and "/shop;a" do not bypass the room of "/shop". Encoded bytes outside
 * ASCII stay as they are: they may not be decodable, and a room's path has none.
 */
export function canonicalPath(pathname: string): string {
  if (PLAIN_PATH.test(pathname)) return pathname
  const decoded = pathname.replace(/%[0-7][0-9a-f]/gi, (hex) => String.fromCharCode(Number.parseInt(hex.slice(1), 16)))
  return new URL(
    `http://host${decoded
      .replace(/;[^/\\]*/g, '')
      .replace(/[/\\]+/g, '/')
      .replace(/[?#]/g, '_')}`,
  ).pathname
}

/**
 * A percent-encoded character: ASCII, well-formed UTF-8, or `%u0073`, which IIS decodes by default.
 */
const ENCODED_CHARACTER =
  /%u[0-9a-f]{4}|%[0-7][0-9a-f]|%[cd][0-9a-f]%[89ab][0-9a-f]|%e[0-9a-f](?:%[89ab][0-9a-f]){2}|%f[0-7](?:%[89ab][0-9a-f]){3}/gi

/**
 * The path as an origin that ignores case, such as IIS on Windows, may read it. It is decoded, then
 * converted to upper and to lower case, so that "ſ" and the Kelvin sign become "s" and "k", as they
 * may in the origin's comparisons. Segments lose the name of an NTFS stream ("::$DATA"), trailing
 * dots and trailing spaces. There are two readings where a segment such as ".. " may or may not
 * lead to the parent.
 */
export function foldedPaths(path: string): readonly string[] {
  const decoded = path.replace(ENCODED_CHARACTER, decodedCharacter)
  const segments = decoded
    .toUpperCase()
    .toLowerCase()
    .split(/[/\\]+/)
  const flat = joined(segments, false)
  return segments.some(leadsUpwards) ? [flat, joined(segments, true)] : [flat]
}

function decodedCharacter(encoded: string): string {
  if (/^%u/i.test(encoded)) return String.fromCharCode(Number.parseInt(encoded.slice(2), 16))
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

function leadsUpwards(segment: string): boolean {
  return withoutEnd(withoutStream(segment), ' ') === '..'
}

function joined(segments: readonly string[], climbs: boolean): string {
  const names: string[] = []
  let name = ''
  for (const segment of segments) {
    name = withoutEnd(withoutStream(segment), '. ')
    if (climbs && leadsUpwards(segment)) names.pop()
    else if (name !== '') names.push(name)
  }
  const end = name === '' && names.length > 0 ? '/' : ''
  return `/${names.join('/')}${end}`
}

function withoutStream(segment: string): string {
  const colon = segment.indexOf(':')
  return colon < 0 ? segment : segment.slice(0, colon)
}

/**
 * Removes these characters from the end. A regular expression would take time quadratic in the
 * length.
 */
function withoutEnd(text: string, characters: string): string {
  let end = text.length
  while (end > 0 && characters.includes(text[end - 1] as string)) end--
  return text.slice(0, end)
}

/**
 * Reduces a URL to a path on this host, for links and redirects. A path with two leading slashes
 * would name another host: it gets a dot segment, which browsers drop again. Anything but a path
 * becomes `/`.
 */
export function pathOfThisHost(url: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop them from URLs
  const path = url.replace(/[\x00-\x20]/g, '')
  if (!path.startsWith('/')) return '/'
  return /^\/[/\\]/.test(path) ? `/.${path}` : path
}
