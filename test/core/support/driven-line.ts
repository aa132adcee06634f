/**
 * A line with a manual clock. Each call is one event, verified against every invariant and stored,
 * as the object does.
 */
import { type AccessRow, AccessRows, accessSubjects } from '../../../src/core/access.ts'
import type { RoomEvent } from '../../../src/core/events.ts'
import { applyExchange, type ExchangeRequest, type LineAnswer } from '../../../src/core/exchange.ts'
import { Line } from '../../../src/core/line.ts'
import type { StoredHead, StoredSegment } from '../../../src/core/line-state.ts'
import type { LineRules, RuntimeRules } from '../../../src/core/rules.ts'
import { type StateName, stateName } from '../../../src/core/ticket-state.ts'
import { rules as defaultRules } from './rules.ts'

export const START_MS = 1_700_000_000_000

export class DrivenLine {
  nowMs = START_MS
  line: Line
  private rules: LineRules
  private head: StoredHead | null = null
  private readonly segments = new Map<number, StoredSegment>()
  /** The stored rows of access keys, by subject. */
  readonly keyRows = new Map<string, AccessRow>()
  private keys = 0

  private events: readonly RoomEvent[]

  constructor(changes: Partial<LineRules> = {}, events: readonly RoomEvent[] = []) {
    this.rules = defaultRules(changes)
    this.events = events
    this.line = Line.start(this.rules, START_MS, START_MS, events)
  }

  pass(seconds: number): this {
    this.nowMs += seconds * 1000
    return this
  }

  exchange(request: Partial<ExchangeRequest> = {}): LineAnswer {
    const none = { numbers: new Uint32Array(), agesMs: new Uint32Array() }
    this.line.beginCall(this.nowMs)
    const subjects = accessSubjects(request.joins ?? [], request.joinDetails)
    const rows = new AccessRows(subjects.flatMap((subject) => this.keyRows.get(subject) ?? []))
    const call = {
      room: 'r',
      isolate: 'i',
      run: this.line.run,
      joins: [],
      claims: [],
      leaves: [],
      departures: none,
      presence: none,
      failures: 0,
      honoured: 0,
      ...request,
    }
    const answer = applyExchange(this.line, call, rows)
    for (const row of rows.changes) this.keyRows.set(row.subject, structuredClone(row))
    this.store(rows.changes.length > 0)
    return answer
  }

  /** Numbers of this many newcomers; 0: the line was full. */
  join(count = 1): number[] {
    const joins = Array.from({ length: count }, () => `key ${this.keys++}`)
    return this.exchange({ joins }).joins.map((answer) => ('number' in answer ? answer.number : 0))
  }

  /** Numbers of this many newcomers to a lane; 0: the line was full. */
  joinLane(lane: string, count = 1): number[] {
    const joins = Array.from({ length: count }, () => `key ${this.keys++}`)
    const { joins: answers } = this.exchange({ joins, joinDetails: joins.map(() => ({ lane })) })
    return answers.map((answer) => ('number' in answer ? answer.number : 0))
  }

  hear(numbers: number[], ageMs = 0): void {
    this.exchange({ presence: aged(numbers, ageMs) })
  }

  depart(...numbers: number[]): void {
    this.exchange({ departures: aged(numbers, 0) })
  }

  leave(...leaves: number[]): void {
    this.exchange({ leaves })
  }

  claim(number: number, details: { beacon?: boolean; touched?: boolean; held?: boolean } = {}): string {
    const claim = { number, beacon: false, touched: false, ...details }
    return (this.exchange({ claims: [claim] }).claims[0] as { state: string }).state
  }

  tick(): void {
    this.line.beginInternalEvent(this.nowMs)
    this.line.advance()
    this.store(true)
  }

  check(segment: number): boolean {
    this.line.beginInternalEvent(this.nowMs)
    const alive = this.line.check(segment)
    this.store(false)
    return alive
  }

  /** One event of an operator. */
  operate<T>(work: (line: Line) => T): T {
    this.line.beginInternalEvent(this.nowMs)
    const result = work(this.line)
    this.store(true)
    return result
  }

  /** An operator's change and the admissions that it allows. A restart keeps these rules. */
  applyRuntimeRules(changes: Partial<RuntimeRules>): void {
    this.rules = { ...this.rules, ...changes }
    this.operate((line) => {
      line.applyRuntimeRules(this.rules)
      line.admit()
    })
  }

  /** An operator's change of the events. A restart keeps them. */
  setEvents(events: readonly RoomEvent[]): void {
    this.events = events
    this.operate((line) => {
      line.course.setEvents(events)
      line.admit()
    })
  }

  /** Memory is lost; only the stored line remains. */
  crash(changes: Partial<LineRules> = {}): void {
    this.rules = { ...this.rules, ...changes }
    if (this.head === null) throw new Error('nothing was stored yet')
    const segments = [...this.segments.values()].map((segment) => structuredClone(segment))
    this.line = Line.restore(this.rules, { head: this.head, segments }, this.head.clock.touchedMs, this.events)
    const moved = [...this.keyRows.values()].filter(({ run, holder }) => run === this.line.run && holder > 0)
    this.line.holders.restore(moved.map(({ number, holder }) => [number, holder]))
  }

  /** As if an older version without this field had stored the line. */
  forget(key: keyof StoredHead): void {
    if (this.head !== null) this.head = { ...this.head, [key]: undefined }
  }

  /** As if an older version without suspensions had stored the clock. */
  forgetSuspension(): void {
    if (this.head === null) return
    const { suspended, resumedMs, ...clock } = this.head.clock
    this.head = { ...this.head, clock }
  }

  state(number: number): StateName {
    return stateName(this.line.tickets.stateOf(number))
  }

  states(...numbers: number[]): StateName[] {
    return numbers.map((number) => this.state(number))
  }

  private store(everything: boolean): void {
    this.line.verify()
    this.line.verifyAll()
    const changes = this.line.takeChanges(everything)
    if (changes === null) return
    this.head = structuredClone(changes.head)
    for (const segment of changes.segments) this.segments.set(segment.index, structuredClone(segment))
    for (const index of changes.dropped) this.segments.delete(index)
  }
}

export function aged(numbers: number[], ageMs: number) {
  return { numbers: Uint32Array.from(numbers), agesMs: Uint32Array.from(numbers, () => ageMs) }
}

/** Polls of these numbers every 5 s, and ticks every 10 s, for this long. */
export function keepPolling(line: DrivenLine, numbers: number[], seconds: number): void {
  for (let passed = 0; passed < seconds; passed += 5) {
    line.pass(5).hear(numbers)
    if (passed % 10 === 0) line.tick()
  }
}
