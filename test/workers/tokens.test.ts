import { beforeAll, describe, expect, it } from 'vitest'
import { parseRooms } from '../../src/settings/rooms.ts'
import { byPreference } from '../../src/tokens/presented.ts'
import { base64Url, importSigningKeys, type SigningKey } from '../../src/tokens/signing-keys.ts'
import { signToken, type Token, verifyToken } from '../../src/tokens/token.ts'
import { ourCookieNames, withoutOurCookies } from '../../src/tokens/token-cookie.ts'

const secret = (byte: number, length = 32) => base64Url(new Uint8Array(length).fill(byte))
const ticket: Token = {
  kind: 'ticket',
  room: 'shop',
  run: 1_700_000_000_000,
  number: 42,
  issuedSeconds: 1_700_000_000,
  seenSeconds: 1_700_000_000,
  expiresSeconds: 1_700_086_400,
}
let oldKey: readonly SigningKey[]
let bothKeys: readonly SigningKey[]

beforeAll(async () => {
  oldKey = await importSigningKeys(`old:${secret(1)}`)
  bothKeys = await importSigningKeys(`new:${secret(2)}, old:${secret(1)}`)
})

describe('tokens', () => {
  it('round-trip through signing and verification, as plain JWS', async () => {
    const text = await signToken(ticket, oldKey)
    expect(await verifyToken(text, 'shop', oldKey)).toEqual(ticket)
    const started = { ...ticket, joinedSeconds: 1_699_999_000, startPosition: 7, gatherers: 34 }
    expect(await verifyToken(await signToken(started, oldKey), 'shop', oldKey)).toEqual(started)
    expect(text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(JSON.parse(atob(text.split('.')[0] ?? ''))).toEqual({ alg: 'HS256', kid: 'old' })
  })

  it('of an older key still count after rotation', async () => {
    expect(await verifyToken(await signToken(ticket, oldKey), 'shop', bothKeys)).toEqual(ticket)
    expect(await verifyToken(await signToken(ticket, bothKeys), 'shop', oldKey)).toBeNull()
  })

  it('of another room, truncated, changed, forged or oversized, are rejected', async () => {
    const text = await signToken(ticket, oldKey)
    const [header, claims, signature] = text.split('.') as [string, string, string]
    const other = base64Url(new TextEncoder().encode(JSON.stringify({ ...ticket, number: 1 })))
    const none = base64Url(new TextEncoder().encode('{"alg":"none"}'))
    const texts = [
      '',
      '.',
      '..',
      `${header}.`,
      `${header}..`,
      text.slice(0, -3),
      `${header}.${other}.${signature}`,
      `${none}.${claims}.`,
      `${header}.${claims}`,
      `${header}.%%%.${signature}`,
      `${text}${'A'.repeat(2000)}`,
      '\u0000\uffff',
    ]
    for (const forged of texts) expect(await verifyToken(forged, 'shop', oldKey)).toBeNull()
    expect(await verifyToken(text, 'other', oldKey)).toBeNull()
  })

  it('with invalid claims are rejected', async () => {
    for (const change of [
      { number: -1 },
      { number: 2 ** 31 },
      { run: 1.5 },
      { kind: 'admin' },
      { expiresSeconds: 'x' },
    ]) {
      const text = await signToken({ ...ticket, ...change } as Token, oldKey)
      expect(await verifyToken(text, 'shop', oldKey)).toBeNull()
    }
  })

  it('are preferred by newest run, then passes before tickets, then lowest number', () => {
    const of = (changes: Partial<Token>) => ({ token: { ...ticket, ...changes }, text: '' })
    const [low, high] = [of({ number: 5 }), of({ number: 9 })]
    const pass = of({ kind: 'pass', number: 8 })
    const newer = of({ run: ticket.run + 1 })
    expect(byPreference([high, low, newer, pass])).toEqual([newer, pass, low, high])
  })
})

describe('signing keys', () => {
  it.each([
    ['missing', undefined],
    ['empty', ' '],
    ['without an id', secret(1)],
    ['too short', `k:${secret(1, 31)}`],
    ['one of two too short', `a:${secret(1)},b:${secret(2, 8)}`],
    ['not base64url', 'k:!!!!'],
  ])('that are %s are rejected with the command that sets them, and never shown', async (_, value) => {
    const refused = importSigningKeys(value)
    await expect(refused).rejects.toThrow(/npx wrangler secret put SIGNING_KEYS/)
    await expect(refused).rejects.not.toThrow(secret(2, 8))
  })
})

describe('cookies sent to the origin', () => {
  it('include all but ours', () => {
    const { rooms } = parseRooms([{ name: 'shop', total_active_users: 1, new_users_per_minute: 1 }])
    const left = (text: string) => withoutOurCookies(text, ourCookieNames(rooms ?? []))
    const ours = '__Host-waiting-room-shop=x; waiting-room-shop=y; __Secure-waiting-room-shop=z'
    expect(left(`a=1; ${ours}; waiting-room-map=2`)).toBe('a=1; waiting-room-map=2')
    expect(left(ours)).toBeNull()
  })
})
