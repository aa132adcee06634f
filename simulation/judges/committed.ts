/**
 * Judges every committed event from storage, not from the line's own counters: numbers, capacity,
 * rate, order, counters, the armed alarm, and that a restart would restore the same line.
 */
import type { JournalEntry } from '../../src/core/journal.ts'
import { SEGMENT_SIZE } from '../../src/core/limits.ts'
import type { Line } from '../../src/core/line.ts'
import type { StoredHead } from '../../src/core/line-state.ts'
import type { LineStats } from '../../src/core/line-stats.ts'
import type { LineRules } from '../../src/core/rules.ts'
import { ADMITTED_FLAG, DEPARTING_FLAG, RETURNS_MASK, STATE_MASK, State } from '../../src/core/ticket-state.ts'
import type { RoomInstance } from '../shipped.ts'
import type { SimulatedObject } from '../simulated-object.ts'
import type { Renumbering } from './draw.ts'
import type { Findings } from './findings.ts'
import { isLentByte, LentSlotsJudge, type TakenBack } from './lent-slots.ts'
import { RateWindow } from './rate-window.ts'
import { firstOfLane, laneOfNumber } from './specification.ts'

/** A full restart is compared after this many ticks, and after this many other events. */
const RESTORE_EVERY_TICKS = 3
const RESTORE_EVERY = 40

export class CommittedJudge {
  admitted = 0
  /** The most slots that an admission took beyond the capacity. */
  overshoot = 0
  /** Admitted regular numbers that were never absent, in order of admission. */
  readonly inOrder: number[] = []
  readonly lentSlots: LentSlotsJudge
  /** The next number by lane; 0: the regular line. */
  private nextByLane: ReadonlyMap<number, number> = new Map()
  private readonly everAbsent = new Set<number>()
  private readonly highestInOrder = new Map<number, number>()
  private occupied = 0
  private readonly stored = new Map<number, Uint8Array>()
  private rate = new RateWindow()
  private ticks = 0
  private events = 0
  private readonly findings: Findings

  constructor(findings: Findings) {
    this.findings = findings
    this.lentSlots = new LentSlotsJudge(findings)
  }

  /** The next number of the regular line. */
  get next(): number {
    return this.nextByLane.get(0) ?? 1
  }

  /** Numbers issued in all lanes. */
  get issued(): number {
    return [...this.nextByLane].reduce((sum, [lane, next]) => sum + next - firstOfLane(lane), 0)
  }

  wasIssued(number: number): boolean {
    return number < (this.nextByLane.get(laneOfNumber(number)) ?? 0)
  }

  /** A new run begins with nobody and a full rate. */
  startOver(): void {
    this.nextByLane = new Map()
    this.occupied = 0
    this.highestInOrder.clear()
    this.everAbsent.clear()
    this.stored.clear()
    this.inOrder.length = 0
    this.rate = new RateWindow()
    this.lentSlots.startOver()
  }

  /** A draw gave tickets other numbers. */
  renumber({ first, end, lineNumbers }: Renumbering): void {
    const bytes = [...lineNumbers].map(([issued, number]) => [number, this.byteOf(issued)] as const)
    for (const [number, byte] of bytes) {
      const index = Math.floor(number / SEGMENT_SIZE)
      const segment = Uint8Array.from(this.stored.get(index) ?? new Uint8Array(SEGMENT_SIZE))
      segment[number % SEGMENT_SIZE] = byte
      this.stored.set(index, segment)
    }
    const absent = [...this.everAbsent].filter((number) => number >= first && number < end)
    for (const number of absent) this.everAbsent.delete(number)
    for (const number of absent) this.everAbsent.add(lineNumbers.get(number) as number)
  }

  /**
   * `entries`: the journal of this event. Returns lent numbers that were taken back although
   * visitors hold them.
   */
  see(
    what: string,
    object: SimulatedObject,
    instance: RoomInstance,
    entries: readonly JournalEntry[],
    nowMs: number,
  ): TakenBack[] {
    const { line } = instance
    if (line === null) return []
    this.rate.pass(object.nowMs, line.rules)
    this.judgeOrder(entries)
    const takenBack = this.judgeSlots(what, object, entries, line.rules, nowMs)
    const { alarmAtMs, alarmDropped, isFiring } = object.clockwork
    const isAlarmDue = alarmAtMs !== null || alarmDropped || (isFiring && what !== 'tick')
    if (line.tickets.live > 0 && !isAlarmDue)
      this.findings.violation(`${line.tickets.live} live tickets, no alarm after ${what}`)
    const { occupied } = line.tickets
    const next = line.numbers.opened.map((lane) => [lane, line.numbers.of(lane).next])
    const stored = this.nextByLane.size === 0 ? [[0, 1]] : [...this.nextByLane]
    if (occupied !== this.occupied || String(next) !== String(stored)) {
      this.findings.violation(`stored: ${this.occupied} slots, next ${stored}; in memory: ${occupied}, ${next}`)
    }
    const isTurn = what === 'tick' ? this.ticks++ % RESTORE_EVERY_TICKS === 0 : this.events++ % RESTORE_EVERY === 0
    if (isTurn) this.judgeRestart(what, object, instance)
    return takenBack
  }

