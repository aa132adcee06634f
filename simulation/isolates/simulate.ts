/**
 * One room with up to 50,000 isolates and ten million visitors, in virtual time: the shipped shell,
 * core, room client, call route and gatherers, with an aggregated crowd (crowd.ts).
 */
import type { Line } from '../../src/core/line.ts'
import type { GathererHint } from '../../src/room/gatherer-hint.ts'
import { parseRoom } from '../../src/settings/rooms.ts'
import { DenseScheduler } from '../dense-scheduler.ts'
import { NO_NETWORK_FAULTS, NO_OBJECT_FAULTS } from '../faults.ts'
import type { Mutant } from '../mutant.ts'
import { Random } from '../random.ts'
import type { Timeline } from '../scheduler.ts'
import type { RoomInstance } from '../shipped.ts'
import { SimulatedIsolate } from '../simulated-isolate.ts'
import type { ObjectWitness, SimulatedObject } from '../simulated-object.ts'
import { CountedGatherers } from './counted-gatherers.ts'
import { Crowd } from './crowd.ts'
import { EARLIER_MS, joinEarlier } from './earlier-visitors.ts'
import { LoadedObject } from './loaded-object.ts'
import { meanOf } from './tallies.ts'

/** Faults by the second in which they begin. */
export interface IsolateFaults {
  /** Seconds between two losses of a gatherer. */
  readonly gathererLostEvery?: number
  /** All isolates lose their memory at once. */
  readonly isolatesNewAt?: number
  /** The object loses its memory, and calls fail for `roomLostFor` seconds. */
  readonly roomLostAt?: number
  readonly roomLostFor?: number
}

export interface IsolatesCase {
  readonly name: string
  readonly isolates: number
  readonly visitors: number
  /** The number of visitors who are in line before the run begins; missing: none. */
  readonly earlier?: number
  /** All others come within this time. */
  readonly arrivalSeconds: number
  /** Isolates start evenly within this time; 0: all are there from the start. */
  readonly startSeconds: number
  /** The whole run. */
  readonly seconds: number
  /** Regions of the world, each with its own gatherers. */
  readonly regions: number
  /** Locations, each with its own cache; 0: there is none. */
  readonly locations: number
  readonly capacity: number
  readonly ratePerMinute: number
  /** `poll_interval_max_seconds`; with 7 nobody may be silent for more than 20 s. */
  readonly pollSeconds: number
  readonly seed: number
  readonly faults: IsolateFaults
  /** Defects that a test puts into isolates. */
  readonly mutant?: Mutant
}

export interface IsolatesFigures {
  readonly name: string
  readonly isolates: number
  readonly visitors: number
  /** Calls at the room's object per second, after everyone has come. */
  readonly callsPerSecond: number
  readonly worstSecond: number
  /** Without the first second with calls. */
  readonly worstLaterSecond: number
  /** Gatherers that were called, in all regions. */
  readonly gatherers: number
  /** Calls of isolates in the worst second of the busiest gatherer. */
  readonly worstGathererSecond: number
  readonly joinWaitP50Ms: number
  readonly joinWaitP99Ms: number
  readonly joined: number
  /** Present visitors who expired by the object, or were told that their place is gone. */
  readonly expired: number
  /** Tickets of joins that were answered after their visitors had given up, and joined again. */
  readonly abandoned: number
  readonly duplicates: number
  readonly mostOccupied: number
  readonly defects: readonly string[]
  readonly lineMiB: number
  readonly tickMeanMs: number
  readonly tickMaxMs: number
}

const START_MS = 1_700_000_000_000

export async function simulateIsolates(options: IsolatesCase): Promise<IsolatesFigures> {
  const random = new Random(options.seed)
  const { earlier = 0 } = options
  const timeline = new DenseScheduler(earlier === 0 ? START_MS : START_MS - EARLIER_MS)
  const settings = parseRoom({
    name: 'wide',
    total_active_users: options.capacity,
    new_users_per_minute: options.ratePerMinute,
    poll_interval_max_seconds: options.pollSeconds,
    max_waiting: 10_000_000,
  })
  const watch = new Watch()
  const object = new LoadedObject(settings, timeline, random, NO_OBJECT_FAULTS, watch)
  object.heardOfMs = null
  const { mutant = {} } = options
  const regions = Array.from(
    { length: options.regions },
    () => new CountedGatherers(object, timeline, random, NO_NETWORK_FAULTS, mutant),
  )
  const locations = Array.from({ length: options.locations }, () => hintOf(timeline, random))
  const isolates = Array.from({ length: options.isolates }, (_, i) => {
    const isolate = new SimulatedIsolate(object, timeline, random, NO_NETWORK_FAULTS, settings, mutant)
    isolate.gatherers = regions[i % regions.length] ?? null
    isolate.hint = options.locations === 0 ? null : (locations[i % options.locations] ?? null)
    return isolate
  })
  const untilMs = START_MS + options.seconds * 1000
  const arrival = { arrivalMs: options.arrivalSeconds * 1000, startMs: options.startSeconds * 1000 }
  const realNow = Date.now
  Date.now = () => object.nowMs
  try {
    const seated = earlier === 0 ? null : await joinEarlier(earlier, object, timeline)
    const people = { visitors: options.visitors, earlier: seated, ...arrival }
    const crowd = new Crowd(people, isolates, timeline, random, untilMs)
    watch.isTold = (number) => crowd.isTold(number)
    beginFaults(options.faults, timeline, { object, isolates, regions, random })
    await timeline.runUntil(untilMs)
    return figuresOf(options, { object, regions, crowd, watch })
  } finally {
    Date.now = realNow
    object.storage.close()
  }
}

