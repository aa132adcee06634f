/** A stand-in for a chain of public randomness (drand), as a page of a test's origin. */
import { createHash } from 'node:crypto'
import type { Answer } from './origin.ts'
import { sha256 } from './published-draw.ts'

export const CHAIN_HASH = 'c4a1'.repeat(16)

export class DrandChain {
  /** The state of all rounds. Withheld: as if they were not published yet. */
  rounds: 'published' | 'withheld' | 'failing' = 'published'
  /** The rounds that were asked for. */
  readonly asked: number[] = []
  private readonly genesisSeconds = Math.floor(Date.now() / 1000) - 1000

  /** For an origin: the first segment of a path is the chain's hash. */
  readonly pages: Readonly<Record<string, Answer>> = {
    [CHAIN_HASH]: (request, response) => {
      const [status, body] = this.answer((request.url ?? '').slice(CHAIN_HASH.length + 1))
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    },
  }

  private answer(path: string): [status: number, body: object] {
    // A period of a second: the round after a start is due at once.
    if (path === '/info') return [200, { hash: CHAIN_HASH, genesis_time: this.genesisSeconds, period: 1 }]
    const round = Number(/^\/public\/(\d+)$/.exec(path)?.[1])
    this.asked.push(round)
    if (this.rounds === 'failing') return [500, { error: 'broken' }]
    if (this.rounds === 'withheld' || Number.isNaN(round)) return [404, { error: 'not found' }]
    return [200, { round, randomness: randomnessOf(round), signature: signatureOf(round).toString('hex') }]
  }
}

export function randomnessOf(round: number): string {
  return sha256(signatureOf(round))
}

function signatureOf(round: number): Buffer {
  return createHash('sha384').update(`round ${round}`).digest()
}
