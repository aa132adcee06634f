/**
 * Join keys of the last minute and the numbers they got: a join that is sent again (its answer was lost or late) gets the
 * same number, and no ticket arises that nobody holds. Bounded: the oldest keys go first.
 */
import { JOIN_KEY_SECONDS, JOIN_KEYS_MAX } from './limits.ts'

export class RecentJoins {
  /** In order of insertion, which is the order of age. */
  private readonly byKey = new Map<string, { readonly number: number; readonly atMs: number }>()

  find(key: string): number | undefined {
    return this.byKey.get(key)?.number
  }

  remember(key: string, number: number, nowMs: number): void {
    this.byKey.set(key, { number, atMs: nowMs })
    for (const [oldest, { atMs }] of this.byKey) {
      if (this.byKey.size <= JOIN_KEYS_MAX && nowMs - atMs < JOIN_KEY_SECONDS * 1000) break
      this.byKey.delete(oldest)
    }
  }
}
