/**
 * Derives figures from the object's own record: order of admission, most people on the site at
 * once, and the time until silent visitors were found. Pure: takes journal entries and samples,
 * returns numbers.
 */
import type { Journal, JournalEntry, Stats } from './admin-client.ts'
import type { LicenceFigures } from './licences.ts'

/** Entries kept for the table's list of latest events. */
const LATEST_ENTRIES = 50

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** Minimum, median and maximum, rounded to hundredths; null without values. */
export function spread(values: readonly number[]): Spread | null {
  const sorted = values.map((value) => Math.round(value * 100) / 100).sort((a, b) => a - b)
  const min = sorted[0]
  const median = sorted[Math.floor(sorted.length / 2)]
  const max = sorted.at(-1)
  return min === undefined || median === undefined || max === undefined ? null : { min, median, max }
}

export class Figures {
  /** The newest samples, null until the first was taken. */
  stats: Stats | null = null
  licences: LicenceFigures | null = null
  /** Sequence of the last journal entry read. */
  lastSequence = 0
  /**
   * Parts of the record were overwritten before they were read, so the figures below are
   * incomplete.
   */
  lost = false
  /** Admissions of a number below an earlier one, among numbers that were never absent. */
  orderViolations = 0
  /** Most slots ever taken at once: the higher of samples and recounted record. */
  maxActive = 0
  /** Admissions and expiries, counted one by one. */
  admissions = 0
  expiries = 0
  /** When each number was first admitted, by the object's clock; in order of admission. */
  readonly firstAdmissions = new Map<number, number>()
  readonly latest: JournalEntry[] = []
  #run: number | null = null
  readonly #holders = new Set<number>()
  readonly #everExpired = new Set<number>()
  readonly #lastExpiryMs = new Map<number, number>()
  #highestAdmitted = -1

  addSample(stats: Stats, licences: LicenceFigures): void {
    this.stats = stats
    this.licences = licences
    this.maxActive = Math.max(this.maxActive, stats.active)
  }

  addJournal(journal: Journal): void {
    // The record is in the object's memory: it restarts after a restart or a reset of the room.
    if (this.#run !== null && (journal.run !== this.#run || journal.last < this.lastSequence)) this.#beginAnew()
    this.#run = journal.run
    this.lost ||= journal.lost
    for (const entry of journal.entries) {
      this.lastSequence = Math.max(this.lastSequence, entry.sequence)
      this.#addEntry(entry)
    }
  }

  /**
   * The object's time, in milliseconds, at which it found the number gone after `sinceMs`; null if
   * not yet.
   */
  expiredAtMs(number: number, sinceMs: number): number | null {
    const atMs = this.#lastExpiryMs.get(number)
    return atMs !== undefined && atMs >= sinceMs ? atMs : null
  }

  #beginAnew(): void {
    this.lost = true
    this.lastSequence = 0
    this.admissions = 0
    this.expiries = 0
    this.firstAdmissions.clear()
    this.#holders.clear()
    this.#everExpired.clear()
    this.#lastExpiryMs.clear()
    this.#highestAdmitted = -1
  }

  #addEntry(entry: JournalEntry): void {
    this.latest.push(entry)
    if (this.latest.length > LATEST_ENTRIES) this.latest.shift()
    switch (entry.event) {
      case 'admitted':
        this.admissions += 1
        if (!this.firstAdmissions.has(entry.number)) this.firstAdmissions.set(entry.number, entry.atMs)
        this.#holders.add(entry.number)
        this.maxActive = Math.max(this.maxActive, this.#holders.size)
        this.#checkOrder(entry.number)
        break
      case 'expired':
        this.expiries += 1
        this.#everExpired.add(entry.number)
        this.#lastExpiryMs.set(entry.number, entry.atMs)
        this.#holders.delete(entry.number)
        break
      case 'left':
      case 'ended':
      case 'forgotten':
        this.#holders.delete(entry.number)
        break
      case 'joined':
      case 'claimed':
      case 'returned':
        break
    }
  }

  #checkOrder(number: number): void {
    // A visitor who was absent returns with the old number and follows higher ones: no violation.
    if (this.#everExpired.has(number)) return
    if (number < this.#highestAdmitted) this.orderViolations += 1
    this.#highestAdmitted = Math.max(this.#highestAdmitted, number)
  }
}
