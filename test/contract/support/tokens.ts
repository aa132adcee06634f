/**
 * Tokens that the tests sign themselves, valid and invalid: compact JWS with HS256, independent of
 * the Worker's code.
 */
import { createHmac } from 'node:crypto'
import { SIGNING_KEY, SIGNING_KEY_ID } from './worker-config.ts'

/** The claims of a token, unverified. */
export interface TokenClaims {
  readonly kind: 'ticket' | 'pass'
  readonly room: string
  readonly run: number
  readonly number: number
  readonly iat: number
  readonly exp: number
}

export interface SignOptions {
  readonly key?: Buffer
  readonly header?: object
}

/** Signs claims. Missing claims default to those of a fresh, valid token. */
export function signed(claims: object, { key = SIGNING_KEY, header }: SignOptions = {}): string {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const full = {
    kind: 'ticket',
    run: 0,
    number: 1,
    iat: nowSeconds,
    seen: nowSeconds,
    exp: nowSeconds + 3600,
    ...claims,
  }
  return signedText(JSON.stringify(header ?? { alg: 'HS256', kid: SIGNING_KEY_ID }), JSON.stringify(full), key)
}

/** The same token with other claims and the old signature. */
export function edited(token: string, claims: object): string {
  const [header, , signature] = token.split('.')
  return `${header}.${encoded({ ...claimsOf(token), ...claims })}.${signature}`
}

export function claimsOf(token: string): TokenClaims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
}

export function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Signs any header and payload, however odd. */
export function signedText(header: string, payload: string, key: Buffer = SIGNING_KEY): string {
  const text = [header, payload].map((part) => Buffer.from(part).toString('base64url')).join('.')
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
}
