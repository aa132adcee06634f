/**
 * How long a pass opens the door without asking again: shorter than the session's silence limit, so that a pass never
 * outlives a session that nobody hears any more.
 */
const PASS_LIFE_SHARE = 0.75
const PASS_LIFE_MAX_SECONDS = 60

/** Whole seconds. The beacon renews a pass every 8 s, so a short life costs nothing. */
export function passLifeSeconds(sessionTimeoutSeconds: number): number {
  return Math.floor(Math.min(PASS_LIFE_SHARE * sessionTimeoutSeconds, PASS_LIFE_MAX_SECONDS))
}
