/**
 * How old something is, by a clock that may have been set back meanwhile.
 */

/**
 * Milliseconds since `atMs`. A time that lies ahead was noted before the clock went back, so its age is unknown: it counts as
 * older than any limit. Callers use it where "old" means asking again, never where it would turn a visitor away.
 */
export function ageMs(atMs: number, nowMs: number): number {
  return nowMs < atMs ? Number.POSITIVE_INFINITY : nowMs - atMs
}
