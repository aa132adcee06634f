/**
 * A room's real object in workerd with a clock that the test controls. Only `Date` is faked, so
 * that silence and rates need no real time.
 */
import { env, evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, vi } from 'vitest'
import type { ExchangeAnswer, ExchangeRequest } from '../../../src/core/exchange.ts'
import type { RoomNamespace } from '../../../src/room/room-clients.ts'

/**
 * Far from now, so that no real alarm fires. Each test starts a day later: run ids come from the
 * time.
 */
let dayMs = Date.UTC(2040, 0, 1)

export function withFakeClock(): void {
  beforeEach(async () => {
    await reset()
    dayMs += 24 * 3600 * 1000
    vi.useFakeTimers({ toFake: ['Date'], now: dayMs })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

export function passSeconds(seconds: number): void {
  vi.setSystemTime(Date.now() + Math.round(seconds * 1000))
}

export function aged(numbers: number[], ageMs = 0) {
  return { numbers: Uint32Array.from(numbers), agesMs: Uint32Array.from(numbers, () => ageMs) }
}

export class TestRoom {
  readonly name: string
  run = 0
  private readonly object: string
  private keys = 0

  /** `object`: the name of another object with the settings of this room. */
  constructor(name: string, object = name) {
    this.name = name
    this.object = object
  }

  get stub(): ReturnType<RoomNamespace['get']> {
    return (env.WAITING_ROOM as unknown as RoomNamespace).getByName(this.object)
  }

  async exchange(request: Partial<ExchangeRequest> = {}): Promise<ExchangeAnswer> {
    const answer: ExchangeAnswer = await this.stub.exchange({
      room: this.name,
      isolate: 'test',
      run: this.run,
      joins: [],
      claims: [],
      leaves: [],
      departures: aged([]),
      presence: aged([]),
      failures: 0,
      honoured: 0,
      ...request,
    })
    this.run = answer.run
    return answer
  }

  async join(count = 1): Promise<number[]> {
    const joins = Array.from({ length: count }, () => `${this.name} ${this.keys++}`)
    const answer = await this.exchange({ joins })
    return answer.joins.map((join) => ('number' in join ? join.number : 0))
  }

  hear(...numbers: number[]): Promise<ExchangeAnswer> {
    return this.exchange({ presence: aged(numbers) })
  }

  async claim(number: number, beacon = false): Promise<string> {
    const answer = await this.exchange({ claims: [{ number, beacon, touched: false }] })
    return answer.claims[0]?.state ?? 'none'
  }

  /** Runs the alarm; false: none was armed. */
  tick(): Promise<boolean> {
    return runDurableObjectAlarm(this.stub)
  }

  /** Memory is lost, storage stays. */
  evict(): Promise<void> {
    return evictDurableObject(this.stub)
  }

  check(segment: number, generation: number): Promise<void> {
    return this.stub.check({ room: this.name, run: this.run, segment, generation })
  }

  async events(event: string): Promise<number[]> {
    const page = await this.stub.journal(0)
    return (page?.entries ?? []).filter((entry) => entry.event === event).map(({ number }) => number)
  }

  inside<T>(look: (state: DurableObjectState) => T | Promise<T>): Promise<T> {
    return runInDurableObject(this.stub, (_, state) => look(state))
  }
}
