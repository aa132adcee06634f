/**
 * Calibrates the displayed range of the wait: crowds without faults join the real line, and each
 * visitor's range on joining is compared with the actual wait.
 *
 * Crowds are steady, rising or falling. Rooms are bound by their rate or by their capacity (the
 * line then moves as sessions end). A share of the waiting visitors gives up, half of them
 * silently. The naive peers estimate position / rate, with the configured rate and with the rate
 * measured over the last two minutes, each with a range of 30 % around it.
 */
import { applyExchange } from '../src/core/exchange.ts'
import { Line } from '../src/core/line.ts'
import type { LineRules } from '../src/core/rules.ts'
import { takeSnapshot } from '../src/core/snapshot.ts'
import { SnapshotView } from '../src/core/snapshot-view.ts'
import { intervalScore, percentile, type Range } from './figures.ts'
import { Random } from './random.ts'

export interface Scenario {
  readonly name: string
  readonly rules: LineRules
  /** Arrivals per minute, by minute of the run. */
  arrivalsPerMinute(minute: number): number
  readonly minutes: number
  readonly patienceMinutes: number
  readonly stayMinutes: number
}

export interface Calibration {
  readonly scenario: string
  /** Visitors who waited and were admitted. */
  readonly admitted: number
  /** The share of them without a range on joining, because nothing was known yet. */
  readonly unknownShare: number
  /** The share of the others whose wait was within the range. */
  readonly insideShare: number
  /** Median of (high - low) / likely. */
  readonly medianWidth: number
  /**
   * Mean interval scores, lower is better, seconds: ours, and those of the naive peers on the same
   * visitors.
   */
  readonly score: number
  readonly scoreOfSetRate: number
  readonly scoreOfMeasuredRate: number
}

interface Waiting {
  readonly joinedMs: number
  readonly range: (Range & { readonly likely: number }) | null
  readonly position: number
  readonly measuredPerMinute: number
  readonly givesUpMs: number
  readonly leavesSilently: boolean
}

const NONE = { numbers: new Uint32Array(), agesMs: new Uint32Array() }
const NAIVE_WIDTH = 0.3
const POLL_SECONDS = 5

export function calibrate(scenario: Scenario, seed: number): Calibration {
  const run = new CalibrationRun(scenario, new Random(seed))
  // Until every visitor was admitted or gave up.
  for (let second = 0; second < scenario.minutes * 60 || run.waits; second++) run.second(second)
  return run.result()
}

class CalibrationRun {
  private readonly scenario: Scenario
  private readonly random: Random
  private readonly line: Line
  private nowMs = 1_700_000_000_000
  private readonly waiting = new Map<number, Waiting>()
  /** When each session ends. */
  private readonly sessions = new Map<number, number>()
  private readonly done: { readonly visitor: Waiting; readonly waitSeconds: number }[] = []
  private readonly admissionsMs: number[] = []
  private journalAfter = 0
  private keys = 0

  constructor(scenario: Scenario, random: Random) {
    this.scenario = scenario
    this.random = random
    this.line = Line.start(scenario.rules, this.nowMs, this.nowMs)
  }

  get waits(): boolean {
    return this.waiting.size > 0
  }

  second(second: number): void {
    this.nowMs += 1000
    const leaves = [...this.givingUp(), ...this.endingSessions()]
    const presence = this.heardAt(second)
    const joins = this.arrivals(second)
    this.line.beginCall(this.nowMs)
    const answers = applyExchange(this.line, { ...this.request(), leaves, presence, joins }).joins
    this.follow()
    const view = new SnapshotView(takeSnapshot(this.line, this.nowMs))
    for (const answer of answers) if (answer.state === 'waiting') this.noteJoin(answer.number, view)
    if (second % this.scenario.rules.checkIntervalSeconds !== 0) return
    this.line.beginInternalEvent(this.nowMs)
    this.line.advance()
    this.line.takeChanges(true)
    this.follow()
  }

