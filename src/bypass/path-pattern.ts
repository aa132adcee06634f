/**
 * Path patterns of bypass rules: a path in which `*` stands for any characters, slashes included.
 */

/** Takes time in proportion to the path, whatever the pattern. */
export function matchesPattern(pattern: string, path: string): boolean {
  const [first = '', ...parts] = pattern.split('*')
  const last = parts.pop()
  if (last === undefined) return path === first
  if (!path.startsWith(first)) return false
  let from = first.length
  for (const part of parts) {
    const at = path.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return path.length - last.length >= from && path.endsWith(last)
}
