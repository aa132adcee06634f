/**
 * Milliseconds since `atMs`, by a clock that may be set back. A time in the future was recorded
 * before the clock went back, so its age is unknown and counts as older than any limit. Use it
 * where "old" means refreshing, never where it would refuse a visitor.
 */
export function ageMs(atMs: number, nowMs: number): number {
  return nowMs < atMs ? Number.POSITIVE_INFINITY : nowMs - atMs
}
