/**
 * Faults that last: isolates cut off for a while, clock steps, deploys, operators. The profile of a
 * seed selects them. All of them end with the faults.
 */

import { startOf } from '../src/core/lanes.ts'
import type { EventCommand } from '../src/room/room-events.ts'
import type { Command } from '../src/room/room-object.ts'
import type { EventPatch } from '../src/settings/event-schema.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'
import type { SettingsPatch } from '../src/settings/runtime-settings.ts'
import { EVENT_ID } from './event-of-seed.ts'
import type { Faults } from './faults.ts'
import { lanesOfDeploy } from './lanes-of-seed.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedGatherers } from './simulated-gatherers.ts'
import type { SimulatedIsolate } from './simulated-isolate.ts'
import type { SimulatedObject } from './simulated-object.ts'

/**
 * `short`: loses several messages of a visitor, but no place. `long`: exceeds some or all silence
 * limits.
 */
const OUTAGE_MS = { short: [3_000, 18_000], long: [25_000, 130_000] } as const
const OUTAGE_PAUSE_MS = [5_000, 40_000] as const
/**
 * Steps closer together than the clock's protection (listening-clock.ts) are not covered by the
 * guarantees.
 */
const CLOCK_STEP_EVERY_MS = [150_000, 200_000] as const
const OPERATE_EVERY_MS = [3_000, 25_000] as const
const DEPLOY_EVERY_MS = [20_000, 80_000] as const
const SUSPEND_EVERY_MS = [20_000, 60_000] as const
/** Shorter and longer than any limit. */
const SUSPENDED_MS = [3_000, 150_000] as const
const GATHERER_LOST_EVERY_MS = [1_000, 15_000] as const
const RESET_EVERY_MS = [40_000, 120_000] as const
/** This long before and after a border of an event. */
const BORDER_MS = 2_500
const BORDER_CRASHES = {
  crashBetweenStatements: 0.15,
  crashBeforeCommit: 0.1,
  crashAfterCommit: 0.1,
  evicted: 0.2,
}
/** Null: delayed. */
const EVENT_CHANGES: readonly (EventPatch | null)[] = [
  null,
  { suspended: true },
  { suspended: false },
  { suspended: false },
  { shuffle_at_event_start: false },
  { name: 'Another name' },
]

/** Reverts all changes of the operators. */
const AS_DEPLOYED: Command = {
  kind: 'settings',
  action: 'settings',
  patch: {
    suspended: null,
    paused: null,
    closed: null,
    queue_all: null,
    total_active_users: null,
    new_users_per_minute: null,
  },
  etag: null,
}

export class Disturbances {
  private readonly scheduler: Scheduler
  private readonly random: Random
  private readonly faults: Faults
  private readonly untilMs: number

  constructor(scheduler: Scheduler, random: Random, faults: Faults, untilMs: number) {
    this.scheduler = scheduler
    this.random = random
    this.faults = faults
    this.untilMs = untilMs
  }

  begin(object: SimulatedObject, isolates: readonly SimulatedIsolate[], gatherers: SimulatedGatherers | null): void {
    const { network, object: objectFaults } = this.faults
    const { settings } = object
    for (const isolate of isolates) {
      const { outages } = network
      if (outages !== 'none') this.repeat(OUTAGE_PAUSE_MS, () => this.cutOff(isolate, outages))
      if (network.recycled > 0) {
        this.repeat([60_000, 60_000], () => this.random.chance(network.recycled) && isolate.recycle())
      }
    }
    if (gatherers !== null && network.gatherersLost) this.repeat(GATHERER_LOST_EVERY_MS, () => gatherers.loseSome())
    const { clockStepMs } = objectFaults
    if (clockStepMs > 0) {
      this.repeat(CLOCK_STEP_EVERY_MS, () => object.stepClock(this.random.whole(-clockStepMs, clockStepMs)))
    }
    if (objectFaults.suspensions) this.repeat(SUSPEND_EVERY_MS, () => this.suspend(object))
    if (objectFaults.resets) this.repeat(RESET_EVERY_MS, () => this.operate(object, { kind: 'reset' }))
    if (objectFaults.operators) this.repeat(OPERATE_EVERY_MS, () => this.operate(object, this.someCommand(object)))
    if (objectFaults.operators || objectFaults.suspensions) {
      this.scheduler.after(this.untilMs - this.scheduler.nowMs, () => this.operate(object, AS_DEPLOYED))
    }
    this.besetBorders(object)
    if (objectFaults.deploys) this.repeat(DEPLOY_EVERY_MS, () => this.deploy(object, isolates, settings))
  }

