/**
 * One sale: people and an attacker come to a room when it opens. Runs the shipped gate, room client
 * and object without faults.
 */
import { laneOf, REGULAR } from '../../src/core/lanes.ts'
import { NewcomerCounts } from '../../src/core/proof-of-work.ts'
import type { RoomSettings } from '../../src/settings/rooms.ts'
import { routeTable } from '../../src/settings/route-table.ts'
import { signAccessKey } from '../../src/tokens/access-key.ts'
import { VerifiedTokens } from '../../src/tokens/presented.ts'
import { NO_NETWORK_FAULTS, NO_OBJECT_FAULTS } from '../faults.ts'
import type { Mutant } from '../mutant.ts'
import { Random } from '../random.ts'
import { Scheduler } from '../scheduler.ts'
import type { RoomInstance } from '../shipped.ts'
import { SimulatedIsolate } from '../simulated-isolate.ts'
import { type ObjectWitness, SimulatedObject } from '../simulated-object.ts'
import { Attack } from './attack.ts'
import type { Budget } from './attackers.ts'
import { Client, type Station } from './client.ts'
import { Person, someTraits } from './people.ts'
import { deployedLimiter, replaceGlobals, signingKey, turnstile } from './platform.ts'
import { roomOf, type Setting } from './settings.ts'

export interface SaleOptions {
  readonly seed: number
  readonly people: number
  /** Places of the sale, which the first in line get. */
  readonly places: number
  readonly setting: Setting
  readonly budget: Budget
  readonly boughtSolves: number
  /** False: people who come when all places are taken stay away, which changes no share. */
  readonly everyone: boolean
}

export interface SaleFigures {
  /** Of the first places, 0 to 1. */
  readonly botShare: number
  readonly botTickets: number
  readonly botRequests: number
  /** People who came, and of these who got no place in line. */
  readonly people: number
  readonly refused: number
  /** From the first request to a place in line, of each person who got one. Sorted. */
  readonly delaysMs: readonly number[]
}

const START_MS = 1_700_000_000_000
const END_MS = START_MS + 900_000
/** They count newcomers of a network separately. */
export const ISOLATES = 8
const ACCESS_KEYS = [signingKey('access')]

export async function runSale(options: SaleOptions): Promise<SaleFigures> {
  const sale = new Sale(options)
  const restoreGlobals = replaceGlobals(sale.scheduler, new Random(options.seed + 1))
  try {
    return await sale.run()
  } finally {
    restoreGlobals()
    sale.object.storage.close()
  }
}

class Sale implements ObjectWitness {
  readonly scheduler = new Scheduler(START_MS)
  readonly object: SimulatedObject
  private readonly options: SaleOptions
  private readonly random: Random
  private readonly settings: RoomSettings
  private readonly stations: readonly Station[]
  private readonly problems: unknown[] = []
  private instance: RoomInstance | null = null

  constructor(options: SaleOptions) {
    this.options = options
    this.random = new Random(options.seed)
    this.settings = roomOf(options.setting, options.places)
    this.object = new SimulatedObject(this.settings, this.scheduler, this.random, NO_OBJECT_FAULTS, this)
    this.stations = this.openStations()
  }

  private openStations(): Station[] {
    const { scheduler, settings } = this
    // The clocks of isolates agree: the gate reads the clock itself.
    const onTime: Mutant = { port: (port) => ({ ...port, nowMs: () => scheduler.nowMs }) }
    const shared = {
      routes: routeTable([settings]),
      rehearsal: null,
      keys: [signingKey('signs')],
      infiniteKeys: [signingKey('infinite')],
      accessKeys: ACCESS_KEYS,
      joinLimiter: deployedLimiter('JOIN_LIMIT', scheduler),
      networkLimiter: deployedLimiter('JOIN_LIMIT_NETWORK', scheduler),
      turnstile: turnstile(scheduler),
    }
    return Array.from({ length: ISOLATES }, () => {
      const isolate = new SimulatedIsolate(this.object, scheduler, this.random, NO_NETWORK_FAULTS, settings, onTime)
      const deployment = {
        ...shared,
        verified: new VerifiedTokens(),
        newcomers: new NewcomerCounts(),
        client: () => isolate.client,
      }
      return { isolate, deployment }
    })
  }

