/**
 * Stands in for what the deployed code gets from the platform and from Cloudflare: rate limits,
 * Turnstile's validation, the clock, randomness and hashes.
 */
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parse } from 'smol-toml'
import type { SigningKey } from '../../src/tokens/signing-keys.ts'
import { Spent } from '../../src/tokens/spent.ts'
import type { WorkChallenge } from '../../src/tokens/work-challenge.ts'
import type { Random } from '../random.ts'
import type { Scheduler } from '../scheduler.ts'
import type { GateDeployment, Limiter } from './shipped-gate.ts'

interface RateLimit {
  readonly name: string
  readonly simple: { readonly limit: number; readonly period: number }
}

/** With the limit and period that production has in wrangler.toml. Null: it has no such binding. */
export function deployedLimiter(name: string, scheduler: Scheduler): Limiter | null {
  const toml = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8')
  const { env } = parse(toml) as unknown as { env: { production: { ratelimits: readonly RateLimit[] } } }
  const found = env.production.ratelimits.find((limiter) => limiter.name === name)
  return found === undefined ? null : new FixedWindows(found.simple, scheduler)
}

/** Counts exactly, in one location. The platform counts approximately. */
class FixedWindows implements Limiter {
  private readonly simple: RateLimit['simple']
  private readonly scheduler: Scheduler
  private counts = new Map<string, number>()
  private window = 0

  constructor(simple: RateLimit['simple'], scheduler: Scheduler) {
    this.simple = simple
    this.scheduler = scheduler
  }

  async limit({ key }: { readonly key: string }): Promise<{ readonly success: boolean }> {
    const window = Math.floor(this.scheduler.nowMs / (this.simple.period * 1000))
    if (window !== this.window) this.counts = new Map()
    this.window = window
    const count = (this.counts.get(key) ?? 0) + 1
    this.counts.set(key, count)
    return { success: count <= this.simple.limit }
  }
}

const VALIDATION_MS = 200

/** Results of the widget. All but these are forged. A result counts once. */
export const solvedCheck = (id: string) => `solved ${id}`
export const FAILED_CHECK = 'failed'

/** The form of visitors who join the slow lane without work. */
export const slowEntry = ({ text }: WorkChallenge) => ({ challenge: text, slow: 'true' })

export function turnstile(scheduler: Scheduler): GateDeployment['turnstile'] {
  const spent = new Spent(1_000_000)
  return {
    siteKey: 'simulated',
    validate: async (token) => {
      await scheduler.sleep(VALIDATION_MS)
      if (!token.startsWith('solved ')) return 'failed'
      return spent.spend(token) ? 'passed' : 'repeated'
    },
  }
}

export function signingKey(kid: string): SigningKey {
  return { kid, header: kid, key: { secret: kid } as unknown as SigningKey['key'] }
}

/**
 * Replaces the clock, randomness and WebCrypto, whose real operations end at random moments.
 * Returns how to restore them.
 */
export function replaceGlobals(scheduler: Scheduler, random: Random): () => void {
  const real = { now: Date.now, random: Math.random }
  let ids = 0
  Date.now = () => scheduler.nowMs
  Math.random = () => random.next()
  const replaced = {
    randomUUID: () => `random-${ids++}`,
    getRandomValues: <T extends ArrayBufferView>(array: T): T => {
      const view = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
      for (let i = 0; i < view.length; i++) view[i] = random.whole(0, 255)
      return array
    },
    subtle: {
      digest: async (_: string, data: Uint8Array) => new Uint8Array(createHash('sha256').update(data).digest()).buffer,
      sign: async (_: string, { secret }: { readonly secret: string }, data: Uint8Array) =>
        new Uint8Array(createHmac('sha256', secret).update(data).digest()).buffer,
    },
  }
  for (const [name, value] of Object.entries(replaced)) {
    Object.defineProperty(crypto, name, { value, configurable: true })
  }
  return () => {
    Date.now = real.now
    Math.random = real.random
    for (const name of Object.keys(replaced)) Reflect.deleteProperty(crypto, name)
  }
}
