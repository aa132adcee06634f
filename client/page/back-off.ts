/** How long to wait after polls that failed. */

const FIRST_MS = 2_000
const LONGEST_MS = 16_000
const RETRY_AFTER_LONGEST_MS = 60_000

/** Doubles with each failure, spread over half to one and a half, and no sooner than the server asks. `random`: 0 to 1. */
export function backOffMs(failures: number, random: number, retryAfterMs = 0): number {
  const spread = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS) * (0.5 + random)
  return Math.max(spread, Math.min(retryAfterMs, RETRY_AFTER_LONGEST_MS))
}
