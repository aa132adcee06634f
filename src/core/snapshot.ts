/**
 * The line at one moment, small enough to send with every answer. Isolates answer waiting visitors
 * from it without a call.
 *
 * One byte per block of 256 numbers with a waiting ticket: a million waiting visitors without gaps
 * take about 4 KB. The object takes snapshots; isolates read them (snapshot-view.ts).
 */
import { hasFreeSlot } from './admission.ts'
import { ageMs } from './age.ts'
import type { BeaconRound } from './beacon-rounds.ts'
import type { DrawResult } from './draw-result.ts'
import { lastEnded, phaseUnderWay } from './events.ts'
import {
  hasAllAdmissions,
  type LaneFigures,
  type LaneInSnapshot,
  laneFigures,
  lanesInSnapshot,
} from './lane-snapshot.ts'
import { REGULAR } from './lanes.ts'
import { BLOCK_BITS, BLOCKS_PER_SEGMENT, SEGMENT_BITS } from './limits.ts'
import type { Line } from './line.ts'
import type { RatePiece } from './rate-plan.ts'
import { type EntryRules, isClosed, type LineMode, type LineRules, messageNow, type QueueingMethod } from './rules.ts'

/**
 * The figures of the regular line, except that in a room with lanes `waiting` counts all lanes, and
 * `next` is above all issued numbers. So an isolate of an older deploy, which knows no lanes, takes
 * them for a part of the line behind the regular one.
 */
export interface Snapshot extends LaneFigures {
  readonly run: number
  /** The object's wall-clock time, ms since 1970. */
  readonly atMs: number
  readonly mode: LineMode
  /** Missing: `fifo`. */
  readonly method?: QueueingMethod
  /** Slots taken: offered + active. */
  readonly active: number
  readonly capacity: number
  /**
   * The rate in force: the configured one, scaled by the origin guard; 0: nobody is admitted for
   * now.
   */
  readonly ratePerMinute: number
  /** Newcomers would be answered "full". */
  readonly full: boolean
  /** Runs of blocks with a waiting ticket, as pairs (first block, number of blocks), ascending. */
  readonly blockRuns: Uint32Array
  /** For each block of these runs in turn: its waiting tickets, less 1 (1 to 256 in one byte). */
  readonly blockCounts: Uint8Array
  readonly admittedPerMinute: number | null
  readonly observedAdmissions: number
  readonly leaverSharePerMinute: number
  readonly heartbeatTimeoutSeconds: number
  readonly sessionTimeoutSeconds: number
  readonly reclaimGraceSeconds: number
  /** Optional: objects of older deploys do not send the following. Newcomers are refused. */
  readonly closed?: boolean
  /** When a closed room opens, ms since 1970; null: unknown. */
  readonly opensAtMs?: number | null
  /** The room is switched off: visitors go straight to the site. */
  readonly suspended?: boolean
  /** The operators' message to everyone in line. */
  readonly message?: string | null
  /**
   * Numbers from the frontier on that lost their place, newest last. Their polls are answered by
   * the object.
   */
  readonly lostPlaces?: Uint32Array
  /** The same for numbers that were given up. */
  readonly leftPlaces?: Uint32Array
  /** An unused session ends after this; 0 or missing: never. */
  readonly idleTimeoutSeconds?: number
  /** The origin guard's factor on the configured rate, 0 to 1. */
  readonly admissionFactor?: number
  /** The event under way, from the opening of its lobby; null or missing: none. */
  readonly event?: EventInSnapshot | null
  /** The event that ended last, for a day, while none is under way. */
  readonly lastEvent?: Pick<EventInSnapshot, 'id' | 'name' | 'startAtMs' | 'endAtMs'> | null
  /** Draws to compute line numbers with, and to publish; newest last. */
  readonly draws?: readonly DrawResult[]
  /** Pairs (issued number, generation) of places that moved to another device: see holders.ts. */
  readonly movedPlaces?: Uint32Array
  /** Everything is sold: nobody joins or is admitted. */
  readonly soldOut?: boolean
  /** How isolates treat newcomers. A missing setting: as deployed. */
  readonly entry?: EntryRules
  /** `entry.turnstile_mode` for isolates of older deploys. */
  readonly turnstileMode?: string
  /** Visitors from this number on poll at up to `pollIntervalMaxSeconds`. Missing: nobody does. */
  readonly farFrom?: number
  readonly pollIntervalMaxSeconds?: number
  /** The regular line, then the lanes, by index. Missing: no lane was used in this run. */
  readonly lanes?: readonly LaneInSnapshot[]
  /** The configured rates in the time to come, for estimates. Missing: the rate stays as it is. */
  readonly ratePieces?: readonly RatePiece[]
  /** The number of gatherers that isolates call (gatherers.ts). Missing: they call the object. */
  readonly gatherers?: number
  /** The directory's version of the room's settings. Missing: they are deployed. */
  readonly settingsVersion?: number
}

