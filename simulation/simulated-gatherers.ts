/**
 * The gatherers of a room: the shipped code in virtual time, each with its own clock, between
 * isolates and the object. A gatherer may be lost with everything that waits in it.
 */
import type { ExchangeRequest } from '../src/core/exchange.ts'
import type { GatheredAnswer, GatheredRequest } from '../src/core/gathered.ts'
import type { GathererAnswer } from '../src/room/gatherer-object.ts'
import { Gathering } from '../src/room/gathering.ts'
import { type NetworkFaults, NO_NETWORK_FAULTS, REPEATED_AFTER_MAX_MS, WAY_MAX_MS } from './faults.ts'
import type { Mutant } from './mutant.ts'
import type { Random } from './random.ts'
import type { Timeline } from './scheduler.ts'
import { NOT_SUPPORTED, type SimulatedObject } from './simulated-object.ts'

/** One gatherer from its start until it is lost. */
interface Life {
  readonly gathering: Gathering
  /** The calls of isolates: each by how it fails if the gatherer is lost, or else hangs. */
  readonly pending: Map<(error: unknown) => void, () => void>
}

export class SimulatedGatherers {
  faults: NetworkFaults
  lost = 0
  calls = 0
  private readonly lives = new Map<number, Life>()
  private readonly object: SimulatedObject
  private readonly scheduler: Timeline
  private readonly random: Random
  private readonly mutant: Mutant

  constructor(
    object: SimulatedObject,
    scheduler: Timeline,
    random: Random,
    faults: NetworkFaults,
    mutant: Mutant = {},
  ) {
    this.mutant = mutant
    this.object = object
    this.scheduler = scheduler
    this.random = random
    this.faults = faults
  }

  get nowMs(): number {
    return this.scheduler.nowMs
  }

  /**
   * A call of an isolate has arrived. `onHung`: the gatherer was lost, and the isolate does not
   * notice.
   */
  exchange(gatherer: number, request: ExchangeRequest, onHung: () => void): Promise<GathererAnswer> {
    const life = this.lives.get(gatherer) ?? this.start(gatherer)
    return new Promise((resolve, reject) => {
      life.pending.set(reject, onHung)
      const isOver = () => life.pending.delete(reject)
      life.gathering.exchange(request).then(resolve, reject).finally(isOver)
    })
  }

  /** Loses one of the gatherers. Its isolates notice at once, or never. */
  loseSome(): void {
    const gatherer = this.random.pick([...this.lives.keys(), -1])
    const life = this.lives.get(gatherer)
    if (life === undefined) return
    this.lost++
    this.lives.delete(gatherer)
    const isNoticed = !this.random.chance(0.3)
    for (const [reject, onHung] of life.pending) {
      if (isNoticed) reject(new Error('gatherer lost'))
      else onHung()
    }
  }

  private start(gatherer: number): Life {
    const { scheduler, random } = this
    const skewMs = random.chance(0.5) ? 0 : random.whole(-180_000, 180_000)
    const isAlive = () => this.lives.get(gatherer) === life
    const gathering = new Gathering(this.object.settings.name, {
      call: (all) => this.call(all, isAlive),
      nowMs: () => scheduler.nowMs + skewMs,
      after: (ms, callback) => scheduler.after(ms, () => isAlive() && callback()),
      randomId: () => `gatherer ${random.whole(0, 2 ** 31)}`,
      random: () => random.next(),
      isNotSupported: (error) => error === NOT_SUPPORTED,
    })
    this.mutant.gathering?.(gathering)
    const life: Life = { gathering, pending: new Map() }
    this.lives.set(gatherer, life)
    return life
  }

  private async call(all: GatheredRequest, isAlive: () => boolean): Promise<GatheredAnswer> {
    this.calls++
    const { faults, random, scheduler } = this
    await scheduler.sleep(random.whole(1, WAY_MAX_MS))
    if (random.chance(faults.requestLost)) throw new Error('request lost')
    const answer = this.object.exchangeAll(all)
    if (random.chance(faults.repeated)) this.repeatLater(all)
    await scheduler.sleep(random.whole(1, WAY_MAX_MS))
    if (random.chance(faults.answerLost)) throw new Error('answer lost')
    // The call of a lost gatherer ends nowhere.
    return isAlive() ? answer : new Promise(() => {})
  }

  private repeatLater(all: GatheredRequest): void {
    this.scheduler.after(this.random.whole(1, REPEATED_AFTER_MAX_MS), () => {
      try {
        this.object.exchangeAll(all)
      } catch {
        // This call may crash the object like any other.
      }
    })
  }

  endFaults(): void {
    this.faults = NO_NETWORK_FAULTS
  }
}
