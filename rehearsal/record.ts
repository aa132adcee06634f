/** The record of a rehearsal: plain data, from which every figure of the report is made. */

/** An estimate as it was shown, in seconds from `atMs` on. */
export interface ShownWait {
  readonly atMs: number
  readonly lowSeconds: number
  readonly highSeconds: number
}

export type Outcome =
  /** Was on the site. */
  | 'served'
  /** Left the line. */
  | 'gave-up'
  /** Full, closed or sold out. */
  | 'turned-away'
  /** No useful answer. */
  | 'failed'
  /** The rehearsal ended first. */
  | 'cut-off'

/** Times in ms since 1970, by the clock of this machine. Null: it did not happen. */
export interface VisitRecord {
  readonly arrivedMs: number
  readonly patienceMs: number
  readonly stayMs: number
  number: number | null
  /** The place was given up and another one taken. */
  hasChangedNumber: boolean
  outcome: Outcome | null
  /** When the last poll was sent that was answered "not yet". */
  lastWaitingMs: number | null
  admittedMs: number | null
  leftMs: number | null
  readonly estimates: ShownWait[]
  /** Time until the whole answer of each page of the site. */
  readonly siteMs: number[]
  requests: number
  /** By what went wrong: a status, or "no answer". */
  readonly errors: Map<string, number>
}

export function newRecord(plan: { readonly patienceMs: number; readonly stayMs: number }, atMs: number): VisitRecord {
  return {
    arrivedMs: atMs,
    patienceMs: plan.patienceMs,
    stayMs: plan.stayMs,
    number: null,
    hasChangedNumber: false,
    outcome: null,
    lastWaitingMs: null,
    admittedMs: null,
    leftMs: null,
    estimates: [],
    siteMs: [],
    requests: 0,
    errors: new Map(),
  }
}
