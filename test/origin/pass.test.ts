/** The check of a pass by the origin: what it accepts, from which requests, and with which keys. */
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { type IncomingRequest, type PassOptions, passVerifier, verifyWaitingRoomPass } from '../../origin/index.ts'
import { passKey } from '../contract/support/pass-keys.ts'
import { JWKS, jwksOf, jwt, KEY, NOW_MS, NOW_SECONDS, OTHER_KEY, pass } from './support/room.ts'

const OPTIONS: PassOptions = {
  issuer: 'https://shop.example',
  audience: 'waiting-room:shop',
  jwks: JWKS,
  now: () => NOW_MS,
}

const withPass = (text: string): IncomingRequest => ({ 'Waiting-Room-Pass': text })
const stateOf = async (request: IncomingRequest, options: Partial<PassOptions> = {}) =>
  (await verifyWaitingRoomPass(request, { ...OPTIONS, ...options } as PassOptions)).state

test('accepts a pass, and tells the room, the run and the number', async () => {
  const result = await verifyWaitingRoomPass(withPass(await pass()), OPTIONS)
  expect(result).toMatchObject({
    state: 'valid',
    admission: { room: 'shop', run: 2, number: 7, issuedAt: NOW_SECONDS - 10, expiresAt: NOW_SECONDS + 50 },
    claims: { sub: '2-7' },
  })
})

test('accepts both algorithms', async () => {
  const key = passKey('second', 'ES256')
  expect(await stateOf(withPass(await pass({}, { key })), { jwks: jwksOf(KEY, key) })).toBe('valid')
})

test('reads a Request, an IncomingMessage, Headers and plain headers', async () => {
  const text = await pass()
  const message = new IncomingMessage(new Socket())
  Object.assign(message, { url: '/cart', method: 'GET', headers: { 'waiting-room-pass': text } })
  const headers = { 'Waiting-Room-Pass': text }
  for (const request of [
    new Request('https://shop.example/cart', { headers }),
    message,
    new Headers(headers),
    headers,
    { 'waiting-room-pass': [text] },
    { 'WAITING-ROOM-PASS': text },
  ]) {
    expect(await stateOf(request)).toBe('valid')
  }
})

describe('refuses', () => {
  test.each<[string, string, Record<string, unknown>]>([
    ['expired', 'beyond the allowed skew', { exp: NOW_SECONDS - 31 }],
    ['not-yet', 'from the future', { iat: NOW_SECONDS + 31, exp: NOW_SECONDS + 90 }],
    ['not-yet', 'that begins later', { nbf: NOW_SECONDS + 31 }],
    ['foreign', 'of another room', { aud: 'waiting-room:other' }],
    ['foreign', 'of another site', { iss: 'https://other.example' }],
    ['foreign', 'without an issuer', { iss: undefined }],
    ['foreign', 'without an audience', { aud: undefined }],
    ['foreign', 'without an expiry', { exp: undefined }],
    ['foreign', 'without a room', { room: undefined }],
    ['foreign', 'with an odd number', { number: '7' }],
  ])('as %s a pass %s', async (state, _what, claims) => {
    expect(await stateOf(withPass(await pass(claims)))).toBe(state)
  })

  test('forged passes', async () => {
    const good = await pass()
    const [header = '', payload = '', signature = ''] = good.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const secret = new TextEncoder().encode(String(JWKS.keys[0]?.x))
    const hs256 = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'first', typ: 'JWT' }).sign(secret)
    for (const [what, text] of [
      ['another key', await pass({}, { key: OTHER_KEY })],
      ['an unknown key', await pass({}, { header: { kid: 'unknown' } })],
      ['no key id', await pass({}, { header: { kid: undefined } })],
      ['edited claims', `${header}.${encoded({ ...claims, number: 1 })}.${signature}`],
      ['no signature', `${encoded({ alg: 'none', kid: 'first', typ: 'JWT' })}.${payload}.`],
      ['the public key as a secret', hs256],
      ['no token', 'forged'],
      ['dots', '..'],
      ['two passes', `${good}, ${good}`],
      ['a long text', 'a'.repeat(100_000)],
      ['a control character', `${good}\n`],
    ] as const) {
      expect(await stateOf(withPass(text)), what).toBe('forged')
    }
  })

  test('tokens for another use, and the pass of a room without PASS_KEYS', async () => {
    expect(await stateOf(withPass(await pass({}, { header: { typ: 'waiting-room-code+jwt' } })))).toBe('foreign')
    expect(await stateOf(withPass(await jwt({}, { header: { typ: undefined } })))).toBe('foreign')
  })

  test('a request without a pass', async () => {
    for (const request of [{}, { 'waiting-room-pass': '' }, new Request('https://shop.example/')]) {
      expect(await stateOf(request)).toBe('missing')
    }
  })
})