  /**
   * The stored states before and after show which tickets got a slot, and which slots are lent. The
   * journal must list exactly these, lent ones when their visitors are known.
   */
  private judgeSlots(
    what: string,
    object: SimulatedObject,
    entries: readonly JournalEntry[],
    { capacity, mode, leaseBelow = 0 }: LineRules,
    nowMs: number,
  ): TakenBack[] {
    const { lentSlots } = this
    const taken = this.readStored(object)
    const noted = new Set(entries.filter(({ event }) => event === 'admitted').map(({ number }) => number))
    const lent = taken.filter((number) => isLentByte(this.byteOf(number)))
    const admitted = taken.filter((number) => !lent.includes(number))
    const notedNow = [...noted].filter((number) => !lentSlots.isLent(number))
    if (admitted.length !== notedNow.length || notedNow.some((number) => !admitted.includes(number))) {
      this.findings.violation(`stored: ${admitted} got a slot, noted: ${notedNow}`)
    }
    this.admitted += noted.size
    const ended = lentSlots.all().filter((number) => !isLentByte(this.byteOf(number)))
    const takenBack: TakenBack[] = []
    for (const number of ended) {
      const toldMs = lentSlots.ended(number, this.byteOf(number), noted.has(number))
      if (toldMs !== null) takenBack.push({ number, toldMs })
    }
    for (const number of lent) lentSlots.lent(number, nowMs)
    if (taken.length === 0) return takenBack
    if (this.occupied > capacity) {
      this.overshoot = Math.max(this.overshoot, this.occupied - capacity)
      this.findings.violation(`${this.occupied} slots taken of ${capacity}`)
    }
    if (lent.length > 0 && this.occupied > leaseBelow * capacity) {
      this.findings.violation(`lent ${lent}: ${this.occupied} slots taken, more than ${leaseBelow} of ${capacity}`)
    }
    const byHand = what === 'admit-next'
    if (mode === 'paused' || (mode === 'queue-all' && !byHand)) {
      this.findings.violation(`${what}: ${taken} admitted while ${mode}`)
    }
    if (!byHand && !this.rate.admit(taken.length))
      this.findings.violation(`${taken.length} admitted faster than the rate`)
    return takenBack
  }

  private byteOf(number: number): number {
    return this.stored.get(Math.floor(number / SEGMENT_SIZE))?.[number % SEGMENT_SIZE] ?? 0
  }

  /** Reads the storage. Returns the numbers that hold a slot and did not before. */
  private readStored(object: SimulatedObject): number[] {
    if (!object.storage.takeWritten()) return []
    const [head] = object.storage.read('SELECT head FROM line')
    if (head === undefined) return []
    const next = nextByLane(JSON.parse(head.head as string))
    for (const [lane, before] of this.nextByLane) {
      const now = next.get(lane) ?? 0
      if (now < before) this.findings.violation(`the next number of lane ${lane} fell from ${before} to ${now}`)
    }
    const admitted: number[] = []
    const rows = object.storage.read('SELECT segment, states FROM segments')
    for (const { segment, states } of rows) {
      this.compare(segment as number, new Uint8Array(states as ArrayBuffer), next, admitted)
    }
    const kept = new Set(rows.map(({ segment }) => segment))
    for (const [index, before] of this.stored) {
      if (kept.has(index)) continue
      // Tickets admitted and ended in the same event: the counts cover them.
      this.occupied -= before.reduce((count, byte) => count + Number(holdsSlot(byte)), 0)
      this.stored.delete(index)
    }
    this.nextByLane = next
    return admitted
  }

