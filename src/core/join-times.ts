/**
 * When a number joined, from one stored time per 64 numbers: between the first of its 64 and the first of the next 64
 * the joins are taken as evenly spread. Exact for the first of each 64, off by less than the time those 64 took to join.
 */
import { JOIN_BLOCK_SIZE, SEGMENT_SIZE } from './limits.ts'
import type { Tickets } from './tickets.ts'

/** Notes the time of a number just issued, when it is the first of its 64. */
export function noteJoinTime(tickets: Tickets, number: number, nowSeconds: number): void {
  const segment = tickets.segmentOf(number)
  const block = blockOf(number)
  if (segment !== undefined && segment.joinSeconds[block] === 0) segment.joinSeconds[block] = nowSeconds
}

/** Wall-clock seconds, null when nothing is known of that number. `lastJoinSeconds`: when the newest number joined. */
export function joinedSeconds(tickets: Tickets, number: number, lastJoinSeconds: number): number | null {
  const start = tickets.segmentOf(number)?.joinSeconds[blockOf(number)] ?? 0
  if (start === 0) return null
  const first = number - (number % JOIN_BLOCK_SIZE)
  const following = first + JOIN_BLOCK_SIZE
  const nextStart = tickets.segmentOf(following)?.joinSeconds[blockOf(following)] ?? 0
  const [end, size] = nextStart > 0 ? [nextStart, JOIN_BLOCK_SIZE] : [lastJoinSeconds, tickets.next - 1 - first]
  return size <= 0 ? start : start + Math.floor((Math.max(0, end - start) * (number - first)) / size)
}

function blockOf(number: number): number {
  return Math.floor((number % SEGMENT_SIZE) / JOIN_BLOCK_SIZE)
}