  /**
   * Around each border of an event the object fails far more often, in the ways of its profile, and
   * operators change the event.
   */
  private besetBorders(object: SimulatedObject): void {
    const { object: faults } = this.faults
    for (const { prequeue_start_time, event_start_time, event_end_time } of object.settings.events ?? []) {
      for (const time of [prequeue_start_time, event_start_time, event_end_time]) {
        const borderMs = Date.parse(String(time))
        const untilMs = borderMs - this.scheduler.nowMs
        if (untilMs < BORDER_MS || borderMs + BORDER_MS >= this.untilMs) continue
        const isCrashing = faults.crashBeforeCommit > 0
        this.scheduler.after(untilMs - BORDER_MS, () => {
          if (isCrashing) object.faults = { ...faults, ...BORDER_CRASHES }
        })
        this.scheduler.after(untilMs + this.random.whole(-500, 500), () => {
          if (faults.deploys) object.deploy(object.settings, false)
          if (faults.clockStepMs > 0) object.stepClock(this.random.whole(-faults.clockStepMs, faults.clockStepMs))
        })
        this.scheduler.after(untilMs + BORDER_MS, () => {
          if (isCrashing) object.faults = faults
        })
      }
      if (faults.operators) this.repeat(OPERATE_EVERY_MS, () => this.changeEvent(object))
      if (faults.operators) {
        this.scheduler.after(this.untilMs - this.scheduler.nowMs, () => this.changeEvent(object, { suspended: false }))
      }
    }
  }

  /** Delays, suspends or resumes the event; what would break a promise is refused. */
  private changeEvent(object: SimulatedObject, patch = this.random.pick<EventPatch | null>(EVENT_CHANGES)): void {
    const id = EVENT_ID
    const command: EventCommand =
      patch === null ? { kind: 'delay', id, minutes: 1, etag: null } : { kind: 'change', id, patch, etag: null }
    try {
      object.changeEvents(command)
    } catch {
      this.scheduler.after(1_000, () => this.changeEvent(object, patch))
    }
  }

  private cutOff(isolate: SimulatedIsolate, outages: keyof typeof OUTAGE_MS): void {
    isolate.outage = this.random.pick(['requests', 'answers'] as const)
    const [fromMs, toMs] = OUTAGE_MS[outages]
    this.scheduler.after(this.random.whole(fromMs, toMs), () => {
      isolate.outage = 'none'
    })
  }

  /**
   * The object restarts with other settings. Some isolates keep the old code and settings for a
   * while.
   */
  private deploy(object: SimulatedObject, isolates: readonly SimulatedIsolate[], first: RoomSettings): void {
    const rate = first.new_users_per_minute
    const settings: RoomSettings = {
      ...first,
      total_active_users: Math.max(1, first.total_active_users + this.random.whole(-2, 2)),
      new_users_per_minute: this.random.pick([rate, 2 * rate, Math.ceil(rate / 2)]),
      ...(first.lanes.length > 0 ? { lanes: lanesOfDeploy(this.random) } : {}),
    }
    object.deploy(settings, this.random.chance(0.3))
    for (const isolate of isolates) {
      isolate.isOld = this.random.chance(0.5)
      if (!isolate.isOld) isolate.settings = settings
    }
  }

  private suspend(object: SimulatedObject): void {
    const set = (suspended: true | null): Command => ({
      kind: 'settings',
      action: 'suspend',
      patch: { suspended },
      etag: null,
    })
    this.operate(object, set(true))
    this.scheduler.after(this.random.whole(...SUSPENDED_MS), () => this.operate(object, set(null)))
  }

  private someCommand({ settings }: SimulatedObject): Command {
    const { random } = this
    const flag = random.chance(0.4) ? true : null
    const patch = random.pick<SettingsPatch>([
      { paused: flag },
      { closed: flag },
      { queue_all: flag },
      { total_active_users: random.whole(1, 2 * settings.total_active_users) },
      { new_users_per_minute: random.pick([10, 60, 600]) },
    ])
    return random.pick<Command>([
      { kind: 'settings', action: 'settings', patch, etag: null },
      { kind: 'settings', action: 'settings', patch, etag: null },
      { kind: 'admit-next', count: random.whole(1, 3) },
      { kind: 'revoke', number: random.whole(1, 30) + (settings.lanes.length > 0 ? startOf(random.whole(0, 4)) : 0) },
    ])
  }

  /** Retried until it succeeds, as the object may crash. Nothing follows `AS_DEPLOYED`. */
  private operate(object: SimulatedObject, command: Command): void {
    if (command !== AS_DEPLOYED && this.scheduler.nowMs >= this.untilMs) return
    try {
      object.operate(command)
    } catch {
      this.scheduler.after(1_000, () => this.operate(object, command))
    }
  }

  private repeat([fromMs, toMs]: readonly [number, number], work: () => void): void {
    this.scheduler.after(this.random.whole(fromMs, toMs), () => {
      if (this.scheduler.nowMs >= this.untilMs) return
      work()
      this.repeat([fromMs, toMs], work)
    })
  }
}
