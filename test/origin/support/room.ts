/** A waiting room as an origin knows it: its keys, the passes and the codes that it signs. */
import { createPublicKey } from 'node:crypto'
import { type JSONWebKeySet, SignJWT } from 'jose'
import { passKey, type TestPassKey } from '../../contract/support/pass-keys.ts'

export const NOW_MS = 1_800_000_000_000
export const NOW_SECONDS = NOW_MS / 1000

export const KEY = passKey('first')
/** Nobody publishes it. */
export const OTHER_KEY = passKey('first')

export function jwksOf(...keys: readonly TestPassKey[]): JSONWebKeySet {
  return {
    keys: keys.map(({ kid, alg, privateKey }) => {
      const { kty = '', crv = '', x = '', y } = createPublicKey(privateKey).export({ format: 'jwk' })
      return { kid, alg, use: 'sig', kty, crv, x, ...(y === undefined ? {} : { y }) }
    }),
  }
}

export const JWKS = jwksOf(KEY)

interface Signing {
  readonly key?: TestPassKey
  readonly header?: Record<string, unknown>
}

export function jwt(claims: Record<string, unknown>, { key = KEY, header = {} }: Signing = {}): Promise<string> {
  const full = { alg: key.alg, kid: key.kid, typ: 'JWT', ...header }
  return new SignJWT(claims).setProtectedHeader(full).sign(key.privateKey)
}

/** A pass that is valid at `NOW_MS`, with other claims if given. */
export function pass(claims: Record<string, unknown> = {}, signing: Signing = {}): Promise<string> {
  const own = { iss: 'https://shop.example', aud: 'waiting-room:shop', sub: '2-7', room: 'shop', run: 2, number: 7 }
  return jwt({ ...own, iat: NOW_SECONDS - 10, exp: NOW_SECONDS + 50, ...claims }, signing)
}

let codes = 0

/** A code that is valid at `NOW_MS`. Each has another id. */
export function code(claims: Record<string, unknown> = {}, { key, header }: Signing = {}): Promise<string> {
  const own = { iss: 'https://wait.example', aud: 'shop.example', sub: '2-7', room: 'shop', run: 2, number: 7 }
  const times = { iat: NOW_SECONDS, exp: NOW_SECONDS + 60, session: 675, renew: 225 }
  const full = { typ: 'waiting-room-code+jwt', ...header }
  return jwt({ ...own, ...times, jti: `code-${codes++}`, ...claims }, { ...(key && { key }), header: full })
}
