/**
 * The draws of a room: the entries of an event's lobby, when they freeze, and when the draw is made
 * (docs/draw.md describes it for visitors). The record of a draw that was made is in
 * draw-result.ts.
 */
import { ageMs } from './age.ts'
import { type BeaconChain, type BeaconRound, roundAfter } from './beacon-rounds.ts'
import { commitmentOf, drawSeed } from './draw.ts'
import { type DrawResult, lineNumber } from './draw-result.ts'
import type { RoomEvent } from './events.ts'
import { DRAW_RESULTS_KEPT, RANDOMNESS_WAIT_MS } from './limits.ts'

/** A draw is recognised by its secret: an event of the same id may come again. */
type Drawable = Pick<RoomEvent, 'secret'>

interface Lobby {
  readonly event: string
  /** The first number issued in the lobby. */
  readonly first: number
  readonly secret: string
  /** Kept, since every snapshot has it. */
  readonly commitment: string
}

/** The entries are frozen; the draw waits for the public randomness. */
interface FrozenLobby extends Lobby {
  readonly end: number
  readonly beacon: BeaconRound | null
  readonly frozenAtMs: number
  /** When the wait for the randomness began: later than the start if the alarm was dead. */
  readonly waitsFromMs: number
}

export interface DrawsState {
  readonly lobby: Lobby | null
  readonly frozen: FrozenLobby | null
  readonly results: readonly DrawResult[]
  readonly chain: BeaconChain | null
}

/** The numbers of a line, as far as draws need them. */
export interface LineNumbers {
  /** The time of the event under way, ms since 1970. */
  readonly nowMs: number
  readonly run: number
  /** The next number to issue. */
  readonly next: number
  /** 1 + the highest number ever admitted. */
  readonly frontier: number
  /** Waiting tickets with a lower number. */
  waitingBefore(number: number): number
}

export class Draws {
  /** Changes since the last `toStored`. */
  isUnstored = false
  /** Counts the changes, so that a snapshot can be recognised as outdated. */
  version = 0
  private lobby: Lobby | null
  private frozen: FrozenLobby | null
  private results: readonly DrawResult[]
  private knownChain: BeaconChain | null

  constructor(state?: DrawsState) {
    this.lobby = state?.lobby ?? null
    this.frozen = state?.frozen ?? null
    this.results = state?.results ?? []
    this.knownChain = state?.chain ?? null
  }

  /** The entries are frozen, and the draw is not made yet. */
  get isDrawing(): boolean {
    return this.frozen !== null
  }

  /** The round that a frozen draw waits for. */
  get awaitedRound(): BeaconRound | null {
    return this.frozen?.beacon ?? null
  }

  get chain(): BeaconChain | null {
    return this.knownChain
  }

  /** The chain of public randomness, once its clock was read; null: none is configured. */
  set chain(chain: BeaconChain | null) {
    if (JSON.stringify(chain) === JSON.stringify(this.knownChain)) return
    this.knownChain = chain
    this.changed()
  }

  /** The published commitment of an event's draw; null: its lobby has not opened. */
  commitmentOf(event: Drawable): string | null {
    return (this.pendingOf(event) ?? this.resultOf(event))?.commitment ?? null
  }

  /** The first entry of an event's draw that is not made yet; null: there is none. */
  firstEntryOf(event: Drawable): number | null {
    return this.pendingOf(event)?.first ?? null
  }

  /** 1 + the last entry of an event whose entries are frozen; null: newcomers still take part. */
  entriesEndOf({ secret }: Drawable): number | null {
    return this.frozen?.secret === secret ? this.frozen.end : null
  }

  /** The round that the draw of an event uses if it starts at that time. */
  roundOf(event: RoomEvent): BeaconRound | null {
    if (this.frozen?.secret === event.secret) return this.frozen.beacon
    return this.knownChain === null ? null : roundAfter(this.knownChain, event.startAtMs)
  }

  resultOf({ secret }: Drawable): DrawResult | null {
    return this.results.find((result) => result.secret === secret) ?? null
  }

  /** The entries of an event's draw are frozen: it is made, or waits for public randomness. */
  isFrozen(event: Drawable): boolean {
    return this.frozen?.secret === event.secret || this.resultOf(event) !== null
  }

