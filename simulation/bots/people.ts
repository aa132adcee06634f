/** The people who come to the sale: when, from where, with which device, and what they do. */
import type { Random } from '../random.ts'
import type { Scheduler } from '../scheduler.ts'
import { SOLVED_NONCE } from '../stand-ins/proof-of-work.ts'
import type { Client } from './client.ts'
import { carrierAddress, homeAddress, ipv6Address } from './networks.ts'
import { FAILED_CHECK, slowEntry, solvedCheck } from './platform.ts'

export const PEOPLE_BY_DEFAULT = 10_000

/** Arrivals: exponentially distributed after the opening, the rest evenly until the end. */
export const ARRIVAL_MEAN_SECONDS = 60
export const ARRIVAL_END_SECONDS = 300

export const SHARED_ADDRESS_SHARE = 0.05
export const PEOPLE_OF_A_SHARED_ADDRESS = 200
export const IPV6_SHARE = 0.4
export const WITHOUT_JAVASCRIPT_SHARE = 0.005
export const WRONGLY_FAILED_SHARE = 0.01
export const LOST_KEY_SHARE = 0.01
export const ROUND_TRIP_MS = 150

/** The widget takes this long, evenly distributed. */
export const WIDGET_MS = [500, 3_000] as const

/** Hashes per second of the page's solver, and the share of people with such a device. */
export const DEVICES = [
  { name: 'computer', hashesPerSecond: 1_500_000, share: 0.4 },
  { name: 'phone', hashesPerSecond: 500_000, share: 0.45 },
  { name: 'slow phone', hashesPerSecond: 150_000, share: 0.15 },
] as const

/** A person without a place gives up after this. */
export const PATIENCE_SECONDS = 300

const TRIES_OF_A_CHECK = 3
const READING_MS = 3_000
const RETRY_MS = 10_000

export interface Traits {
  readonly arrivalMs: number
  readonly address: string
  readonly hashesPerSecond: number
  readonly hasJavaScript: boolean
  readonly isWronglyFailed: boolean
  readonly hasKey: boolean
}

/** @param index of the person, from 0 */
export function someTraits(index: number, people: number, random: Random): Traits {
  const isShared = index < people * SHARED_ADDRESS_SHARE
  const ownAddress = random.chance(IPV6_SHARE) ? ipv6Address(random) : homeAddress(random)
  return {
    arrivalMs: arrivalMs(random),
    address: isShared ? carrierAddress(Math.floor(index / PEOPLE_OF_A_SHARED_ADDRESS)) : ownAddress,
    hashesPerSecond: deviceAt(random.next()).hashesPerSecond,
    hasJavaScript: !random.chance(WITHOUT_JAVASCRIPT_SHARE),
    isWronglyFailed: random.chance(WRONGLY_FAILED_SHARE),
    hasKey: !random.chance(LOST_KEY_SHARE),
  }
}

function arrivalMs(random: Random): number {
  const seconds = -Math.log(1 - random.next()) * ARRIVAL_MEAN_SECONDS
  return 1000 * (seconds < ARRIVAL_END_SECONDS ? seconds : random.next() * ARRIVAL_END_SECONDS)
}

function deviceAt(position: number): (typeof DEVICES)[number] {
  let until = 0
  for (const device of DEVICES) {
    until += device.share
    if (position < until) return device
  }
  return DEVICES[0]
}

/** The time until a solution is found is exponentially distributed. */
export function hashingMs(bits: number, hashesPerSecond: number, random: Random): number {
  return (-Math.log(1 - random.next()) * 2 ** bits * 1000) / hashesPerSecond
}

export class Person {
  readonly client: Client
  readonly traits: Traits
  /** From the first request to the place in line; null: none. */
  delayMs: number | null = null
  private readonly scheduler: Scheduler
  private readonly random: Random

  constructor(client: Client, traits: Traits, scheduler: Scheduler, random: Random) {
    this.client = client
    this.traits = traits
    this.scheduler = scheduler
    this.random = random
  }

  /** Until the person has a place, or has given up. */
  async come(): Promise<void> {
    const startMs = this.scheduler.nowMs
    let tries = 0
    while (this.scheduler.nowMs - startMs < PATIENCE_SECONDS * 1000) {
      await this.scheduler.sleep(ROUND_TRIP_MS)
      const outcome = await this.client.open()
      switch (outcome.state) {
        case 'admitted':
        case 'waiting':
          if (!this.client.isInInfiniteQueue) this.delayMs = this.scheduler.nowMs - startMs
          return
        case 'unchecked':
          if (tries++ >= TRIES_OF_A_CHECK || !(await this.check())) return
          break
        case 'uninvited':
          return
        case 'limited':
          await this.scheduler.sleep(outcome.status.pollAfterSeconds * 1000)
          break
        default:
          await this.scheduler.sleep(RETRY_MS)
      }
    }
  }

  /** False: there is nothing that this person could do. */
  private async check(): Promise<boolean> {
    const { client, scheduler, traits } = this
    const fields = traits.hasJavaScript ? await this.solve() : await this.useButton()
    await scheduler.sleep(ROUND_TRIP_MS)
    const { status, headers } = await client.answerCheck(fields)
    if (status === 303) return true
    await scheduler.sleep(Number(headers.get('Retry-After') ?? READING_MS / 1000) * 1000)
    return traits.hasJavaScript
  }

  private async solve(): Promise<Record<string, string>> {
    const { client, scheduler, random, traits } = this
    const { challenge } = client
    if (challenge !== null) {
      await scheduler.sleep(hashingMs(challenge.bits, traits.hashesPerSecond, random))
      return { challenge: challenge.text, nonce: SOLVED_NONCE }
    }
    await scheduler.sleep(random.whole(...WIDGET_MS))
    return { token: traits.isWronglyFailed ? FAILED_CHECK : solvedCheck(crypto.randomUUID()) }
  }

  /** Without JavaScript. As no work is done, the button leads to the slow lane. */
  private async useButton(): Promise<Record<string, string>> {
    const { challenge } = this.client
    await this.scheduler.sleep(READING_MS)
    return challenge === null ? { token: '' } : slowEntry(challenge)
  }
}
