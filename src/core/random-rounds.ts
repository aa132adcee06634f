/**
 * Random order in rounds. A round is a range of numbers that newcomers get in random order. The
 * next round begins when the numbers are used up, so nobody is overtaken by later rounds.
 *
 * A round has about as many numbers as people wait when it begins. Only the others of the same
 * round can overtake a newcomer, which bounds the longest wait.
 *
 * Kept in memory only. After a restart, or when somebody got a number beyond the round, a new round
 * begins and the numbers that are left are never issued.
 */
import { fnv1a } from './text-hash.ts'

const ROUND_MIN = 64
const ROUND_MAX = 4096

interface RoundNumbers {
  /** The first number that is in no round and was never issued. */
  next: number
}

export class RandomRounds {
  private left: number[] = []
  private end = 0

  /**
   * A number for a newcomer who waits.
   * @param entropy random text that no visitor chooses
   * @param endOfLane above the last number that can be issued; one is left at least
   */
  take(lane: RoundNumbers, waiting: number, endOfLane: number, entropy: string): number {
    if (this.left.length === 0 || this.end !== lane.next) this.begin(lane, waiting, endOfLane)
    const at = hash(entropy) % this.left.length
    const number = this.left[at] as number
    const last = this.left.pop() as number
    if (at < this.left.length) this.left[at] = last
    return number
  }

  private begin(lane: RoundNumbers, waiting: number, endOfLane: number): void {
    const size = Math.min(Math.max(waiting, ROUND_MIN), ROUND_MAX, endOfLane - lane.next)
    const first = lane.next
    this.left = Array.from({ length: size }, (_, i) => first + i)
    lane.next += size
    this.end = lane.next
  }
}

/** FNV-1a, then mixed: similar texts must not get numbers near each other. */
function hash(text: string): number {
  let value = fnv1a(text)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
