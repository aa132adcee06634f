/**
 * The rules of access keys: whether a key may be redeemed, and for which place.
 *
 * A key's uses and places are rows of the object's storage, by subject: the key, the person, and
 * for keys with many uses each join. The shell reads the rows that a call may need before the call
 * (`accessSubjects`) and writes the changed ones together with the line, so a redemption and its
 * place are stored both or neither. Nothing here grows with the keys that were redeemed.
 */
import { KEY_PLACE_NEW_MS, TAKE_OVERS_MAX } from './limits.ts'

/**
 * A key that a newcomer presents, verified by the isolate. It crosses the RPC: fields may only be
 * added.
 */
export interface AccessClaim {
  readonly id: string
  /** Places that the key is good for. */
  readonly uses: number
  readonly expSeconds: number
  /** The only run in which the key counts; missing: any. */
  readonly run?: number
  /** Keyed hash of a person, who has one live place at most. */
  readonly person?: string
  /** Past the room: the key's use takes no number. */
  readonly skips?: boolean
  /** The visitor confirmed that the place moves to this device. */
  readonly takeOver?: boolean
  /** The visitor's present place, which the new one replaces. */
  readonly from?: HeldPlace
}

/** A place as its token states it. */
export interface HeldPlace {
  /** The issued number. */
  readonly number: number
  /** See `Holders`. */
  readonly holder: number
  /** In another run the number is somebody else's. Missing: the run under way. */
  readonly run?: number
}

/** One stored row. */
export interface AccessRow {
  readonly subject: string
  readonly keyId: string
  /** Rows of another run do not count, except for `revoked`. */
  readonly run: number
  readonly uses: number
  readonly used: number
  /** The issued number of the newest place, 0: none. */
  readonly number: number
  /** Which device held the place when this row was written: see `Holders`. */
  readonly holder: number
  /** The join that got the place last. */
  readonly joinKey: string
  readonly expSeconds: number
  readonly revoked: boolean
  /** When the place was got or taken over, wall-clock ms. */
  readonly atMs: number
}

export function keySubject(id: string): string {
  return `k:${id}`
}

function subjectsOf(joinKey: string, { id, person }: AccessClaim) {
  return { key: keySubject(id), person: person === undefined ? null : `p:${person}`, join: `j:${joinKey}` }
}

/** The subjects of all rows that these joins may read. */
export function accessSubjects(
  joins: readonly string[],
  details: readonly { readonly access?: AccessClaim }[] = [],
): string[] {
  const subjects = new Set<string>()
  for (const [i, joinKey] of joins.entries()) {
    const access = details[i]?.access
    if (access === undefined) continue
    for (const subject of Object.values(subjectsOf(joinKey, access))) if (subject !== null) subjects.add(subject)
  }
  return [...subjects]
}

/** The rows of one event. Later joins of the event see the changes of earlier ones. */
export class AccessRows {
  private readonly rows: Map<string, AccessRow>
  private readonly changed = new Map<string, AccessRow>()

  constructor(stored: Iterable<AccessRow> = []) {
    this.rows = new Map(Array.from(stored, (row) => [row.subject, row]))
  }

  get(subject: string | null): AccessRow | undefined {
    return subject === null ? undefined : this.rows.get(subject)
  }

  put(row: AccessRow): void {
    this.rows.set(row.subject, row)
    this.changed.set(row.subject, row)
  }

  /** The rows to store. */
  get changes(): readonly AccessRow[] {
    return [...this.changed.values()]
  }
}

/** The part of the line that the rules look at. Numbers are issued ones. */
export interface AccessWorld {
  readonly run: number
  readonly nowMs: number
  isLive(number: number): boolean
  holderOf(number: number): number
}

export type AccessRefusal = 'key-used' | 'key-revoked' | 'key-expired'

export type AccessDecision =
  /** A new place, which counts as a use. */
  | { readonly kind: 'redeem' }
  /** The place that this join has already got. */
  | { readonly kind: 'same'; readonly number: number; readonly holder: number }
  /** Another device holds the place. `isNew`: only just, so this may be the same browser. */
  | { readonly kind: 'elsewhere'; readonly number: number; readonly isNew: boolean }
  /** This device takes the place over. `holder`: its generation from now on. */
  | { readonly kind: 'take-over'; readonly number: number; readonly holder: number }
  /** Past the room, as this join went before. */
  | { readonly kind: 'pass' }
  | { readonly kind: 'refuse'; readonly why: AccessRefusal }

/** The visitor's present place in this run; undefined: there is none. */
export function presentIn({ from }: AccessClaim, run: number): HeldPlace | undefined {
  return (from?.run ?? run) === run ? from : undefined
}

