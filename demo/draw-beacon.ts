/**
 * A stand-in for a chain of public randomness (drand), on loopback: the demo needs no network. It
 * has the two routes that the waiting room reads. A round is published when it is due, not before.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const PERIOD_SECONDS = 3
const AGE_SECONDS = 3_600

export class DrawBeacon {
  /** Names the chain. */
  readonly hash = randomBytes(32).toString('hex')
  readonly #secret = randomBytes(32)
  readonly #genesisSeconds = Math.floor(Date.now() / 1_000) - AGE_SECONDS
  readonly #server = createServer((request, response) => {
    const body = this.#answer(request.url ?? '')
    response.writeHead(body === null ? 404 : 200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  })

  private constructor() {}

  /** Listens on a free loopback port; ends with the process. */
  static async start(): Promise<DrawBeacon> {
    const beacon = new DrawBeacon()
    beacon.#server.listen(0, '127.0.0.1').unref()
    await once(beacon.#server, 'listening')
    return beacon
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #answer(path: string): object | null {
    if (path === `/${this.hash}/info`) {
      return { hash: this.hash, genesis_time: this.#genesisSeconds, period: PERIOD_SECONDS }
    }
    const prefix = `/${this.hash}/public/`
    const round = path.startsWith(prefix) ? Number(path.slice(prefix.length)) : Number.NaN
    const dueMs = (this.#genesisSeconds + (round - 1) * PERIOD_SECONDS) * 1_000
    if (!Number.isSafeInteger(round) || round < 1 || Date.now() < dueMs) return null
    const signature = createHmac('sha384', this.#secret).update(String(round)).digest()
    const randomness = createHash('sha256').update(signature).digest('hex')
    return { round, randomness, signature: signature.toString('hex') }
  }
}
