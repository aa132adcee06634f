/**
 * One room with many isolates: how many calls its object gets under its own pacing, and whether
 * present visitors expire. Runs the shipped shell, client and gate, without faults and without the
 * judges, which look at every ticket in each event.
 *
 * Visitors arrive within some seconds, wait, stay for a while, follow links, and leave by the
 * button. Nobody falls silent.
 */
import { parseRoom } from '../src/settings/rooms.ts'
import { Browser, type BrowserWitness } from './browser.ts'
import { NO_NETWORK_FAULTS, NO_OBJECT_FAULTS } from './faults.ts'
import type { Mutant } from './mutant.ts'
import { Random } from './random.ts'
import { Scheduler } from './scheduler.ts'
import type { RoomInstance } from './shipped.ts'
import { SimulatedIsolate } from './simulated-isolate.ts'
import { type ObjectWitness, SimulatedObject } from './simulated-object.ts'
import { type Plan, Visitor } from './visitor.ts'

export interface ManyIsolatesOptions {
  readonly isolates: number
  readonly visitors: number
  readonly capacity: number
  readonly ratePerMinute: number
  readonly seed: number
  /** All visitors arrive within this time. */
  readonly arrivalSeconds: number
  /** How long the run continues after that. */
  readonly staySeconds: number
}

export interface ManyIsolatesFigures {
  readonly isolates: number
  readonly visitors: number
  /** Over the seconds after all have arrived. */
  readonly callsPerSecond: number
  /** Over all seconds. */
  readonly worstSecond: number
  /**
   * The calls that one call per visitor request would have made, over the seconds after all have
   * arrived.
   */
  readonly requestsPerSecond: number
  readonly worstPaceMs: number
  readonly joined: number
  readonly admitted: number
  /** Visitors who expired although they were present. */
  readonly expired: number
  /** Requests that were told the room is unreachable. */
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
  const settings = parseRoom({
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
  toldToPoll(): void {}
  beaconAnswered(): void {}

  /** Records the pace that each isolate is told. */
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
