/** Passes for the origin: the keys that sign them, and for how long a signed one is used. */
import { execFileSync } from 'node:child_process'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { HONOURED_PASS_SECONDS } from '../../src/limits.ts'
import { OriginPasses } from '../../src/tokens/origin-pass.ts'
import { importPassKeys, type PassKey } from '../../src/tokens/pass-keys.ts'
import type { Token } from '../../src/tokens/token.ts'
import { passKey } from '../contract/support/pass-keys.ts'

const MAKE_KEY = new URL('../../scripts/make-key.mjs', import.meta.url).pathname
const made = (...args: string[]) => execFileSync(process.execPath, [MAKE_KEY, ...args], { encoding: 'utf8' }).trim()
const { entry } = passKey('key')

describe('PASS_KEYS', () => {
  test('are what make-key --pass prints', async () => {
    for (const args of [[], ['--algorithm', 'Ed25519'], ['--algorithm', 'ES256']]) {
      const [key] = (await importPassKeys(made('--pass', ...args))) as PassKey[]
      expect(key?.kid).toMatch(/^\d{4}-\d\d-\d\d$/)
      expect(key?.alg).toBe(args[1] === 'ES256' ? 'ES256' : 'EdDSA')
      expect(key?.key.extractable).toBe(false)
      expect(key?.jwk).not.toHaveProperty('d')
    }
  })

  test('are optional', async () => {
    for (const none of [undefined, '', ' ']) expect(await importPassKeys(none)).toBeNull()
  })

  test.each([
    ['without an algorithm', entry.replace(':Ed25519', ''), /entry 1\) is not NAME:ALGORITHM:KEY/],
    ['without a name', entry.replace('key:', ':'), /entry 1\) is not NAME:ALGORITHM:KEY/],
    ['with a fourth part', `${entry}:QUJDREVG`, /entry 1\) is not NAME:ALGORITHM:KEY/],
    ['of SIGNING_KEYS', made(), /entry 1\) is not NAME:ALGORITHM:KEY/],
    [
      'with another algorithm',
      entry.replace('Ed25519', 'RS256'),
      /entry 1, key\): the algorithm must be Ed25519 or ES256/,
    ],
    ['with the other algorithm', entry.replace('Ed25519', 'ES256'), /is not a private key of ES256/],
    ['with an inherited name', entry.replace('Ed25519', 'toString'), /the algorithm must be/],
    ['in base64', `key:Ed25519:${'+/'.repeat(32)}`, /must be base64url/],
    ['cut off', entry.slice(0, -4), /is not a private key of Ed25519/],
    ['unusable in the second entry', `${entry},b:Ed25519:AAAA`, /entry 2, b\): is not a private key/],
    ['with one name twice', `${entry},${passKey('key').entry}`, /has the name key twice/],
    ['too many', Array.from({ length: 6 }, (_, i) => passKey(`k${i}`).entry).join(), /has 6 keys, 5 at most/],
  ])('are refused %s, with the command and without the key', async (_what, value, reason) => {
    const refused = await importPassKeys(value).then(
      () => null,
      (error: Error) => error.message,
    )
    expect(refused).toMatch(reason)
    expect(refused).toContain('make-key -- --pass | npx wrangler secret put PASS_KEYS')
    expect(refused).not.toContain(value.split(':').at(-1))
  })
})

describe('a signed pass', () => {
  const pass: Token = {
    kind: 'pass',
    room: 'shop',
    run: 2,
    number: 7,
    issuedSeconds: 1000,
    seenSeconds: 1000,
    expiresSeconds: 1060,
  }
  // Signatures of ES256 differ each time.
  const passes = async () => new OriginPasses((await importPassKeys(passKey('a', 'ES256').entry)) as PassKey[], null)

  test('is signed once, and expires with the pass', async () => {
    const signer = await passes()
    const text = await signer.of(pass, 'https://shop.example', 1_001_000)
    expect(decodeJwt(text)).toMatchObject({ iat: 1000, exp: 1060, sub: '2-7', aud: 'waiting-room:shop' })
    expect(await signer.of(pass, 'https://shop.example', 1_059_999)).toBe(text)
    expect(await signer.of({ ...pass }, 'https://shop.example', 1_001_000)).not.toBe(text)
    expect(decodeJwt(await signer.of(pass, 'https://www.example', 1_001_000)).iss).toBe('https://www.example')
  })

  test('has a short life of its own while the room is out of reach', async () => {
    const signer = await passes()
    const text = await signer.of(pass, 'https://shop.example', 1_200_500)
    expect(decodeJwt(text)).toMatchObject({ iat: 1200, exp: 1200 + HONOURED_PASS_SECONDS })
    expect(await signer.of(pass, 'https://shop.example', 1_229_000)).toBe(text)
    expect(decodeJwt(await signer.of(pass, 'https://shop.example', 1_230_000)).exp).toBe(1230 + HONOURED_PASS_SECONDS)
  })
})
