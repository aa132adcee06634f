/** An isolate's knowledge of a room, from its object's answers: the run and the newest snapshot. */
import { ageMs } from '../core/age.ts'
import type { ExchangeAnswer, ExchangeRequest } from '../core/exchange.ts'
import { GATHERER_LIMITS } from '../core/gatherers.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { SnapshotView } from '../core/snapshot-view.ts'
import { GATHERERS_TOLD_MS, SNAPSHOT_FRESH_MAX_MS, SNAPSHOT_FRESH_MS, SNAPSHOT_OLD_MS } from './limits.ts'

export class KnownRoom {
  private newest: SnapshotView | null = null
  private receivedMs = Number.NEGATIVE_INFINITY
  private newestRun = 0
  private toldGatherers = 0
  private neededRun = 0

  /** The newest snapshot, null before the first answer. */
  get view(): SnapshotView | null {
    return this.newest
  }

  /** The run of the newest answer, or before any answer that of the newest authentic token. */
  get run(): number {
    return this.newestRun
  }

  /** Whether unused sessions end; true before the first answer, when that is unknown. */
  get hasIdleLimit(): boolean {
    return this.newest === null || (this.newest.snapshot.idleTimeoutSeconds ?? 0) > 0
  }

  /** An authentic token of this run was presented. */
  sawRun(run: number): void {
    this.neededRun = Math.max(this.neededRun, run)
  }

  /** A token told the number of gatherers `ageMs` ago. It counts until the first answer. */
  learnGatherers(gatherers: number, ageMs: number): void {
    if (this.newest !== null || ageMs >= GATHERERS_TOLD_MS) return
    this.toldGatherers = Math.max(this.toldGatherers, Math.min(gatherers, GATHERER_LIMITS.max))
  }

  /** Nothing has told how many gatherers there are. */
  get needsGatherers(): boolean {
    return this.newest === null && this.toldGatherers === 0
  }

  /** The part of a call that states this knowledge. */
  toWire(): Pick<ExchangeRequest, 'run' | 'gatherers' | 'needsRun'> {
    const gatherers = this.newest === null ? this.toldGatherers : (this.newest.snapshot.gatherers ?? 0)
    return {
      run: this.newestRun,
      ...(gatherers === 0 ? {} : { gatherers }),
      ...(this.neededRun <= this.newestRun ? {} : { needsRun: this.neededRun }),
    }
  }

  /**
   * Before the first answer, the newest authentic token decides the run. Returns whether the run
   * changed.
   */
  learnFirstRun(run: number): boolean {
    if (this.newest !== null || run <= this.newestRun) return false
    this.newestRun = run
    return true
  }

  /**
   * Whether the snapshot is fresh enough to answer from. `paceMs`: what the object demands between
   * two calls.
   */
  isFresh(nowMs: number, paceMs: number): boolean {
    const freshMs = Math.min(Math.max(SNAPSHOT_FRESH_MS, paceMs), SNAPSHOT_FRESH_MAX_MS)
    return this.newest !== null && ageMs(this.receivedMs, nowMs) <= freshMs
  }

  /** Keeps the newest snapshot by run and time. Returns whether another run has begun. */
  adopt({ snapshot, run }: ExchangeAnswer, nowMs: number): boolean {
    const known = this.newest?.snapshot
    if (known !== undefined) {
      if (isOlder(snapshot, known) && ageMs(this.receivedMs, nowMs) < SNAPSHOT_OLD_MS) return false
    }
    const isAnother = run !== this.newestRun
    this.newestRun = run
    this.receivedMs = nowMs
    if (known === undefined || !isSame(known, snapshot)) this.newest = new SnapshotView(snapshot)
    return isAnother
  }
}

/** By run and time. */
export function isOlder(snapshot: Snapshot, than: Snapshot): boolean {
  return snapshot.run < than.run || (snapshot.run === than.run && snapshot.atMs < than.atMs)
}

/**
 * The object sends one snapshot with several answers. Recognising it saves computing the prefix
 * sums again.
 */
function isSame(a: Snapshot, b: Snapshot): boolean {
  const sameMoment = a.run === b.run && a.atMs === b.atMs
  const sameRules = a.mode === b.mode && a.closed === b.closed && a.suspended === b.suspended && a.message === b.message
  const sameLost =
    a.lostPlaces?.length === b.lostPlaces?.length &&
    a.leftPlaces?.length === b.leftPlaces?.length &&
    a.movedPlaces?.length === b.movedPlaces?.length
  const sameEvent = a.event?.phase === b.event?.phase && a.draws?.length === b.draws?.length
  const sameLanes = lanesOf(a) === lanesOf(b) && a.gatherers === b.gatherers
  return (
    sameMoment &&
    sameRules &&
    sameLost &&
    sameEvent &&
    a.next === b.next &&
    a.frontier === b.frontier &&
    sameLanes &&
    a.waiting === b.waiting
  )
}

function lanesOf({ lanes }: Snapshot): string | undefined {
  return lanes?.map(({ next, frontier, waiting }) => `${next} ${frontier} ${waiting}`).join()
}
