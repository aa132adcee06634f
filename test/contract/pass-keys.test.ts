/** Passes for the origin that anyone can verify: PASS_KEYS, PASS_ISSUER and the published keys. */
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Seen } from './support/origin.ts'
import { passKey } from './support/pass-keys.ts'
import { room, useStage } from './support/stage.ts'
import { OVER_TLS, type Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const JWKS = '/__waiting-room/jwks.json'
const [first, second] = [passKey('first'), passKey('second', 'ES256')]
const stage = useStage([room('shop', 10_000), room('other', 10_000)], {
  secrets: { PASS_KEYS: `${first.entry},${second.entry}` },
})

async function passAtOrigin(visitor: Visitor, path = '/echo', extra = {}): Promise<string> {
  const { headers } = (await visitor.get(path, extra)).json<Seen>()
  return String(headers['waiting-room-pass'])
}

async function keysOf(visitor: Visitor): Promise<JSONWebKeySet> {
  return (await visitor.get(JWKS)).json<JSONWebKeySet & Record<string, unknown>>()
}

test('gives the origin a JWT that the published keys verify', async () => {
  const guest = await stage.guest('shop')
  const keys = createLocalJWKSet(await keysOf(guest))
  const { payload, protectedHeader } = await jwtVerify(await passAtOrigin(guest), keys, {
    issuer: 'http://shop.test',
    audience: 'waiting-room:shop',
  })
  expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: 'first', typ: 'JWT' })
  const { run, number } = guest.claims as { run: number; number: number }
  const { iat, exp } = guest.claims as { iat: number; exp: number }
  expect(payload).toEqual({
    iss: 'http://shop.test',
    aud: 'waiting-room:shop',
    sub: `${run}-${number}`,
    iat,
    exp,
    room: 'shop',
    run,
    number,
  } satisfies JWTPayload)
})

test('names the origin of the requested URL as the issuer, and the room as the audience', async () => {
  const guest = stage.visitor('other')
  const overTls = await passAtOrigin(guest, '/echo', OVER_TLS)
  const keys = createLocalJWKSet(await keysOf(guest))
  const { payload } = await jwtVerify(overTls, keys)
  expect(payload).toMatchObject({ iss: 'https://other.test', aud: 'waiting-room:other' })
})

test('signs once per pass, and our own cookie stays HS256', async () => {
  const guest = await stage.guest('shop')
  // An Ed25519 signature is the same each time, an ES256 one is not.
  await stage.workerd.restart({ secrets: { PASS_KEYS: second.entry } })
  const one = await passAtOrigin(guest)
  expect(await passAtOrigin(guest)).toBe(one)
  expect(await passAtOrigin(guest, '/echo', OVER_TLS)).not.toBe(one)
  expect(JSON.parse(Buffer.from(guest.token?.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
    alg: 'HS256',
  })
  await stage.workerd.restart({ secrets: { PASS_KEYS: `${first.entry},${second.entry}` } })
})

test('never lets a client choose the header', async () => {
  const guest = await stage.guest('shop')
  const own = await passAtOrigin(guest)
  expect(await passAtOrigin(guest, '/echo', { 'Waiting-Room-Pass': 'forged' })).toBe(own)
})

describe('the published keys', () => {
  test('are the public parts of all keys, cacheable and readable from anywhere', async () => {
    const reply = await stage.visitor('shop').get(JWKS)
    expect(reply.status).toBe(200)
    expect(reply.headers['cache-control']).toBe('public, max-age=300')
    expect(reply.headers['access-control-allow-origin']).toBe('*')
    expect(reply.headers['content-type']).toMatch(/^application\/json/)
    const { keys } = reply.json<{ keys: Record<string, string>[] }>()
    const publicPart = (key: typeof first) => key.privateKey.export({ format: 'jwk' })
    const { x, y } = publicPart(second)
    expect(keys).toEqual([
      { kid: 'first', alg: 'EdDSA', use: 'sig', kty: 'OKP', crv: 'Ed25519', x: publicPart(first).x },
      { kid: 'second', alg: 'ES256', use: 'sig', kty: 'EC', crv: 'P-256', x, y },
    ])
  })

  test('answer HEAD, and any host of the Worker', async () => {
    const head = await stage.visitor('shop').send({ method: 'HEAD', path: JWKS })
    expect(head.status).toBe(200)
    expect(head.text).toBe('')
    expect((await stage.visitor('elsewhere').get(JWKS)).status).toBe(200)
  })

  test('verify passes of both keys during a rotation', async () => {
    const guest = await stage.guest('shop')
    const before = await passAtOrigin(guest)
    await stage.workerd.restart({ secrets: { PASS_KEYS: `${second.entry},${first.entry}` } })
    const after = await passAtOrigin(guest)
    const keys = createLocalJWKSet(await keysOf(guest))
    expect((await jwtVerify(before, keys)).protectedHeader.kid).toBe('first')
    expect((await jwtVerify(after, keys)).protectedHeader).toMatchObject({ kid: 'second', alg: 'ES256' })
    await stage.workerd.restart({ secrets: { PASS_KEYS: `${first.entry},${second.entry}` } })
  })
})

test('takes the issuer from PASS_ISSUER, and says how to set PASS_KEYS without them', async () => {
  await stage.workerd.restart({ secrets: { PASS_KEYS: first.entry, PASS_ISSUER: 'https://tickets.example' } })
  const guest = await stage.guest('shop')
  const keys = createLocalJWKSet(await keysOf(guest))
  expect((await jwtVerify(await passAtOrigin(guest), keys)).payload.iss).toBe('https://tickets.example')

  await stage.workerd.restart({ secrets: {} })
  expect(await passAtOrigin(guest)).toBe(guest.token)
  const missing = await guest.get(JWKS)
  expect(missing.status).toBe(404)
  expect(missing.headers['content-type']).toBe('application/problem+json')
  expect(missing.text).toContain('make-key -- --pass')
  await stage.workerd.restart({ secrets: { PASS_KEYS: `${first.entry},${second.entry}` } })
})

test('refuses to serve with unusable keys, and logs the command', async () => {
  const secret = `bad:Ed25519:${'A'.repeat(64)}`
  await stage.workerd.restart({ secrets: { PASS_KEYS: secret } })
  const visitor = stage.visitor('shop')
  expect((await visitor.get('/echo')).status).toBe(500)
  expect((await visitor.get(JWKS)).status).toBe(500)
  await expect.poll(() => stage.workerd.log).toMatch(/PASS_KEYS \(entry 1, bad\): is not a private key of Ed25519/)
  expect(stage.workerd.log).toContain('make-key -- --pass | npx wrangler secret put PASS_KEYS')
  expect(stage.workerd.log).not.toContain('A'.repeat(64))
})

test('refuses to start with a PASS_ISSUER that is no origin', async () => {
  const start = Workerd.start({ rooms: [room('shop', 1)], originUrl: '', secrets: { PASS_ISSUER: 'https://a.b/' } })
  await expect(start).rejects.toThrow(/PASS_ISSUER: must be the scheme and host/)
})