export interface EventInSnapshot {
  readonly id: string
  readonly name: string
  readonly phase: 'lobby' | 'drawing' | 'running'
  readonly lobbyAtMs: number | null
  readonly startAtMs: number
  readonly endAtMs: number
  readonly draw: boolean
  /** Tickets from this number on take part in the draw that is still to be made; null: none. */
  readonly firstEntry: number | null
  /** ... and below this one; null: newcomers still take part. */
  readonly entriesEnd: number | null
  /** SHA-256 of the draw's secret, hex; null: the event has no draw. */
  readonly commitment: string | null
  /** The round of public randomness that the draw uses; null: none, or not known yet. */
  readonly beacon: BeaconRound | null
}

/**
 * The cost grows with the number of segments with a waiting ticket, not with the number of tickets.
 */
export function takeSnapshot(line: Line, nowMs: number, gatherers = 0): Snapshot {
  const { tickets, rules } = line
  const { event: _, ...flow } = line.course.flow
  const lanes = lanesInSnapshot(line)
  return {
    run: line.run,
    ...flow,
    atMs: nowMs,
    ...laneFigures(line, REGULAR),
    next: line.numbers.end,
    waiting: tickets.waiting,
    active: tickets.occupied,
    capacity: rules.capacity,
    full: tickets.isFull || tickets.waiting >= rules.maxWaiting || rejectsNow(line),
    ...(rules.method === undefined ? {} : { method: rules.method }),
    ...waitingBlocks(line),
    heartbeatTimeoutSeconds: rules.heartbeatTimeoutSeconds,
    sessionTimeoutSeconds: rules.sessionTimeoutSeconds,
    reclaimGraceSeconds: rules.reclaimGraceSeconds,
    lostPlaces: line.lostPlaces(nowMs),
    leftPlaces: line.leftPlaces(nowMs),
    idleTimeoutSeconds: rules.idleTimeoutSeconds,
    // Isolates of older deploys know only closed rooms.
    closed: isClosed(rules, nowMs) || rules.soldOut,
    opensAtMs: isClosed(rules, nowMs) ? rules.opensAtMs : null,
    suspended: rules.suspended,
    message: messageNow(rules, nowMs),
    soldOut: rules.soldOut,
    ...movedPlaces(line, nowMs),
    ...entryFields(rules),
    pollIntervalMaxSeconds: rules.pollIntervalMaxSeconds,
    ...(Number.isFinite(line.farFrom) ? { farFrom: line.farFrom } : {}),
    ...(lanes === undefined ? {} : { lanes }),
    ...(gatherers === 0 ? {} : { gatherers }),
    ...eventFields(line),
  }
}

/** The rate is left out: it may allow an admission a moment later. */
function rejectsNow({ tickets, rules }: Line): boolean {
  return rules.method === 'reject' && (tickets.waiting > 0 || !hasFreeSlot(tickets, rules))
}

function movedPlaces(line: Line, nowMs: number): Pick<Snapshot, 'movedPlaces'> {
  const moved = line.holders.lately(nowMs)
  return moved.length === 0 ? {} : { movedPlaces: moved }
}

