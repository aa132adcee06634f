/**
 * The slots that a room's object lent to this isolate: numbers to give to newcomers, and reports of
 * the numbers that were used or come back.
 *
 * A number is given to one visitor at most, before its lease ends. Reports are repeated in each
 * call until one is answered. Bounded by the object, which lends no more until it knows of them.
 */
import type { ExchangeRequest, JoinDetails } from '../core/exchange.ts'
import type { Lease } from '../core/lending.ts'
import { LEASE_LIFE_MS } from '../core/limits.ts'
import type { Snapshot } from '../core/snapshot.ts'

type WireLeases = Pick<ExchangeRequest, 'wantsLease' | 'leased' | 'leasedDetails' | 'unusedLent'>

/** Numbers from `next` up to, but not including, `end`. */
interface Free {
  next: number
  readonly end: number
  readonly endMs: number
}

/** A number that was given to a newcomer. */
interface Used {
  readonly atMs: number
  readonly details: JoinDetails
}

/** Newcomers are counted in steps of this. */
const STEP_MS = 500

/** A lease would mostly come back unused if fewer newcomers came within its life. */
const NEWCOMERS_MIN = 2

export class Leases {
  private free: Free[] = []
  private readonly used = new Map<number, Used>()
  private readonly unused = new Set<number>()
  private newcomers: { readonly step: number; count: number }[] = []
  private lookedMs = Number.NEGATIVE_INFINITY
  /** Free numbers when the newest lease came. */
  private filled = 0

  /** The next free number, for a newcomer who needs nothing else from the object; null: none. */
  take(nowMs: number, details: JoinDetails = {}): number | null {
    this.endLeases(nowMs)
    this.countNewcomer(nowMs)
    const [first] = this.free
    if (first === undefined) return null
    const number = first.next++
    if (first.next === first.end) this.free.shift()
    this.used.set(number, { atMs: nowMs, details })
    return number
  }

  /** Less than half of the numbers are left: time for another lease. */
  get isLow(): boolean {
    return this.left * 2 < this.filled
  }

  private get left(): number {
    return this.free.reduce((sum, { next, end }) => sum + end - next, 0)
  }

  /** A lease arrived. `startMs`: when its call began, before the object lent the slots. */
  add({ first, count, lifeMs }: Lease, startMs: number, nowMs: number): void {
    this.endLeases(nowMs)
    this.free.push({ next: first, end: first + count, endMs: startMs + Math.min(lifeMs, LEASE_LIFE_MS) })
    this.filled = this.left
    this.endLeases(nowMs)
  }

  /**
   * Ends the leases whose time is over, and all when the clock went back: their time is unknown.
   */
  endLeases(nowMs: number): void {
    if (nowMs < this.lookedMs) this.endAll()
    this.lookedMs = nowMs
    for (const { next, end, endMs } of this.free) if (nowMs >= endMs) this.giveBack(next, end)
    this.free = this.free.filter(({ endMs }) => nowMs < endMs)
  }

  /** Someone waits, or the room does not admit. */
  endAll(): void {
    for (const { next, end } of this.free) this.giveBack(next, end)
    this.free = []
    this.newcomers = []
  }

  private giveBack(next: number, end: number): void {
    for (let number = next; number < end; number++) this.unused.add(number)
  }

  /** For a new run: numbers of the previous run mean nothing in it. */
  forget(): void {
    this.free = []
    this.used.clear()
    this.unused.clear()
  }

  /** Whether nothing here justifies a call. */
  get isEmpty(): boolean {
    return this.used.size + this.unused.size === 0
  }

  /** When the last lease ends, so that its numbers come back; null: there is none. */
  get endsMs(): number | null {
    return this.free.length === 0 ? null : Math.max(...this.free.map(({ endMs }) => endMs))
  }

  toWire(nowMs: number): WireLeases {
    const { used, unused } = this
    const wanted = this.wanted(nowMs)
    const numbers = Uint32Array.from(used.keys())
    const agesMs = Uint32Array.from(used.values(), ({ atMs }) => Math.max(0, nowMs - atMs))
    return {
      ...(wanted < NEWCOMERS_MIN ? {} : { wantsLease: wanted }),
      ...(used.size === 0
        ? {}
        : { leased: { numbers, agesMs }, leasedDetails: [...used.values()].map(({ details }) => details) }),
      ...(unused.size === 0 ? {} : { unusedLent: Uint32Array.from(unused) }),
    }
  }

  /** A call with these reports was answered. */
  answered({ leased, unusedLent }: WireLeases): void {
    for (const number of leased?.numbers ?? []) this.used.delete(number)
    for (const number of unusedLent ?? []) this.unused.delete(number)
  }

  private countNewcomer(nowMs: number): void {
    const step = Math.floor(nowMs / STEP_MS)
    const last = this.newcomers.at(-1)
    if (last?.step === step) last.count++
    else this.newcomers = [...this.recentNewcomers(nowMs), { step, count: 1 }]
  }

  /** The newcomers of the time that a lease lives. As many are expected in the next one. */
  private wanted(nowMs: number): number {
    return this.recentNewcomers(nowMs).reduce((sum, { count }) => sum + count, 0)
  }

  private recentNewcomers(nowMs: number) {
    const now = Math.floor(nowMs / STEP_MS)
    return this.newcomers.filter(({ step }) => step <= now && now - step < LEASE_LIFE_MS / STEP_MS)
  }
}

/** Whether newcomers may enter with lent numbers, as far as a snapshot knows: nobody waits. */
export function allowsLeases({ waiting, mode, suspended, closed, soldOut, event }: Snapshot): boolean {
  const admits = mode === 'open' && !(suspended || closed || soldOut)
  return admits && waiting === 0 && (event?.phase ?? 'running') === 'running'
}
