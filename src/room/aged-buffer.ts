/**
 * Numbers and when their visitors were heard, until the next call takes them along. The first heard go first when it is full.
 */
import { ageMs } from '../core/age.ts'
import type { AgedNumbers } from '../core/exchange.ts'

export class AgedBuffer {
  private readonly heardMs = new Map<number, number>()
  private readonly max: number

  constructor(max: number) {
    this.max = max
  }

  get size(): number {
    return this.heardMs.size
  }

  /** A later time of the same number replaces an earlier one. */
  add(number: number, heardMs: number): void {
    if (heardMs < (this.heardMs.get(number) ?? 0)) return
    this.heardMs.delete(number)
    this.heardMs.set(number, heardMs)
    if (this.heardMs.size <= this.max) return
    const [oldest] = this.heardMs.keys()
    this.heardMs.delete(oldest as number)
  }

  remove(number: number): void {
    this.heardMs.delete(number)
  }

  clear(): void {
    this.heardMs.clear()
  }

  /** Takes everything, to be put back if the call fails. */
  take(): ReadonlyMap<number, number> {
    const taken = new Map(this.heardMs)
    this.heardMs.clear()
    return taken
  }

  /** Puts back what a failed call had taken, except what is at least `keptMs` old. */
  putBack(taken: ReadonlyMap<number, number>, nowMs: number, keptMs: number): void {
    for (const [number, heardMs] of taken) if (ageMs(heardMs, nowMs) < keptMs) this.add(number, heardMs)
  }
}

/** As a call carries them: the age of each at `nowMs`. */
export function toAgedNumbers(heardMs: ReadonlyMap<number, number>, nowMs: number): AgedNumbers {
  const numbers = Uint32Array.from(heardMs.keys())
  const agesMs = Uint32Array.from(heardMs.values(), (at) => Math.max(0, nowMs - at))
  return { numbers, agesMs }
}