function entryFields({ entry }: LineRules): Pick<Snapshot, 'entry' | 'turnstileMode'> {
  if (entry === undefined) return {}
  const { turnstile_mode } = entry
  return { entry, ...(typeof turnstile_mode === 'string' ? { turnstileMode: turnstile_mode } : {}) }
}

/** A day after its end an event is history. */
const LAST_EVENT_MS = 86_400_000

function eventFields(line: Line): Pick<Snapshot, 'event' | 'lastEvent' | 'draws'> {
  const { draws, events, followedMs } = line.course
  if (events.length === 0 && draws.published.length === 0) return {}
  const event = line.course.current
  const last = event === null ? lastEnded(events, followedMs) : null
  const isRecent = last !== null && followedMs - last.endAtMs < LAST_EVENT_MS
  return {
    event: event && {
      id: event.id,
      name: event.name,
      phase: phaseUnderWay(event, followedMs, draws.isDrawing),
      lobbyAtMs: event.lobbyAtMs,
      startAtMs: event.startAtMs,
      endAtMs: event.endAtMs,
      draw: event.draw,
      firstEntry: draws.firstEntryOf(event),
      entriesEnd: draws.entriesEndOf(event),
      commitment: draws.commitmentOf(event),
      beacon: draws.resultOf(event)?.beacon ?? draws.roundOf(event),
    },
    lastEvent: isRecent ? { id: last.id, name: last.name, startAtMs: last.startAtMs, endAtMs: last.endAtMs } : null,
    draws: draws.published,
  }
}

function waitingBlocks(line: Line): Pick<Snapshot, 'blockRuns' | 'blockCounts'> {
  const runs: number[] = []
  const counts: number[] = []
  let previous = -2
  for (const segment of line.tickets.all()) {
    if (segment.waiting === 0) continue
    const firstBlock = segment.index << (SEGMENT_BITS - BLOCK_BITS)
    for (let b = 0; b < BLOCKS_PER_SEGMENT; b++) {
      const count = segment.waitingPerBlock[b] as number
      if (count === 0) continue
      if (firstBlock + b === previous + 1) (runs[runs.length - 1] as number)++
      else runs.push(firstBlock + b, 1)
      previous = firstBlock + b
      counts.push(count - 1)
    }
  }
  return { blockRuns: Uint32Array.from(runs), blockCounts: Uint8Array.from(counts) }
}

/**
 * A snapshot may be this old per block with a waiting ticket: a long line's is not taken anew for
 * each call.
 */
const AGE_PER_BLOCK_MS = 0.25
const AGE_MAX_MS = 1000

/** The snapshot that the object sends with every answer. */
export class SnapshotCache {
  /** 0: the settings are deployed. */
  settingsVersion = 0
  private last: Snapshot | null = null
  private drawsVersion = 0
  private rules: LineRules | null = null

  /**
   * The last snapshot, or a new one if it is too old or misses an admission, an event or a draw.
   */
  get(line: Line, nowMs: number, gatherers = 0): Snapshot {
    const { last, drawsVersion, rules } = this
    const isSameEvent = drawsVersion === line.course.draws.version && rules?.mode === line.rules.mode
    const isSame = isSameEvent && (last?.gatherers ?? 0) === gatherers
    if (last === null || !isSame || !isFresh(last, line, nowMs)) this.last = this.take(line, nowMs, gatherers)
    this.drawsVersion = line.course.draws.version
    this.rules = line.rules
    return this.last as Snapshot
  }

  private take(line: Line, nowMs: number, gatherers: number): Snapshot {
    const snapshot = takeSnapshot(line, nowMs, gatherers)
    const { settingsVersion } = this
    return settingsVersion === 0 ? snapshot : { ...snapshot, settingsVersion }
  }

  /** Call this when something other than the line changed. */
  clear(): void {
    this.last = null
  }
}

function isFresh(last: Snapshot, line: Line, nowMs: number): boolean {
  const isCurrent = last.run === line.run && hasAllAdmissions(last, line)
  return isCurrent && ageMs(last.atMs, nowMs) < Math.min(AGE_MAX_MS, last.blockCounts.length * AGE_PER_BLOCK_MS)
}