  async run(): Promise<SaleFigures> {
    const people = await this.invitePeople()
    const came: Person[] = []
    const attack = this.planAttack()
    let underWay = 1
    const begin = (work: Promise<void>) => {
      work.catch((error) => this.problems.push(error)).finally(() => underWay--)
    }
    const bring = async () => {
      for (const person of people) {
        await this.scheduler.sleep(START_MS + person.traits.arrivalMs - this.scheduler.nowMs)
        if (this.areTaken && !this.options.everyone) return
        came.push(person)
        underWay++
        begin(person.come())
      }
    }
    begin(bring())
    underWay++
    this.scheduler.after(0, () => begin(attack.run()))
    await this.scheduler.runUntil(END_MS, () => underWay === 0 && this.areGivenOut)
    const bots = await this.countAdmitted(attack.clients)
    const admitted = bots + (await this.countAdmitted(came.map(({ client }) => client)))
    if (this.problems.length > 0) throw this.problems[0]
    const delaysMs = came.map(({ delayMs }) => delayMs).filter((delayMs) => delayMs !== null)
    return {
      botShare: bots / Math.max(1, admitted),
      botTickets: attack.clients.length,
      botRequests: attack.requests,
      people: came.length,
      refused: came.length - delaysMs.length,
      delaysMs: delaysMs.sort((a, b) => a - b),
    }
  }

  /** In the order of their arrival. */
  private async invitePeople(): Promise<Person[]> {
    const { people } = this.options
    const invited: Person[] = []
    for (let i = 0; i < people; i++) {
      const traits = someTraits(i, people, this.random)
      const client = this.newClient(traits.address, traits.hasKey ? await this.invitation(i) : null)
      invited.push(new Person(client, traits, this.scheduler, this.random))
    }
    return invited.sort((a, b) => a.traits.arrivalMs - b.traits.arrivalMs)
  }

  /** A key for one person; null: the room needs none. */
  private async invitation(index: number): Promise<string | null> {
    if (!this.settings.require_access_key) return null
    const times = { issuedSeconds: START_MS / 1000, expiresSeconds: END_MS / 1000 }
    const key = { room: this.settings.name, id: `invitation-${index}`, type: 'invite', uses: 1, ...times } as const
    return `${await signAccessKey(key, ACCESS_KEYS)}~${crypto.randomUUID()}`
  }

  private planAttack(): Attack {
    const { budget, boughtSolves, places } = this.options
    const hasSlowLane = this.settings.proof_of_work !== 'off'
    const newClient = (address: string) => this.newClient(address)
    return new Attack({ budget, boughtSolves, places, hasSlowLane, newClient }, this.scheduler, this.random)
  }

  private newClient(address: string, accessKey: string | null = null): Client {
    return new Client(this.random.pick(this.stations), this.settings, address, accessKey)
  }

  /** As many stand in line as there are places. */
  private get areTaken(): boolean {
    return (this.instance?.line?.totals.joined ?? 0) > this.options.places
  }

  /** The line has admitted everyone that it can. */
  private get areGivenOut(): boolean {
    const { joined = 0, admitted = 0 } = this.instance?.line?.totals ?? {}
    return admitted >= Math.min(joined, this.options.places)
  }

  /** Every ticket in front of the line is shown once more. */
  private async countAdmitted(clients: readonly Client[]): Promise<number> {
    const frontier = this.instance?.line?.frontier ?? 0
    const inFront = clients.filter(({ isInInfiniteQueue, number }) => {
      return !isInInfiniteQueue && number !== null && (number < frontier || laneOf(number) !== REGULAR)
    })
    let admitted = 0
    let left = inFront.length
    for (const client of inFront) {
      const opened = client.open().then(({ state }) => {
        if (state === 'admitted') admitted++
      })
      opened.catch((error) => this.problems.push(error)).finally(() => left--)
    }
    await this.scheduler.runUntil(this.scheduler.nowMs + 60_000, () => left === 0)
    return admitted
  }

  committed(_what: string, _object: SimulatedObject, instance: RoomInstance): void {
    this.instance = instance
  }

  defect(what: string, error: unknown): void {
    this.problems.push(new Error(what, { cause: error }))
  }

  note(): void {}
}
