/** Remembers the codes that were exchanged for a session, so that each counts once. */

/**
 * With several processes, share one: a database or Redis with `SET key value NX EX seconds`, which
 * sets a key only once.
 */
export interface SpentCodes {
  /**
   * True: the code counts, and never again. False: it was spent before.
   * @param id of the code, unguessable
   * @param expiresAt until when it must be remembered, in seconds since 1970
   */
  spend(id: string, expiresAt: number): boolean | Promise<boolean>
}

/** Each takes about 100 bytes. At 1,000 sign-ins a second, codes of 90 s need 90,000. */
const CODES_MAX = 100_000

/**
 * In this process only: another process would accept the same code once more. Beyond `max` codes at
 * a time the oldest one is forgotten.
 */
export class SpentInMemory implements SpentCodes {
  private readonly expiries = new Map<string, number>()
  private readonly max: number
  private readonly now: () => number

  constructor({ max = CODES_MAX, now = Date.now }: { readonly max?: number; readonly now?: () => number } = {}) {
    this.max = max
    this.now = now
  }

  spend(id: string, expiresAt: number): boolean {
    if (this.expiries.has(id)) return false
    // In the order of insertion, which is nearly that of expiry.
    for (const [oldest, expiry] of this.expiries) {
      if (expiry > this.now() / 1000 && this.expiries.size < this.max) break
      this.expiries.delete(oldest)
    }
    this.expiries.set(id, expiresAt)
    return true
  }
}
