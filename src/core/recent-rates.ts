/**
 * How fast the line moved recently: admissions per minute, and the share of those who wait that leaves per minute.
 *
 * Exponentially decayed sums with a time constant of 120 s, counted only while someone waits: an empty line says nothing
 * about how fast a full one would move.
 */
import { RATE_WINDOW_SECONDS } from './limits.ts'

export interface RecentRatesState {
  /** Decayed number of admissions from the line. */
  readonly admissions: number
  /** Decayed number of leavers from the line less those who came back. */
  readonly leavers: number
  /** Decayed seconds in which someone waited. */
  readonly seconds: number
  /** Decayed sum of people x seconds waited. */
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

  /** Lets time pass while `waiting` people wait. */
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

  /** Admissions per minute, null while there is nothing to go by. */
  get admittedPerMinute(): number | null {
    return this.admissions < 0.5 || this.seconds < 1 ? null : (this.admissions / this.seconds) * 60
  }

  /** Decayed number of admissions the rate rests on. */
  get observedAdmissions(): number {
    return this.admissions
  }

  /** Leavers per waiting person and minute, 0 or more. */
  get leaverSharePerMinute(): number {
    return this.personSeconds < 1 ? 0 : (this.leavers / this.personSeconds) * 60
  }

  toStored(): RecentRatesState {
    const { admissions, leavers, seconds, personSeconds } = this
    return { admissions, leavers, seconds, personSeconds }
  }
}
