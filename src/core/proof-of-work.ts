/**
 * The proof of work before joining (`proof_of_work`): what counts as a solution, and how much work
 * `"auto"` asks of a newcomer.
 *
 * `"auto"` counts the newcomers of each network in the last minute, in this isolate. Two networks
 * count for each newcomer: the **client** (one IPv4 address, or an IPv6 /64: a home, a phone, an
 * office, a carrier's gateway) and its **neighbourhood** (IPv4 /24, IPv6 /48: what one customer of
 * a host rents). The one under more pressure decides. Callers name both by any text.
 */
import { hash as sha256 } from 'fast-sha256'
import { bytesOfAscii } from './hex.ts'
import {
  POW_AUTO_START_BITS,
  POW_CLIENT_FREE,
  POW_NEIGHBOURHOOD_FREE,
  POW_NETWORKS_MAX,
  POW_WINDOW_MS,
} from './limits.ts'

/** Newcomers of one client and of its neighbourhood in the last minute, not counting this one. */
export interface RecentNewcomers {
  readonly client: number
  readonly neighbourhood: number
}

/**
 * The bits that `"auto"` asks of a newcomer. 0: no proof at all, for the first newcomers of a
 * network in a minute, so always for the very first one.
 *
 * From there, each doubling of the newcomers asks for two more bits, which is four times the work
 * for each. So an attacker who joins twice as fast needs eight times the computers, while an
 * office whose people come within a minute each have a short wait.
 * @param max 0 to 24
 */
export function adaptiveBits({ client, neighbourhood }: RecentNewcomers, max: number): number {
  const pressure = Math.max((client + 1) / POW_CLIENT_FREE, (neighbourhood + 1) / POW_NEIGHBOURHOOD_FREE)
  if (pressure <= 1) return 0
  return Math.min(max, POW_AUTO_START_BITS + 2 * Math.floor(Math.log2(pressure)))
}

/**
 * Whether SHA-256 of `id:nonce` begins with this number of zero bits. A solver needs 2^bits hashes
 * on average.
 * @param id ASCII, like `nonce`
 */
export function solves(id: string, nonce: string, bits: number): boolean {
  return leadingZeroBits(sha256(bytesOfAscii(`${id}:${nonce}`))) >= bits
}

/** Of at most 32 bits. */
function leadingZeroBits(digest: Uint8Array): number {
  return Math.clz32(new DataView(digest.buffer, digest.byteOffset).getUint32(0))
}

/**
 * Counts newcomers by network in the last minute, approximately: in two generations, of which the
 * older one counts by the share of it that lies within the minute.
 *
 * Bounded: when a generation is full, the next one begins early. Then networks are forgotten
 * sooner, and newcomers are asked for less. Nobody is asked for more than their own networks
 * justify.
 */
export class NewcomerCounts {
  private counts = new Map<string, number>()
  private startMs = Number.NEGATIVE_INFINITY
  private older = new Map<string, number>()
  private olderStartMs = Number.NEGATIVE_INFINITY

  /** Adds one newcomer, and returns how many came before from the same networks. */
  add(client: string, neighbourhood: string, nowMs: number): RecentNewcomers {
    this.turn(nowMs)
    const before = {
      client: this.recent(`c ${client}`, nowMs),
      neighbourhood: this.recent(`n ${neighbourhood}`, nowMs),
    }
    for (const key of [`c ${client}`, `n ${neighbourhood}`]) this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
    return before
  }

  private recent(key: string, nowMs: number): number {
    const newer = this.counts.get(key) ?? 0
    const spanMs = this.startMs - this.olderStartMs
    const withinMs = this.startMs - Math.max(this.olderStartMs, nowMs - POW_WINDOW_MS)
    return newer + Math.floor((this.older.get(key) ?? 0) * Math.max(0, withinMs / spanMs))
  }

  private turn(nowMs: number): void {
    const ageMs = nowMs - this.startMs
    // The clock went back, or nobody came for two windows: all counts are of another time.
    if (ageMs < 0 || ageMs >= 2 * POW_WINDOW_MS) this.begin(new Map(), nowMs - POW_WINDOW_MS, nowMs)
    else if (ageMs >= POW_WINDOW_MS || this.counts.size >= POW_NETWORKS_MAX)
      this.begin(this.counts, this.startMs, nowMs)
  }

  private begin(older: Map<string, number>, olderStartMs: number, nowMs: number): void {
    // A generation that was full at once still has a length.
    this.olderStartMs = Math.min(olderStartMs, nowMs - 1)
    this.older = older
    this.counts = new Map()
    this.startMs = nowMs
  }
}