  private compare(index: number, now: Uint8Array, next: ReadonlyMap<number, number>, admitted: number[]): void {
    const before = this.stored.get(index) ?? new Uint8Array(SEGMENT_SIZE)
    this.stored.set(index, now)
    if (Buffer.from(now.buffer).equals(before)) return
    for (let offset = 0; offset < SEGMENT_SIZE; offset++) {
      const to = now[offset] as number
      const from = before[offset] as number
      if (to === from) continue
      const number = index * SEGMENT_SIZE + offset
      const isLive = (to & STATE_MASK) !== State.gone
      if (isLive && (from & STATE_MASK) === State.gone && this.wasIssued(number))
        this.findings.violation(`${number} was issued twice`)
      const end = next.get(laneOfNumber(number)) ?? 0
      if (isLive && number >= end) this.findings.violation(`${number} lives, but the next number is ${end}`)
      this.occupied += Number(holdsSlot(to)) - Number(holdsSlot(from))
      if (holdsSlot(to) && !holdsSlot(from)) admitted.push(number)
    }
  }

  /**
   * Tickets that were never absent are admitted in order, in each lane. Lent ones were, when they
   * were lent.
   */
  private judgeOrder(entries: readonly JournalEntry[]): void {
    for (const { event, number } of entries) {
      if (event === 'expired') this.everAbsent.add(number)
      if (event !== 'admitted' || this.everAbsent.has(number) || this.lentSlots.isLent(number)) continue
      const lane = laneOfNumber(number)
      const highest = this.highestInOrder.get(lane) ?? 0
      if (number <= highest) this.findings.violation(`${number} admitted after ${highest}`)
      this.highestInOrder.set(lane, Math.max(highest, number))
      if (lane === 0) this.inOrder.push(number)
    }
  }

  /**
   * A tick stores everything, so a restart must restore the same line. Other events do not store
   * lazy changes: absence of waiting tickets, and flags.
   */
  private judgeRestart(what: string, object: SimulatedObject, instance: RoomInstance): void {
    const lazily = what !== 'tick'
    const restored = object.restored()
    const now = instance.line?.tickets.all() ?? []
    for (const segment of now) {
      const { states } = restored.line?.tickets.segmentAt(segment.index) ?? {}
      // A line is not stored before its first ticket.
      if (states === undefined && segment.live === 0) continue
      const differs = firstDifference(segment.states, states ?? new Uint8Array(SEGMENT_SIZE), lazily)
      if (differs < 0) continue
      const number = segment.index * SEGMENT_SIZE + differs
      this.findings.violation(
        `after ${what} a restart finds ${number} as ${states?.[differs]}, not ${segment.states[differs]}`,
      )
    }
    const { line: found } = restored
    if (lazily) instance.line?.verifyAll()
    const same = lazily || comparable(restored.stats()) === comparable(instance.stats())
    if (!same)
      this.findings.violation(`a restart finds ${comparable(restored.stats())}, not ${comparable(instance.stats())}`)
    if (found !== null && (found.frontier !== instance.line?.frontier || found.run !== instance.line.run)) {
      this.findings.violation(`after ${what} a restart finds frontier ${found.frontier} of run ${found.run}`)
    }
    const [lanesFound, lanes] = [lanesOf(found), lanesOf(instance.line)]
    if (found !== null && lanesFound !== lanes)
      this.findings.violation(`after ${what} a restart finds lanes ${lanesFound}, not ${lanes}`)
  }
}

/** The stored head has the next number of the regular line, or of each lane. */
function nextByLane(head: StoredHead): Map<number, number> {
  const { next, lanes } = head
  return new Map([[0, lanes?.next ?? next], ...(lanes?.opened ?? []).map((lane) => [lane.index, lane.next] as const)])
}

function lanesOf(line: Line | null): string {
  return JSON.stringify([line?.numbers.toStored(), line?.numbers.hasLanes && line.laneOrder.toStored()])
}

function holdsSlot(byte: number): boolean {
  const state = byte & STATE_MASK
  return state === State.offered || state === State.active
}

function firstDifference(now: Uint8Array, stored: Uint8Array, lazily: boolean): number {
  for (let i = 0; i < SEGMENT_SIZE; i++) {
    if (now[i] !== stored[i] && asStored(now[i] as number, lazily) !== asStored(stored[i] as number, lazily)) return i
  }
  return -1
}

/**
 * Ignores what a restart may lose: flags, returns, and the difference between waiting and absent.
 */
function asStored(byte: number, lazily: boolean): number {
  const kept = byte & ~DEPARTING_FLAG
  if (!lazily) return kept
  const once = kept & ~RETURNS_MASK
  return (once & STATE_MASK) === State.absent ? (once & ~(STATE_MASK | ADMITTED_FLAG)) | State.waiting : once
}

/**
 * Without the time, and without figures that are only in memory: the last waits and the counts of
 * calls.
 */
function comparable(stats: LineStats | null): string {
  return JSON.stringify(stats, (key, value) =>
    /^(atMs|calls|gatheredCalls|rowsWritten|waitSecondsP\d+)$/.test(key) ? undefined : value,
  )
}
