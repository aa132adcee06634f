/**
 * An attacker who knows the room's settings: as many places as possible, as early as possible,
 * within the budget. Stops when later places are of no use.
 */
import { WORK_HEADER } from '../../src/tokens/work-challenge.ts'
import type { Random } from '../random.ts'
import type { Scheduler } from '../scheduler.ts'
import { SOLVED_NONCE } from '../stand-ins/proof-of-work.ts'
import { type Budget, HASHES_PER_SECOND_OF_A_CORE } from './attackers.ts'
import type { Client } from './client.ts'
import { hashingMs } from './people.ts'
import { FAILED_CHECK, slowEntry, solvedCheck } from './platform.ts'

export interface AttackOptions {
  readonly budget: Budget
  /** Solved checks, each good for one place. */
  readonly boughtSolves: number
  /** Later places in the regular lane are of no use. */
  readonly places: number
  /** Without work, newcomers may join the slow lane, whose share of the admissions is its own. */
  readonly hasSlowLane: boolean
  readonly newClient: (address: string) => Client
}

/** A refused address is tried again after this. */
export const REST_MS = 2_000

/** Requests under way, as a share of the requests per second. */
const FLOWS_SHARE = 0.25
/** An attacker who gets no place without a key, or with forged checks, gives up. */
const FORGED_IN_VAIN_MAX = 300
const STEPS_MAX = 5
/** More than the share of admissions that the slow lane has. */
const SLOW_SHARE_MAX = 0.12

export class Attack {
  readonly clients: Client[] = []
  requests = 0
  private readonly options: AttackOptions
  private readonly scheduler: Scheduler
  private readonly random: Random
  private solvesLeft: number
  private forgedInVain = 0
  private isPast = false
  private attemptsInSlowLane = 0
  private nextRequestMs = 0
  private nextAddress = 0
  private readonly restsUntilMs = new Map<string, number>()
  /** When each core is free. */
  private readonly coresMs: number[]

  constructor(options: AttackOptions, scheduler: Scheduler, random: Random) {
    this.options = options
    this.scheduler = scheduler
    this.random = random
    this.solvesLeft = options.boughtSolves
    this.coresMs = new Array<number>(options.budget.cores).fill(0)
  }

  /** Until it stops. */
  async run(): Promise<void> {
    const flows = Math.ceil(this.options.budget.requestsPerSecond * FLOWS_SHARE)
    await Promise.all(Array.from({ length: flows }, () => this.flow()))
  }

  private async flow(): Promise<void> {
    while (!this.isOver) {
      const address = this.freeAddress()
      if (address === null) await this.scheduler.sleep(REST_MS / 4)
      else await this.attempt(this.options.newClient(address))
    }
  }

  /** When the places of the regular lane are taken, the slow lane is left. */
  private get isOver(): boolean {
    if (this.forgedInVain >= FORGED_IN_VAIN_MAX) return true
    const { hasSlowLane, places } = this.options
    return this.isPast && (!hasSlowLane || this.attemptsInSlowLane >= places * SLOW_SHARE_MAX)
  }

  /** One place, or none. */
  private async attempt(client: Client): Promise<void> {
    if (this.isPast) this.attemptsInSlowLane++
    let headers = {}
    for (let step = 0; step < STEPS_MAX && !this.isOver; step++) {
      await this.request()
      const outcome = await client.open(headers)
      switch (outcome.state) {
        case 'admitted':
        case 'waiting':
          this.gain(client)
          return
        case 'uninvited':
          this.forgedInVain++
          return
        case 'unchecked': {
          const next = await this.check(client)
          if (next === null) return
          headers = next
          break
        }
        default:
          this.restsUntilMs.set(client.address, this.scheduler.nowMs + REST_MS)
          return
      }
    }
  }

  private gain(client: Client): void {
    if (client.isInInfiniteQueue) {
      this.forgedInVain++
      return
    }
    this.clients.push(client)
    if ((client.number as number) > this.options.places) this.isPast = true
  }

  /** The headers of the next request. Null: this attempt is in vain. */
  private async check(client: Client): Promise<Record<string, string> | null> {
    const { challenge } = client
    if (challenge !== null && !this.isPast) {
      await this.hash(challenge.bits)
      // As apps do: the work counts without the form.
      return { [WORK_HEADER]: `${challenge.text}.${SOLVED_NONCE}` }
    }
    await this.request()
    const { status } = await client.answerCheck(challenge === null ? { token: this.nextToken() } : slowEntry(challenge))
    if (status === 303) return {}
    this.restsUntilMs.set(client.address, this.scheduler.nowMs + REST_MS)
    return null
  }

  private nextToken(): string {
    return this.solvesLeft-- > 0 ? solvedCheck(crypto.randomUUID()) : FAILED_CHECK
  }

  /** The next request of the budget. */
  private async request(): Promise<void> {
    const { nowMs } = this.scheduler
    const { requestsPerSecond, roundTripMs } = this.options.budget
    this.nextRequestMs = Math.max(nowMs, this.nextRequestMs) + 1000 / requestsPerSecond
    this.requests++
    await this.scheduler.sleep(this.nextRequestMs - nowMs + roundTripMs)
  }

  /** On the core that is free first. */
  private async hash(bits: number): Promise<void> {
    const { nowMs } = this.scheduler
    const freeMs = Math.min(...this.coresMs)
    const doneMs = Math.max(nowMs, freeMs) + hashingMs(bits, HASHES_PER_SECOND_OF_A_CORE, this.random)
    this.coresMs[this.coresMs.indexOf(freeMs)] = doneMs
    await this.scheduler.sleep(doneMs - nowMs)
  }

  private freeAddress(): string | null {
    const { addresses } = this.options.budget
    for (let tries = 0; tries < addresses.length; tries++) {
      const address = addresses[this.nextAddress++ % addresses.length] as string
      if ((this.restsUntilMs.get(address) ?? 0) <= this.scheduler.nowMs) return address
    }
    return null
  }
}