test('allows 30 s of clock skew, or what is set', async () => {
  const late = withPass(await pass({ exp: NOW_SECONDS - 29 }))
  expect(await stateOf(late)).toBe('valid')
  expect(await stateOf(late, { clockSkewSeconds: 5 })).toBe('expired')
  const early = withPass(await pass({ iat: NOW_SECONDS + 29 }))
  expect(await stateOf(early)).toBe('valid')
  expect(await stateOf(early, { clockSkewSeconds: 5 })).toBe('not-yet')
})

test('accepts several rooms and several sites', async () => {
  const options = {
    audience: ['waiting-room:shop', 'waiting-room:vip'],
    issuer: ['https://a.example', 'https://shop.example'],
  }
  expect(await stateOf(withPass(await pass({ aud: 'waiting-room:vip' })), options)).toBe('valid')
  expect(await stateOf(withPass(await pass({ aud: 'waiting-room:x' })), options)).toBe('foreign')
})

describe('requests that are skipped', () => {
  const requestOf = (url: string, method = 'GET') => ({ headers: {}, url, method })

  test('are static files', async () => {
    for (const url of ['/app.css', '/a/b-1.0.min.js?v=2', '/logo.SVG', '/fonts/x.woff2', '/favicon.ico']) {
      expect(await stateOf(requestOf(url)), url).toBe('skipped')
    }
  })

  test('are no pages, however they are written', async () => {
    for (const url of [
      '/',
      '/css',
      '/checkout;a.css',
      '/checkout?x=.css',
      '/a.css/',
      '/checkout%2ecss',
      '/x%2F.css',
      '/api/seats.json',
    ]) {
      expect(await stateOf(requestOf(url)), url).toBe('missing')
    }
    expect(await stateOf(requestOf('/app.css', 'POST'))).toBe('missing')
    expect(await stateOf({})).toBe('missing')
    expect(await stateOf(new Request('https://shop.example/checkout#.css'))).toBe('missing')
  })

  test('follow the option', async () => {
    expect(await stateOf(requestOf('/app.css'), { skip: false })).toBe('missing')
    const skip = /^\/health$/g
    for (let i = 0; i < 2; i++) expect(await stateOf(requestOf('/health'), { skip })).toBe('skipped')
    expect(await stateOf(requestOf('/app.css'), { skip })).toBe('missing')
    expect(await stateOf(requestOf('/x', 'OPTIONS'), { skip: ({ method }) => method === 'OPTIONS' })).toBe('skipped')
  })
})

test.each<[string, Partial<PassOptions>, RegExp]>([
  ['a bare room name', { audience: 'shop' }, /audience must be "waiting-room:"/],
  ['an issuer with a path', { issuer: 'https://shop.example/', jwks: undefined as never }, /issuer must be the scheme/],
  ['neither issuer nor keys', { issuer: undefined as never, jwks: undefined as never }, /issuer or jwks is needed/],
  ['keys over plain http', { jwks: 'http://shop.example/jwks.json' }, /must begin with https/],
])('fails at once for %s', (_what, options, message) => {
  expect(() => passVerifier({ ...OPTIONS, ...options } as PassOptions)).toThrow(message)
})