const HINT_READ_MS = [1, 15] as const
const HINT_WRITE_MS = [5, 50] as const

/** The cache of one location. */
function hintOf(timeline: Timeline, random: Random): GathererHint {
  let known = 0
  return {
    async read() {
      await timeline.sleep(random.whole(...HINT_READ_MS))
      return known
    },
    async write(gatherers) {
      await timeline.sleep(random.whole(...HINT_WRITE_MS))
      known = gatherers
    },
  }
}

interface Stage {
  readonly object: LoadedObject
  readonly isolates: readonly SimulatedIsolate[]
  readonly regions: readonly CountedGatherers[]
  readonly random: Random
}

function beginFaults(faults: IsolateFaults, timeline: DenseScheduler, { object, isolates, regions, random }: Stage) {
  const { gathererLostEvery, isolatesNewAt, roomLostAt, roomLostFor = 0 } = faults
  const loseGatherer = () => {
    random.pick(regions).loseSome()
    timeline.after((gathererLostEvery as number) * 1000, loseGatherer)
  }
  if (gathererLostEvery !== undefined) timeline.after(gathererLostEvery * 1000, loseGatherer)
  if (isolatesNewAt !== undefined) {
    timeline.after(isolatesNewAt * 1000, () => {
      for (const isolate of isolates) isolate.recycle()
    })
  }
  if (roomLostAt !== undefined) timeline.after(roomLostAt * 1000, () => object.loseFor(roomLostFor * 1000))
}

/** Measures ticks, and looks at each committed event. */
class Watch implements ObjectWitness {
  readonly defects: string[] = []
  readonly ticksMs: number[] = []
  mostOccupied = 0
  /** Tickets that expired although a visitor knew of them. */
  expired = 0
  joined = 0
  lineBytes = 0
  /** Whether a visitor was told this number. */
  isTold: (number: number) => boolean = () => true
  private allExpired = 0
  private readonly measured = new WeakSet<RoomInstance>()

  committed(what: string, _: SimulatedObject, instance: RoomInstance): void {
    this.measure(instance)
    const { line } = instance
    if (line === null) return
    this.mostOccupied = Math.max(this.mostOccupied, line.tickets.occupied)
    this.joined = line.totals.joined
    this.noteExpired(line)
    if (what !== 'tick') return
    const views = line.tickets
      .all()
      .flatMap((segment) => Object.values(segment))
      .filter(ArrayBuffer.isView)
    this.lineBytes = views.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** The journal may be too short for all of them: then the others count, too. */
  private noteExpired({ totals, journal }: Line): void {
    const count = totals.expired - this.allExpired
    if (count === 0) return
    this.allExpired = totals.expired
    const listed = journal.after(0).entries.filter(({ event }) => event === 'expired')
    const untold = listed.slice(-count).filter(({ number }) => !this.isTold(number))
    this.expired += count - untold.length
  }

  defect(what: string, error: unknown): void {
    this.defects.push(`${what}: ${error}`)
  }

  note(): void {}

  private measure(instance: RoomInstance): void {
    if (this.measured.has(instance)) return
    this.measured.add(instance)
    const tick = instance.tick.bind(instance)
    instance.tick = () => {
      const startMs = performance.now()
      tick()
      this.ticksMs.push(performance.now() - startMs)
    }
  }
}

interface Run {
  readonly object: LoadedObject
  readonly regions: readonly CountedGatherers[]
  readonly crowd: Crowd
  readonly watch: Watch
}

function figuresOf(options: IsolatesCase, { object, regions, crowd, watch }: Run): IsolatesFigures {
  const { name, isolates, visitors, seconds, arrivalSeconds } = options
  const until = START_MS + seconds * 1000
  const calls = object.arrived.between(START_MS, until)
  const firstSecond = calls.findIndex((count) => count > 0)
  const gatherers = regions.flatMap(({ arrived }) => [...arrived.values()])
  return {
    name,
    isolates,
    visitors,
    callsPerSecond: meanOf(calls.slice(arrivalSeconds)),
    worstSecond: Math.max(...calls),
    worstLaterSecond: Math.max(...calls.slice(firstSecond + 1)),
    gatherers: gatherers.length,
    worstGathererSecond: Math.max(0, ...gatherers.flatMap((arrived) => arrived.between(START_MS, until))),
    joinWaitP50Ms: crowd.joinWaits.percentile(0.5),
    joinWaitP99Ms: crowd.joinWaits.percentile(0.99),
    joined: crowd.joined,
    expired: watch.expired + crowd.lost,
    abandoned: watch.joined - crowd.joined,
    duplicates: crowd.duplicates,
    mostOccupied: watch.mostOccupied,
    defects: [...watch.defects, ...crowd.defects],
    lineMiB: watch.lineBytes / 2 ** 20,
    tickMeanMs: meanOf(watch.ticksMs),
    tickMaxMs: Math.max(0, ...watch.ticksMs),
  }
}
