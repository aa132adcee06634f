/**
 * The join keys of the last minute and their numbers. A join that is repeated because its answer
 * was lost or late gets the same number, so no ticket is created that no visitor holds. Bounded:
 * the oldest keys go first.
 */
import { ageMs } from './age.ts'
import { JOIN_KEY_SECONDS, JOIN_KEYS_MAX } from './limits.ts'

export class RecentJoins {
  private readonly byKey = new Map<string, number>()
  /**
   * Ring of the keys and their times, oldest at `first`. The map keeps the same order, but finding
   * its oldest key skips all deleted ones: in a full map that took 100 us per join.
   */
  private readonly keys: string[] = []
  private readonly atMs: number[] = []
  private first = 0
  private next = 0

  find(key: string): number | undefined {
    return this.byKey.get(key)
  }

  /** `key` must be unknown. */
  remember(key: string, number: number, nowMs: number): void {
    while (this.first < this.next && (this.isFull || ageMs(this.oldestMs, nowMs) >= JOIN_KEY_SECONDS * 1000)) {
      this.byKey.delete(this.keys[this.first % JOIN_KEYS_MAX] as string)
      this.first++
    }
    const slot = this.next++ % JOIN_KEYS_MAX
    this.keys[slot] = key
    this.atMs[slot] = nowMs
    this.byKey.set(key, number)
  }

  private get isFull(): boolean {
    return this.next - this.first === JOIN_KEYS_MAX
  }

  private get oldestMs(): number {
    return this.atMs[this.first % JOIN_KEYS_MAX] as number
  }
}
