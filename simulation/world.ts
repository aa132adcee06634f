/**
 * One seed: a room, its isolates, a crowd and faults. Every committed event and every message is
 * judged. In the end every visitor who stayed must have been admitted, and the line must be empty.
 */
import type { GathererLimits } from '../src/core/gatherers.ts'
import { parseRoom, type RoomSettings } from '../src/settings/rooms.ts'
import { BEACON, SimulatedBeacon } from './beacon.ts'
import { Browser } from './browser.ts'
import { type Crowd, crowdOf } from './crowd.ts'
import { Disturbances } from './disturbances.ts'
import { eventOfSeed } from './event-of-seed.ts'
import { NO_NETWORK_FAULTS, NO_OBJECT_FAULTS, PROFILES } from './faults.ts'
import { Judge, type Report } from './judges/judge.ts'
import { laneOfVisitor, lanesOfSeed } from './lanes-of-seed.ts'
import type { Mutant } from './mutant.ts'
import { Random } from './random.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedGatherers } from './simulated-gatherers.ts'
import { SimulatedIsolate } from './simulated-isolate.ts'
import { SimulatedObject } from './simulated-object.ts'
import { Visitor } from './visitor.ts'

export interface RunOptions {
  /** Receives a line of text per step. */
  readonly trace?: (line: string) => void
  /** The room has an event with a lobby. */
  readonly events?: boolean
  /** The room has lanes, and some visitors join them. */
  readonly lanes?: boolean
  /** The room has gatherers for its few isolates, as soon as two call it. */
  readonly gatherers?: boolean
  /** The room holds slots for visitors who do not look at the page, and some do not. */
  readonly held?: boolean
  /** Changes every client, or every gatherer. */
  readonly mutant?: Mutant
}

/** The shortest makes many visitors of a small crowd far from the front. */
const POLL_INTERVALS_SECONDS = [7, 8, 30] as const

/** Every third seed lends nothing, and no combination with the poll intervals is missing. */
const LEASES_BELOW = [0, 0.7, 0.9] as const

/** With 2 to 7 isolates, there are 1 to 3 gatherers. */
const GATHERER_LIMITS: GathererLimits = { direct: 1, each: 2, max: 3 }
const MORE_ISOLATES = 2

/** Of visitors in a room that holds slots. */
const HIDING_SHARE = 0.4

const START_MS = 1_700_000_000_000
const FAULTS_MS = 180_000
/** In a room with one slot each visitor may keep it for minutes after a departure. */
const END_MS = 21_600_000

/** The same seed runs the same way anywhere. */
export async function runSeed(
  seed: number,
  { trace, events = false, lanes = false, gatherers = false, held = false, mutant = {} }: RunOptions = {},
): Promise<Report> {
  const random = new Random(seed)
  const scheduler = new Scheduler(START_MS)
  const faults = random.pick(PROFILES)
  const crowd = crowdOf(seed, random)
  const settings = someSettings(seed, random, crowd, { events, lanes, held })
  const judge = new Judge(scheduler, START_MS, START_MS + FAULTS_MS, faults, trace)
  const object = new SimulatedObject(settings, scheduler, random, faults.object, judge)
  const isolates = Array.from(
    { length: crowd.isolates + (gatherers ? MORE_ISOLATES : 0) },
    () => new SimulatedIsolate(object, scheduler, random, faults.network, settings, mutant),
  )
  const tier = gatherers ? new SimulatedGatherers(object, scheduler, random, faults.network, mutant) : null
  if (tier !== null) object.gathererLimits = GATHERER_LIMITS
  for (const isolate of isolates) isolate.gatherers = tier
  const visitors = Array.from({ length: crowd.visitors }, () => {
    const plan = crowd.plan(random, settings)
    const lane = lanes ? laneOfVisitor(random) : undefined
    const hides = held && random.chance(HIDING_SHARE)
    return new Visitor(plan, new Browser(isolates, scheduler, random, judge, lane), hides)
  })
  for (const visitor of visitors) scheduler.after(crowd.arrivalMs(random), () => judge.watch(visitor.live()))
  const untilMs = START_MS + FAULTS_MS
  new Disturbances(scheduler, random, faults, untilMs).begin(object, isolates, tier)
  scheduler.after(FAULTS_MS, () => endFaults(object, isolates, tier))
  const restoreGlobals = replaceGlobals(seed, object, new SimulatedBeacon(scheduler, random))
  try {
    const isOver = () => scheduler.nowMs > untilMs && visitors.every(({ over }) => over) && judge.nobodyIsLeft
    await scheduler.runUntil(START_MS + END_MS, isOver)
  } finally {
    restoreGlobals()
    object.storage.close()
  }
  return judge.conclude(seed, visitors, object, isolates, tier)
}

/** The clock, the network and the randomness of the shipped code. Returns how to restore them. */
function replaceGlobals(seed: number, object: SimulatedObject, beacon: SimulatedBeacon): () => void {
  const { fetch } = globalThis
  const { now } = Date
  const bytes = new Random(seed)
  Date.now = () => object.readClock()
  globalThis.fetch = beacon.fetch
  crypto.getRandomValues = <T extends ArrayBufferView>(array: T): T => {
    const view = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    for (let i = 0; i < view.length; i++) view[i] = bytes.whole(0, 255)
    return array
  }
  return () => {
    Date.now = now
    globalThis.fetch = fetch
    Reflect.deleteProperty(crypto, 'getRandomValues')
  }
}

/** The faults of a seed. */
export function profileOf(seed: number): string {
  return new Random(seed).pick(PROFILES).profile
}

function endFaults(
  object: SimulatedObject,
  isolates: readonly SimulatedIsolate[],
  tier: SimulatedGatherers | null,
): void {
  tier?.endFaults()
  object.faults = NO_OBJECT_FAULTS
  for (const isolate of isolates) {
    isolate.faults = NO_NETWORK_FAULTS
    isolate.outage = 'none'
  }
}

function someSettings(
  seed: number,
  random: Random,
  crowd: Crowd,
  { events, lanes, held }: { readonly events: boolean; readonly lanes: boolean; readonly held: boolean },
): RoomSettings {
  const heartbeat = random.pick([15, 20, 20, 30])
  return parseRoom({
    name: 'simulated',
    total_active_users: crowd.capacity,
    new_users_per_minute: crowd.ratePerMinute,
    heartbeat_timeout_seconds: heartbeat,
    poll_interval_max_seconds: POLL_INTERVALS_SECONDS[seed % POLL_INTERVALS_SECONDS.length],
    lease_below: LEASES_BELOW[Math.floor(seed / POLL_INTERVALS_SECONDS.length) % LEASES_BELOW.length],
    session_timeout_seconds: random.pick([20, 20, 30, 80]),
    check_interval_seconds: random.pick([5, 10, 10, 14]),
    reclaim_grace_seconds: random.pick([0, 60, 300]),
    session_max_seconds: random.pick([0, 0, 0, 60]),
    departure_grace_seconds: random.pick([0, 10, 60, 300]),
    reclaims_max: random.pick([0, 3, 3]),
    ...(events ? { events: [eventOfSeed(random, START_MS, crowd.capacity, crowd.ratePerMinute)] } : {}),
    ...(events && random.chance(0.5) ? { draw_beacon: BEACON } : {}),
    ...(lanes ? { lanes: lanesOfSeed(random) } : {}),
    ...(held ? { confirm_entry_seconds: random.pick([15, 30, 60]) } : {}),
  })
}