/** Decides about one join with a key. Changes nothing. */
export function decideAccess(
  joinKey: string,
  claim: AccessClaim,
  rows: AccessRows,
  world: AccessWorld,
): AccessDecision {
  const { key, person, join } = rowsOf(joinKey, claim, rows, world.run)
  const isOver = claim.expSeconds * 1000 <= world.nowMs || (claim.run ?? world.run) !== world.run
  const repeated = [join, key, person].find((row) => row?.joinKey === joinKey)
  // A lost answer: even if the key has expired since, or was revoked without its place.
  if (repeated !== undefined && isHeldBy(repeated, world)) {
    return { kind: 'same', number: repeated.number, holder: repeated.holder }
  }
  if (rows.get(keySubject(claim.id))?.revoked === true) return { kind: 'refuse', why: 'key-revoked' }
  if (isOver) return { kind: 'refuse', why: 'key-expired' }
  if (claim.skips === true && repeated?.number === 0) return { kind: 'pass' }
  const place = livePlace(key, person, claim, world)
  if (place !== null) return place
  return (key?.used ?? 0) >= claim.uses ? { kind: 'refuse', why: 'key-used' } : { kind: 'redeem' }
}

function rowsOf(joinKey: string, claim: AccessClaim, rows: AccessRows, run: number) {
  const subjects = subjectsOf(joinKey, claim)
  const ofRun = (subject: string | null) => {
    const row = rows.get(subject)
    return row?.run === run ? row : undefined
  }
  return { key: ofRun(subjects.key), person: ofRun(subjects.person), join: ofRun(subjects.join) }
}

function isHeldBy({ number, holder }: AccessRow, world: AccessWorld): boolean {
  return number > 0 && world.isLive(number) && world.holderOf(number) === holder
}

/**
 * The live place of the key or of the person, which prevents a new one; null: there is none. A key
 * with many uses has many places, so only one with a single use is bound to its place.
 */
function livePlace(
  key: AccessRow | undefined,
  person: AccessRow | undefined,
  claim: AccessClaim,
  world: AccessWorld,
): AccessDecision | null {
  const from = presentIn(claim, world.run)
  const isOwn = ({ number }: AccessRow) => from?.number === number && from.holder === world.holderOf(number)
  const isLive = (row: AccessRow | undefined) => row !== undefined && row.number > 0 && world.isLive(row.number)
  if (claim.uses === 1 && key !== undefined && isLive(key)) {
    const { number } = key
    return isOwn(key) ? { kind: 'same', number, holder: world.holderOf(number) } : elsewhere(key, claim, world)
  }
  // With `from`, a person's own place is replaced in the same event.
  return person === undefined || !isLive(person) || isOwn(person) ? null : elsewhere(person, claim, world)
}

function elsewhere({ number, atMs }: AccessRow, { takeOver }: AccessClaim, world: AccessWorld): AccessDecision {
  const holder = world.holderOf(number) + 1
  if (takeOver !== true) return { kind: 'elsewhere', number, isNew: world.nowMs - atMs < KEY_PLACE_NEW_MS }
  return holder > TAKE_OVERS_MAX ? { kind: 'refuse', why: 'key-used' } : { kind: 'take-over', number, holder }
}

/** Notes a use: `number` is the new place, 0 for a pass. */
export function noteUse(
  joinKey: string,
  claim: AccessClaim,
  number: number,
  rows: AccessRows,
  { run, nowMs }: Pick<AccessWorld, 'run' | 'nowMs'>,
): void {
  const subjects = subjectsOf(joinKey, claim)
  const { key } = rowsOf(joinKey, claim, rows, run)
  const { id: keyId, uses, expSeconds } = claim
  const place = { keyId, run, uses, number, holder: 0, joinKey, expSeconds, revoked: false, atMs: nowMs }
  rows.put({ ...place, subject: subjects.key, used: (key?.used ?? 0) + 1 })
  if (uses > 1) rows.put({ ...place, subject: subjects.join, used: 1 })
  if (subjects.person === null || number === 0) return
  const known = rows.get(subjects.person)
  const lasting = Math.max(expSeconds, known?.expSeconds ?? 0)
  rows.put({ ...place, subject: subjects.person, used: 1, expSeconds: lasting })
}

/** Notes that this join's device took over a place. The use of the key stays what it was. */
export function noteTakeOver(
  joinKey: string,
  claim: AccessClaim,
  { number, holder }: HeldPlace,
  rows: AccessRows,
  { run, nowMs }: Pick<AccessWorld, 'run' | 'nowMs'>,
): void {
  const { key, person } = rowsOf(joinKey, claim, rows, run)
  for (const row of [key, person]) {
    if (row?.number === number) rows.put({ ...row, holder, joinKey, atMs: nowMs })
  }
}
