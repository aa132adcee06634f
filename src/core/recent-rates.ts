/**
 * How fast the line moved recently: admissions per minute, and the share of waiting visitors who
 * leave per minute.
 *
 * Exponentially decayed sums with a time constant of 120 s. Time counts only while someone waits,
 * because an empty line says nothing about how fast a full one would move.
 */
import { RATE_WINDOW_SECONDS } from './limits.ts'

/** All sums are decayed. */
export interface RecentRatesState {
  /** Admissions from the line. */
  readonly admissions: number
  /** Visitors who left the line, minus those who came back. */
  readonly leavers: number
  /** Seconds in which someone waited. */
  readonly seconds: number
  /** Visitors waiting x seconds. */
  readonly personSeconds: number
}

export class RecentRates {
  private admissions: number
  private leavers: number
  private seconds: number
  private personSeconds: number

  constructor(state: RecentRatesState = { admissions: 0, leavers: 0, seconds: 0, personSeconds: 0 }) {
    this.admissions = state.admissions
    this.leavers = state.leavers
    this.seconds = state.seconds
    this.personSeconds = state.personSeconds
  }

  /** Time passed while `waiting` visitors waited. */
  pass(elapsedMs: number, waiting: number): void {
    if (elapsedMs <= 0 || waiting === 0) return
    const seconds = elapsedMs / 1000
    const kept = Math.exp(-seconds / RATE_WINDOW_SECONDS)
    this.admissions *= kept
    this.leavers *= kept
    this.seconds = this.seconds * kept + seconds
    this.personSeconds = this.personSeconds * kept + seconds * waiting
  }

  admitted(): void {
    this.admissions++
  }

  leftLine(count: number): void {
    this.leavers += count
  }

  returned(): void {
    this.leavers = Math.max(0, this.leavers - 1)
  }

  /** Null until there is enough evidence: half an admission and one second. */
  get admittedPerMinute(): number | null {
    return this.admissions < 0.5 || this.seconds < 1 ? null : (this.admissions / this.seconds) * 60
  }

  /** Decayed number of admissions behind the rate. */
  get observedAdmissions(): number {
    return this.admissions
  }

  /** Leavers per waiting visitor and minute, 0 or more. */
  get leaverSharePerMinute(): number {
    return this.personSeconds < 1 ? 0 : (this.leavers / this.personSeconds) * 60
  }

  toStored(): RecentRatesState {
    const { admissions, leavers, seconds, personSeconds } = this
    return { admissions, leavers, seconds, personSeconds }
  }
}