  result(): Calibration {
    const shown = this.done.filter(({ visitor }) => visitor.range !== null)
    const inside = shown.filter(({ visitor, waitSeconds }) => contains(visitor.range as Range, waitSeconds))
    const widths = shown.map(({ visitor }) => {
      const { low, high, likely } = visitor.range as Range & { likely: number }
      return (high - low) / Math.max(1, likely)
    })
    const mean = (rangeOf: (visitor: Waiting) => Range) =>
      shown.reduce((sum, { visitor, waitSeconds }) => sum + intervalScore(rangeOf(visitor), waitSeconds), 0) /
      shown.length
    const naive = (perMinute: number, position: number): Range => {
      const seconds = (position / perMinute) * 60
      return { low: seconds * (1 - NAIVE_WIDTH), high: seconds * (1 + NAIVE_WIDTH) }
    }
    return {
      scenario: this.scenario.name,
      admitted: this.done.length,
      unknownShare: 1 - shown.length / this.done.length,
      insideShare: inside.length / shown.length,
      medianWidth: percentile(
        widths.sort((a, b) => a - b),
        0.5,
      ),
      score: mean(({ range }) => range as Range),
      scoreOfSetRate: mean(({ position }) => naive(this.scenario.rules.ratePerMinute, position)),
      scoreOfMeasuredRate: mean(({ position, measuredPerMinute }) => naive(measuredPerMinute, position)),
    }
  }

  private request() {
    return {
      room: 'calibration',
      isolate: 'one',
      run: this.line.run,
      claims: [],
      departures: NONE,
      failures: 0,
      honoured: 0,
    }
  }

  private *givingUp(): Iterable<number> {
    for (const [number, { givesUpMs, leavesSilently }] of this.waiting) {
      if (givesUpMs > this.nowMs) continue
      this.waiting.delete(number)
      if (!leavesSilently) yield number
    }
  }

  private *endingSessions(): Iterable<number> {
    for (const [number, endsMs] of this.sessions) {
      if (endsMs > this.nowMs) continue
      this.sessions.delete(number)
      yield number
    }
  }

  private heardAt(second: number) {
    const { rules, farFrom } = this.line
    const numbers = [...this.waiting.keys(), ...this.sessions.keys()].filter((number) => {
      const interval = number >= farFrom ? rules.pollIntervalMaxSeconds : POLL_SECONDS
      return number % interval === second % interval
    })
    return { numbers: Uint32Array.from(numbers), agesMs: new Uint32Array(numbers.length) }
  }

  /** Poisson arrivals within one second. */
  private arrivals(second: number): string[] {
    const { arrivalsPerMinute, minutes } = this.scenario
    if (second >= minutes * 60) return []
    const mean = arrivalsPerMinute(second / 60) / 60
    const keys: string[] = []
    for (let passed = this.exponential(1); passed < mean; passed += this.exponential(1)) keys.push(`${this.keys++}`)
    return keys
  }

  private noteJoin(number: number, view: SnapshotView): void {
    if (this.sessions.has(number)) return
    const position = view.position(number)
    const estimate = view.estimate(position)
    const { patienceMinutes } = this.scenario
    const recent = this.admissionsMs.filter((atMs) => atMs > this.nowMs - 120_000).length
    this.waiting.set(number, {
      joinedMs: this.nowMs,
      range:
        estimate === null
          ? null
          : { low: estimate.lowSeconds, high: estimate.highSeconds, likely: estimate.likelySeconds },
      position,
      measuredPerMinute: Math.max(0.5, recent / 2),
      givesUpMs: this.nowMs + this.exponential(patienceMinutes) * 60_000,
      leavesSilently: this.random.chance(0.5),
    })
  }

  /**
   * Admitted visitors start a session. Slots of visitors who gave up are left for the line to find.
   */
  private follow(): void {
    const page = this.line.journal.after(this.journalAfter)
    this.journalAfter = page.last
    for (const { event, number, from } of page.entries) {
      if (event !== 'admitted') continue
      if (from !== null) this.admissionsMs.push(this.nowMs)
      const visitor = this.waiting.get(number)
      if (visitor === undefined && from !== null) continue
      this.waiting.delete(number)
      if (visitor !== undefined) this.done.push({ visitor, waitSeconds: (this.nowMs - visitor.joinedMs) / 1000 })
      this.line.places.claim(number, { beacon: true, touched: true })
      this.sessions.set(number, this.nowMs + this.exponential(this.scenario.stayMinutes) * 60_000)
    }
  }

  private exponential(mean: number): number {
    return -mean * Math.log(1 - this.random.next())
  }
}

function contains({ low, high }: Range, value: number): boolean {
  return value >= low && value <= high
}
