/**
 * How many visitors joined from each network in the last hour, and the class of each join by that.
 *
 * Counts are kept in memory only: after a restart of the object all networks are new again. They
 * are kept in slots of ten minutes, so a count covers 50 to 60 minutes. Bounded: while
 * `JOIN_NETWORKS_MAX` counts are kept, joins from further networks are not remembered and always
 * count as the first ones. The networks that are known keep being counted.
 */
import { ageMs } from './age.ts'
import type { TotalName } from './figures.ts'
import { JOIN_NETWORK_SLOT_MS, JOIN_NETWORK_SLOTS, JOIN_NETWORKS_MAX } from './limits.ts'

/** By ascending number of joins, the first class that fits counts the join. */
const CLASSES = [
  { upTo: 3, total: 'joinedFromQuietNetworks' },
  { upTo: 20, total: 'joinedFromSharedNetworks' },
  { upTo: 200, total: 'joinedFromBusyNetworks' },
  { upTo: Number.POSITIVE_INFINITY, total: 'joinedFromCrowdedNetworks' },
] as const satisfies readonly { readonly upTo: number; readonly total: TotalName }[]

export type NetworkClass = (typeof CLASSES)[number]['total']

export const NETWORK_CLASSES: readonly NetworkClass[] = CLASSES.map(({ total }) => total)

interface Slot {
  readonly fromMs: number
  readonly joins: Map<number, number>
}

export class JoinNetworks {
  /** Newest last. */
  private slots: Slot[] = []

  /**
   * Counts a join; its class, by how many joined from its network in the last hour with it.
   * @param network 32 bits, see `Newcomer`
   */
  add(network: number, nowMs: number): NetworkClass {
    const current = this.slotAt(nowMs)
    const known = this.slots.reduce((sum, { joins }) => sum + (joins.get(network) ?? 0), 0)
    // At the bound a network that is known from an earlier slot is counted there.
    const isFull = !current.has(network) && this.size >= JOIN_NETWORKS_MAX
    const counts = isFull ? this.slots.findLast(({ joins }) => joins.has(network))?.joins : current
    counts?.set(network, (counts.get(network) ?? 0) + 1)
    return (CLASSES.find(({ upTo }) => known < upTo) as (typeof CLASSES)[number]).total
  }

  /** Counts kept: one for each network and slot. */
  get size(): number {
    return this.slots.reduce((sum, { joins }) => sum + joins.size, 0)
  }

  private slotAt(nowMs: number): Map<number, number> {
    const hasPassed = ({ fromMs }: Slot, slots: number) => ageMs(fromMs, nowMs) >= slots * JOIN_NETWORK_SLOT_MS
    this.slots = this.slots.filter((slot) => !hasPassed(slot, JOIN_NETWORK_SLOTS))
    const last = this.slots.at(-1)
    if (last !== undefined && !hasPassed(last, 1)) return last.joins
    const joins = new Map<number, number>()
    this.slots.push({ fromMs: nowMs, joins })
    return joins
  }
}
