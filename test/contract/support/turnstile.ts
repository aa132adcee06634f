/**
 * A stand-in for the endpoint that validates Turnstile's tokens: a real HTTP server with its rules.
 * A token is single use, except for repeats with the same idempotency key, and lives for 300 s.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const LIFE_MS = 300_000

export interface MadeToken {
  /** The host and action of the widget that made it. */
  readonly hostname: string
  readonly action?: string
  readonly ageMs?: number
}

export interface Validated {
  readonly secret: string
  readonly response: string
  readonly idempotency_key: string
}

export class Turnstile {
  /** `lenient`: old tokens are accepted. `failing`: answers are errors. `hanging`: no answers. */
  behaviour: 'usual' | 'lenient' | 'failing' | 'hanging' = 'usual'
  readonly siteKey = '0x4AAAAAAAStandIn'
  readonly secret = '0x4AAAAAAAStandInSecret'
  readonly received: Validated[] = []
  private readonly made = new Map<string, MadeToken & { readonly madeMs: number }>()
  private readonly spent = new Map<string, string>()
  private readonly server: Server

  private constructor() {
    this.server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const asked: Validated = JSON.parse(body)
      this.received.push(asked)
      if (this.behaviour === 'hanging') return
      if (this.behaviour === 'failing') return void response.writeHead(500).end('<h1>Internal error</h1>')
      const verdict = this.verdict(asked)
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(verdict))
    })
  }

  static async start(): Promise<Turnstile> {
    const turnstile = new Turnstile()
    turnstile.server.listen(0, '127.0.0.1')
    await once(turnstile.server, 'listening')
    return turnstile
  }

  /** The variables and secrets of a Worker that uses it. */
  get variables(): Readonly<Record<string, string>> {
    const { port } = this.server.address() as AddressInfo
    return {
      TURNSTILE_SITE_KEY: this.siteKey,
      TURNSTILE_SECRET: this.secret,
      TURNSTILE_VERIFY_URL: `http://127.0.0.1:${port}/turnstile/v0/siteverify`,
    }
  }

  /** A token as the widget makes it. */
  token(made: MadeToken): string {
    const token = `0.${randomBytes(200).toString('base64url')}`
    this.made.set(token, { ...made, madeMs: Date.now() - (made.ageMs ?? 0) })
    return token
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
  }

  private verdict({ secret, response: token, idempotency_key }: Validated): object {
    const refused = (code: string) => ({ success: false, 'error-codes': [code] })
    if (secret !== this.secret) return refused('invalid-input-secret')
    const made = this.made.get(token)
    if (made === undefined) return refused('invalid-input-response')
    const spentBy = this.spent.get(token)
    const isOld = Date.now() - made.madeMs > LIFE_MS && this.behaviour !== 'lenient'
    if (isOld || (spentBy !== undefined && spentBy !== idempotency_key)) return refused('timeout-or-duplicate')
    this.spent.set(token, idempotency_key)
    const { hostname, action = 'waiting-room-join', madeMs } = made
    return { success: true, 'error-codes': [], hostname, action, challenge_ts: new Date(madeMs).toISOString() }
  }
}
