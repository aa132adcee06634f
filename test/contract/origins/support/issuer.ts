/**
 * A stand-in for the room that issues passes: its keys at `/__waiting-room/jwks.json`, and passes
 * with any claims. `jose` signs, which shares no code with the Worker and none with the origins.
 */
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, SignJWT } from 'jose'
import { passKey, type TestPassKey } from '../../support/pass-keys.ts'

export const ISSUER = 'https://shop.example'
export const AUDIENCE = 'waiting-room:main'

/** A pass as the room signs it. `claims` replaces some; undefined removes one. */
export function pass(
  { kid, alg, privateKey }: TestPassKey,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const room = { iss: ISSUER, aud: AUDIENCE, sub: '0-7', iat: now, exp: now + 60, room: 'main', run: 0, number: 7 }
  return new SignJWT({ ...room, ...claims }).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(privateKey)
}

export class Issuer {
  readonly keys = [passKey('ed'), passKey('es', 'ES256')]
  /** How often somebody has asked for the keys. */
  fetches = 0
  isDown = false
  private readonly server = createServer(async (request, response) => {
    this.fetches++
    if (this.isDown || request.url !== '/__waiting-room/jwks.json') {
      response.writeHead(503).end()
      return
    }
    const keys = await Promise.all(
      this.keys.map(async ({ kid, alg, privateKey }) => {
        const jwk = await exportJWK(createPublicKey(privateKey))
        return { ...jwk, kid, alg, use: 'sig' }
      }),
    )
    response.writeHead(200, { 'Content-Type': 'application/jwk-set+json' }).end(JSON.stringify({ keys }))
  })

  static async start(): Promise<Issuer> {
    const issuer = new Issuer()
    issuer.server.listen(0, '127.0.0.1')
    await once(issuer.server, 'listening')
    return issuer
  }

  get jwksUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/__waiting-room/jwks.json`
  }

  key(alg: TestPassKey['alg']): TestPassKey {
    return this.keys.find((key) => key.alg === alg) as TestPassKey
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }
}
