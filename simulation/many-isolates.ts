/**
 * One room under many isolates at once: how many calls its object gets while its own pacing holds them back, and whether
 * anyone who is there is taken for gone. The shipped shell, client and gate as in the other simulations, without faults; only
 * the judges of each event are left out, who look at every ticket.
 *
 * Visitors arrive over some seconds, wait, stay for a while, follow links, and leave by the button. Nobody falls silent.
 */
import * as v from 'valibot'
import { roomSchema } from '../src/settings/room-schema.ts'
import { Browser, type BrowserWitness } from './browser.ts'
import { NO_NETWORK_FAULTS, NO_OBJECT_FAULTS } from './faults.ts'
import { Random } from './random.ts'
import { Scheduler } from './scheduler.ts'
import type { RoomInstance } from './shipped.ts'
import { type Mutant, SimulatedIsolate } from './simulated-isolate.ts'
import { type ObjectWitness, SimulatedObject } from './simulated-object.ts'
import { type Plan, Visitor } from './visitor.ts'

export interface ManyIsolatesOptions {
  readonly isolates: number
  readonly visitors: number
  readonly capacity: number
  readonly ratePerMinute: number
  readonly seed: number
  /** Everyone arrives within this time. */
  readonly arrivalSeconds: number
  /** How long it goes on after that. */
  readonly staySeconds: number
}

export interface ManyIsolatesFigures {
  readonly isolates: number
  readonly visitors: number
  /** Of the seconds after everyone has arrived. */
  readonly callsPerSecond: number
  /** Of all seconds. */
  readonly worstSecond: number
  /** What one call per request of a visitor would have been, in the seconds after everyone has arrived. */
  readonly requestsPerSecond: number
  readonly worstPaceMs: number
  readonly joined: number
  readonly admitted: number
  /** Visitors taken for gone, all of whom were there. */
  readonly expired: number
  /** Requests told that the room is out of reach. */
  readonly unreachable: number
  /** Events in which the object failed. */
  readonly defects: readonly string[]
}

const START_MS = 1_700_000_000_000
const STAY_MIN_MS = 20_000
const STAY_MAX_MS = 60_000

export async function simulateManyIsolates(options: ManyIsolatesOptions): Promise<ManyIsolatesFigures> {
  const random = new Random(options.seed)
  const scheduler = new Scheduler(START_MS)
  const settings = v.parse(roomSchema, {
    name: 'wide',
    total_active_users: options.capacity,
    new_users_per_minute: options.ratePerMinute,
  })
  const watch = new Watch(scheduler)
  const object = new SimulatedObject(settings, scheduler, random, NO_OBJECT_FAULTS, watch)
  const isolates = Array.from(
    { length: options.isolates },
    () => new SimulatedIsolate(object, scheduler, random, NO_NETWORK_FAULTS, settings, { port: watch.port }),
  )
  for (let i = 0; i < options.visitors; i++) {
    const visitor = new Visitor(planOf(random), new Browser(isolates, scheduler, random, watch))
    scheduler.after(random.whole(0, options.arrivalSeconds * 1000), () => {
      visitor.live().catch((error) => watch.defect('visitor', error))
    })
  }
  const realNow = Date.now
  Date.now = () => object.nowMs
  try {
    await scheduler.runUntil(START_MS + (options.arrivalSeconds + options.staySeconds) * 1000)
  } finally {
    Date.now = realNow
    object.storage.close()
  }
  return watch.conclude(options)
}

function planOf(random: Random): Plan {
  return {
    wait: 'patient',
    stay: 'beacon',
    end: 'leaves',
    patienceMs: Number.POSITIVE_INFINITY,
    stayMs: random.whole(STAY_MIN_MS, STAY_MAX_MS),
    heartbeatTimeoutSeconds: 20,
    sessionTimeoutSeconds: 20,
    graceSeconds: 300,
    departureGraceSeconds: 10,
  }
}

class Watch implements ObjectWitness, BrowserWitness {
  private readonly scheduler: Scheduler
  private readonly calls = new Map<number, number>()
  private readonly requests = new Map<number, number>()
  private readonly defects: string[] = []
  private worstPaceMs = 0
  private unreached = 0
  private object: RoomInstance | null = null

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler
  }

  committed(what: string, _: SimulatedObject, instance: RoomInstance): void {
    this.object = instance
    if (what === 'exchange') this.count(this.calls)
  }

  defect(what: string, error: unknown): void {
    this.defects.push(`${what}: ${error}`)
  }

  said(): void {
    this.count(this.requests)
  }

  unreachable(): void {
    this.unreached++
  }

  note(): void {}
  told(): void {}
  beaconAnswered(): void {}

  /** Listens to the pace that each isolate is told. */
  readonly port: NonNullable<Mutant['port']> = (port) => ({
    ...port,
    call: async (request) => {
      const answer = await port.call(request)
      this.worstPaceMs = Math.max(this.worstPaceMs, answer.nextCallAfterMs)
      return answer
    },
  })

  conclude({ isolates, visitors, arrivalSeconds, staySeconds }: ManyIsolatesOptions): ManyIsolatesFigures {
    const totals = this.object?.line?.totals
    const later = (counts: ReadonlyMap<number, number>) =>
      [...counts].reduce((sum, [second, count]) => (second < arrivalSeconds ? sum : sum + count), 0) / staySeconds
    return {
      isolates,
      visitors,
      callsPerSecond: later(this.calls),
      worstSecond: Math.max(...this.calls.values()),
      requestsPerSecond: later(this.requests),
      worstPaceMs: this.worstPaceMs,
      joined: totals?.joined ?? 0,
      admitted: totals?.admitted ?? 0,
      expired: totals?.expired ?? 0,
      unreachable: this.unreached,
      defects: this.defects,
    }
  }

  private count(counts: Map<number, number>): void {
    const second = Math.floor((this.scheduler.nowMs - START_MS) / 1000)
    counts.set(second, (counts.get(second) ?? 0) + 1)
  }
}