  private pendingOf({ secret }: Drawable): Lobby | null {
    return [this.lobby, this.frozen].find((lobby) => lobby?.secret === secret) ?? null
  }

  /** The newest results, and all of this run whose entries may still be alive. */
  get published(): readonly DrawResult[] {
    return this.results
  }

  /**
   * Follows the events to a time: opens a lobby, freezes its entries. Call it at each border of an
   * event. `current`: the event under way.
   */
  follow(events: readonly RoomEvent[], current: RoomEvent | null, atMs: number, line: LineNumbers): void {
    const event = events.find(({ secret }) => secret === this.lobby?.secret)
    const isOver = event === undefined || !event.draw || (event !== current && atMs >= event.startAtMs)
    if (this.lobby !== null && isOver) {
      // Deleted, or suspended over its start: the entries stay in order of arrival.
      this.lobby = null
      this.changed()
    }
    if (current === null || !current.draw) return
    if (atMs < current.startAtMs) this.open(current, line)
    else if (this.lobby?.secret === current.secret) this.freeze(this.lobby, current, line)
  }

  private open({ id, secret }: RoomEvent, { next }: LineNumbers): void {
    if (this.frozen !== null || this.lobby?.secret === secret || this.resultOf({ secret }) !== null) return
    // The lobby of a suspended event ends: its entries stay in order of arrival.
    this.lobby = { event: id, first: next, secret, commitment: commitmentOf(secret) }
    this.changed()
  }

  private freeze(lobby: Lobby, event: RoomEvent, { nowMs, next, frontier }: LineNumbers): void {
    // A lobby that was suspended for a while may have had admissions.
    const first = Math.max(lobby.first, frontier)
    // An empty lobby has nothing to wait for.
    const beacon = first < next ? this.roundOf(event) : null
    this.frozen = { ...lobby, first, end: next, beacon, frozenAtMs: event.startAtMs, waitsFromMs: nowMs }
    this.lobby = null
    this.changed()
  }

  /**
   * Makes the draw if its time has come: at once without a beacon, else with the randomness of the
   * awaited round or, `RANDOMNESS_WAIT_MS` after the start, without it. Null: not yet.
   */
  conclude(line: LineNumbers, randomness: string | null = null): DrawResult | null {
    const { frozen } = this
    if (frozen === null) return null
    const isWaiting = frozen.beacon !== null && randomness === null
    if (isWaiting && ageMs(frozen.waitsFromMs, line.nowMs) < RANDOMNESS_WAIT_MS) return null
    const { run, nowMs } = line
    const { secret, commitment, first, end } = frozen
    const result: DrawResult = {
      event: frozen.event,
      run,
      first,
      end,
      commitment,
      secret,
      beacon: frozen.beacon,
      randomness,
      seed: drawSeed({ secret, run, first, end, randomness }),
      frozenAtMs: frozen.frozenAtMs,
      drawnAtMs: nowMs,
      ahead: line.waitingBefore(first),
    }
    this.frozen = null
    this.results = [...this.results, result]
    this.changed()
    return result
  }

  /** Forgets old results whose entries are gone. `isLive`: a number in [first, end) is alive. */
  forgetOld(run: number, isLive: (first: number, end: number) => boolean): void {
    const kept = this.results.filter(
      (result, i) =>
        i >= this.results.length - DRAW_RESULTS_KEPT || (result.run === run && isLive(result.first, result.end)),
    )
    if (kept.length === this.results.length) return
    this.results = kept
    this.changed()
  }

  /** The line number of an issued number. */
  lineNumber(run: number, number: number): number {
    return lineNumber(this.results, run, number)
  }

  /** The draws of a line that replaces this one: results stay published, entries are void. */
  toNextRun(): DrawsState {
    return { lobby: null, frozen: null, results: this.results, chain: this.knownChain }
  }

  toStored(): DrawsState {
    this.isUnstored = false
    return { lobby: this.lobby, frozen: this.frozen, results: this.results, chain: this.knownChain }
  }

  private changed(): void {
    this.isUnstored = true
    this.version++
  }
}
