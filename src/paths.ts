/**
 * Paths as an origin may read them, and where ours begin.
 */

/** Everything of ours lies below this path; nothing below it ever reaches the origin. */
export const PREFIX = '/__waiting-room'

/** A path that is canonical as it is: no segment is empty or begins with a dot, nothing is encoded or could be read twice. */
export const PLAIN_PATH = /^(?:\/[\w~-][\w~.-]*)*\/?$/

/**
 * A path as an origin may read it: ASCII decoded, dot segments resolved, doubled and back slashes made one, parameters of
 * segments (";id=1") left out. So "/%73hop", "//shop", "/x/../shop" or "/shop;a" do not walk around the room of "/shop".
 * Bytes that are no ASCII stay as they are: they may not be decodable, and the settings allow none in a room's path.
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
