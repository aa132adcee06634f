/**
 * A chain of public randomness (drand's HTTP interface) in virtual time: slow, failing, and without
 * the rounds that are still to come.
 */
import { createHash } from 'node:crypto'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

export const BEACON = { url: 'https://beacon.invalid', hash: 'b'.repeat(64) }

const GENESIS_SECONDS = 1_600_000_000
const PERIOD_SECONDS = 3
const ANSWER_MS = [20, 4_000] as const
const FAILED_SHARE = 0.3

export class SimulatedBeacon {
  private readonly scheduler: Scheduler
  private readonly random: Random

  constructor(scheduler: Scheduler, random: Random) {
    this.scheduler = scheduler
    this.random = random
  }

  /** Stands in for `fetch`. */
  readonly fetch = async (url: unknown): Promise<Response> => {
    await this.scheduler.sleep(this.random.whole(...ANSWER_MS))
    if (this.random.chance(FAILED_SHARE)) throw new TypeError('the connection was lost')
    const [, round] = /\/public\/(\d+)$/.exec(String(url)) ?? []
    if (round === undefined) {
      return answer(200, { hash: BEACON.hash, genesis_time: GENESIS_SECONDS, period: PERIOD_SECONDS })
    }
    const dueMs = (GENESIS_SECONDS + (Number(round) - 1) * PERIOD_SECONDS) * 1000
    if (this.scheduler.nowMs < dueMs) return answer(425, 'too early')
    const signature = signatureOf(Number(round))
    return answer(200, { round: Number(round), randomness: sha256(Buffer.from(signature, 'hex')), signature })
  }
}

/** The randomness that the chain publishes for a round. */
export function randomnessOfRound(round: number): string {
  return sha256(Buffer.from(signatureOf(round), 'hex'))
}

function signatureOf(round: number): string {
  return sha256(`signature of round ${round}`)
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Settles at once: the body of a real response takes a turn of Node's event loop. */
function answer(status: number, body: unknown): Response {
  const chunks = [new TextEncoder().encode(JSON.stringify(body))]
  return { ok: status === 200, status, body: chunks as unknown } as Response
}
