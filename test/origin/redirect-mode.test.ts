/**
 * Redirect mode on the side of the site: requests that lead to the room, codes that count, and how
 * long a session lasts.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type Answer, type RedirectOptions, redirectMode, remoteKeys, SpentInMemory } from '../../origin/index.ts'
import { code, JWKS, NOW_MS, NOW_SECONDS, OTHER_KEY, pass } from './support/room.ts'

const PAGE = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const COOKIE = '__Host-waiting-room-session-shop'

let nowMs: number
let warn: ReturnType<typeof vi.fn<(message: string) => void>>
let options: RedirectOptions
beforeEach(() => {
  nowMs = NOW_MS
  warn = vi.fn()
  options = {
    waitingRoom: 'https://wait.example',
    room: 'shop',
    audience: 'shop.example',
    secret: 'a-secret-of-thirty-two-characters',
    keys: remoteKeys('https://wait.example/jwks.json', { fetch: async () => Response.json(JWKS) }),
    now: () => nowMs,
    warn,
  }
})

/** A visitor of the site with a cookie jar. */
class Browser {
  readonly cookies = new Map<string, string>()
  private readonly guard = redirectMode(options)

  async get(url: string, headers: Record<string, string> = PAGE, method = 'GET'): Promise<Answer | null> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const verdict = await this.guard.check({ headers: { ...headers, cookie }, method, url })
    if (verdict.admitted) return null
    for (const [name, value] of verdict.answer.headers) {
      if (name !== 'Set-Cookie') continue
      const [, key = '', text = ''] = /^([^=]+)=([^;]*)/.exec(value) ?? []
      if (/Max-Age=0;/.test(value)) this.cookies.delete(key)
      else this.cookies.set(key, text)
    }
    return verdict.answer
  }
}

const locationOf = (answer: Answer | null) => answer?.headers.find(([name]) => name === 'Location')?.[1]
const toRoom = (page: string) =>
  `https://wait.example/r/shop?return=${encodeURIComponent(`https://shop.example${page}`)}`
const withCode = async (page: string, claims: Record<string, unknown> = {}) =>
  `${page}${page.includes('?') ? '&' : '?'}waiting_room_code=${await code(claims)}`

/** A visitor who came back from the room. */
async function guest(claims: Record<string, unknown> = {}): Promise<Browser> {
  const browser = new Browser()
  await browser.get(await withCode('/', claims))
  return browser
}

describe('without a session', () => {
  test('a page leads to the room, with its address', async () => {
    const answer = await new Browser().get('/cart?item=7&x=%20#')
    expect(answer?.status).toBe(303)
    expect(locationOf(answer)).toBe(toRoom('/cart?item=7&x=%20#'))
    expect(answer?.headers).toContainEqual(['Cache-Control', 'no-store'])
  })

  test.each([
    ['a script', { accept: '*/*', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, 'GET'],
    ['a program', { accept: '*/*' }, 'GET'],
    ['a form', PAGE, 'POST'],
    ['a frame', { ...PAGE, 'sec-fetch-dest': 'iframe' }, 'GET'],
    ['a prefetch', { ...PAGE, 'sec-purpose': 'prefetch;prerender' }, 'GET'],
  ])('%s gets the link as JSON', async (_what, headers, method) => {
    const answer = await new Browser().get('/api', { ...headers, referer: 'https://shop.example/cart?a=1' }, method)
    expect(answer?.status).toBe(503)
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ room: 'shop', waitingRoom: toRoom('/cart?a=1') })
    expect(answer?.headers).toContainEqual(['Link', `<${toRoom('/cart?a=1')}>; rel="waiting-room"`])
  })

  test('names no page of another site', async () => {
    const answer = await new Browser().get('/api', { accept: '*/*', referer: 'https://evil.example/x' })
    expect(JSON.parse(answer?.body ?? '').waitingRoom).toBe(toRoom('/'))
  })

  test('serves static files', async () => {
    expect(await new Browser().get('/app.css')).toBeNull()
  })

  test('understands old browsers, and a request target with a host', async () => {
    expect(locationOf(await new Browser().get('http://evil.example/cart', { accept: 'text/html' }))).toBe(
      toRoom('/cart'),
    )
  })
})

describe('a code', () => {
  test('becomes a session, and leaves the address', async () => {
    const browser = new Browser()
    const answer = await browser.get(await withCode('/cart?item=7&x=%2F'))
    expect(answer?.status).toBe(303)
    expect(locationOf(answer)).toBe('https://shop.example/cart?item=7&x=%2F')
    expect(answer?.headers).toContainEqual(['Referrer-Policy', 'no-referrer'])
    const cookie = answer?.headers.find(([name]) => name === 'Set-Cookie')?.[1]
    expect(cookie).toMatch(
      /^__Host-waiting-room-session-shop=[\w.-]+; Path=\/; Max-Age=675; HttpOnly; SameSite=Lax; Secure$/,
    )
    expect(await browser.get('/cart?item=7')).toBeNull()
  })

  test('tells the site who the visitor is', async () => {
    const browser = await guest()
    const verdict = await redirectMode(options).check({
      headers: { ...PAGE, cookie: `${COOKIE}=${browser.cookies.get(COOKIE)}` },
      method: 'GET',
      url: '/',
    })
    expect(verdict).toMatchObject({ admitted: true, admission: { room: 'shop', run: 2, number: 7 } })
  })

  test('counts once: another browser with the same link waits in line', async () => {
    const link = await withCode('/cart')
    options = { ...options, spent: new SpentInMemory({ now: () => nowMs }) }
    const [first, second] = [new Browser(), new Browser()]
    await first.get(link)
    expect(locationOf(await second.get(link))).toBe(toRoom('/cart'))
    expect(second.cookies.has(COOKIE)).toBe(false)
    // A reload by the browser that has the session.
    expect(locationOf(await first.get(link))).toBe('https://shop.example/cart')
  })

  test('counts once when two requests bring it at the same time', async () => {
    const spent = new SpentInMemory({ now: () => nowMs })
    options = { ...options, spent: { spend: async (id, at) => spent.spend(id, at) } }
    const link = await withCode('/cart')
    const browsers = [new Browser(), new Browser(), new Browser()]
    await Promise.all(browsers.map((browser) => browser.get(link)))
    expect(browsers.filter((browser) => browser.cookies.has(COOKIE))).toHaveLength(1)
  })

  test.each<[string, Record<string, unknown>]>([
    ['expired', { exp: NOW_SECONDS - 31, iat: NOW_SECONDS - 91 }],
    ['from the future', { iat: NOW_SECONDS + 31, exp: NOW_SECONDS + 91 }],
    ['for another site', { aud: 'other.example' }],
    ['of another waiting room', { iss: 'https://other.example' }],
    ['of another room', { room: 'other' }],
    ['without an id', { jti: undefined }],
    ['without the length of the session', { session: undefined }],
    ['with an endless session', { session: 1e300 }],
  ])('does not count %s', async (_what, claims) => {
    const browser = new Browser()
    expect(locationOf(await browser.get(await withCode('/cart', claims)))).toBe(toRoom('/cart'))
    expect(browser.cookies.has(COOKIE)).toBe(false)
  })

  test('allows clocks to differ by 30 s', async () => {
    for (const iat of [NOW_SECONDS - 89, NOW_SECONDS + 29]) {
      expect((await guest({ iat, exp: iat + 60 })).cookies.has(COOKIE)).toBe(true)
    }
  })

  test('is neither a forged text nor a pass', async () => {
    const forged = await code({}, { key: OTHER_KEY })
    const aPass = await pass({ aud: 'shop.example', iss: 'https://wait.example', jti: 'x', session: 600, renew: 60 })
    for (const text of [forged, aPass, 'x', '', `${await code()}x`]) {
      const browser = new Browser()
      expect(locationOf(await browser.get(`/?waiting_room_code=${text}`))).toBe(toRoom('/'))
      expect(browser.cookies.has(COOKIE)).toBe(false)
    }
  })

  test('is remembered for as long as it is valid, with the skew', () => {
    const spent = new SpentInMemory({ max: 3, now: () => nowMs })
    expect(spent.spend('a', NOW_SECONDS + 90)).toBe(true)
    nowMs += 89_000
    expect(spent.spend('b', NOW_SECONDS + 180)).toBe(true)
    expect(spent.spend('a', NOW_SECONDS + 90)).toBe(false)
    for (const id of ['c', 'd', 'e']) spent.spend(id, NOW_SECONDS + 180)
    // Only as many are kept as the bound says.
    expect(spent.spend('e', NOW_SECONDS + 180)).toBe(false)
    expect(spent.spend('b', NOW_SECONDS + 180)).toBe(true)
  })

  test('leads to an error, not in circles, when the site refuses it again and again', async () => {
    const browser = new Browser()
    const late = { exp: NOW_SECONDS - 100, iat: NOW_SECONDS - 160 }
    for (let i = 0; i < 3; i++) expect((await browser.get(await withCode('/cart', late)))?.status).toBe(303)
    const error = await browser.get(await withCode('/cart', late))
    expect(error?.status).toBe(503)
    expect(error?.body).toContain('expired')
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('Compare the clocks'))
    // A code that counts ends it.
    await browser.get(await withCode('/cart'))
    expect([...browser.cookies.keys()]).toEqual([COOKIE])
  })

  test('never leads to another host', async () => {
    for (const path of ['//evil.example/', '/\\evil.example/', '//evil.example/%2f..', 'https://evil.example/x']) {
      const location = locationOf(await new Browser().get(await withCode(path)))
      expect(location).toMatch(/^https:\/\/shop\.example\//)
      expect(new URL(location ?? '').host).toBe('shop.example')
    }
    // Without a code the room judges the address.
    const location = locationOf(await new Browser().get('//evil.example/')) ?? ''
    expect(new URL(location).searchParams.get('return')).toBe('https://shop.example//evil.example/')
  })

  test('is not lost while the keys cannot be read', async () => {
    const keys = remoteKeys('https://wait.example/jwks.json', { fetch: async () => new Response('', { status: 503 }) })
    options = { ...options, keys }
    const answer = await new Browser().get(await withCode('/cart'))
    expect(answer?.status).toBe(503)
    expect(answer?.headers).toContainEqual(['Retry-After', '5'])
  })
})

describe('a session', () => {
  test('goes through the room again with a page after a while, and other requests go on', async () => {
    const browser = await guest()
    nowMs += 224_000
    expect(await browser.get('/cart')).toBeNull()
    nowMs += 2_000
    expect(locationOf(await browser.get('/cart?a=1'))).toBe(toRoom('/cart?a=1'))
    expect(await browser.get('/api', { accept: 'application/json' })).toBeNull()
    expect(await browser.get('/cart', PAGE, 'POST')).toBeNull()
    // Back from the room.
    const iat = nowMs / 1000
    await browser.get(await withCode('/cart?a=1', { iat, exp: iat + 60 }))
    expect(await browser.get('/cart?a=1')).toBeNull()
  })

  test('ends with its cookie', async () => {
    const browser = await guest()
    nowMs += 676_000
    expect((await browser.get('/api', { accept: 'application/json' }))?.status).toBe(503)
    expect((await browser.get('/cart'))?.status).toBe(303)
  })

  test('counts for this site and this room only, and only unedited', async () => {
    const text = (await guest()).cookies.get(COOKIE) ?? ''
    const changes: [Partial<RedirectOptions>, string][] = [
      [{ audience: 'other.example' }, COOKIE],
      [{ room: 'other' }, COOKIE.replace('shop', 'other')],
      [{ secret: 'another-secret-of-32-characters!!' }, COOKIE],
    ]
    for (const [change, name] of changes) {
      const verdict = await redirectMode({ ...options, ...change }).check({
        headers: { accept: '*/*', cookie: `${name}=${text}` },
        method: 'GET',
        url: '/',
      })
      expect(verdict.admitted).toBe(false)
    }
    const [header, , signature] = text.split('.')
    const claims = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
    const edited = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 9_000 })).toString('base64url')
    for (const value of [`${header}.${edited}.${signature}`, await code(), await pass(), 'x', '']) {
      const browser = new Browser()
      browser.cookies.set(COOKIE, value)
      expect((await browser.get('/api', { accept: '*/*' }))?.status).toBe(503)
    }
  })

  test('outlives a new secret while the old one is still listed', async () => {
    const browser = await guest()
    const cookie = `${COOKIE}=${browser.cookies.get(COOKIE)}`
    const secret = ['a-new-secret-of-32-characters-!!!', String(options.secret)]
    const verdict = await redirectMode({ ...options, secret }).check({ headers: { cookie }, method: 'GET', url: '/' })
    expect(verdict.admitted).toBe(true)
  })

  test('is found behind a cookie that another site of the domain has set', async () => {
    const browser = await guest()
    const cookie = `${COOKIE}=x; ${COOKIE}=${browser.cookies.get(COOKIE)}`
    expect((await redirectMode(options).check({ headers: { cookie }, method: 'GET', url: '/' })).admitted).toBe(true)
  })

  test('of a visitor past the room has no number', async () => {
    const browser = await guest({ run: null, number: null })
    expect(await browser.get('/cart')).toBeNull()
  })
})

test.each<[string, Partial<RedirectOptions>, RegExp]>([
  ['a short secret', { secret: 'short' }, /32 characters or more/],
  ['no secret', { secret: [] }, /32 characters or more/],
  ['an audience with a scheme', { audience: 'https://shop.example' }, /audience must be the host/],
  ['an audience in capitals', { audience: 'Shop.example' }, /audience must be the host/],
  [
    'a waiting room with a path',
    { waitingRoom: 'https://wait.example/r', keys: undefined as never },
    /scheme and host/,
  ],
  ['a room that is none', { room: 'a/b' }, /name of a room/],
])('fails at once for %s', (_what, change, message) => {
  expect(() => redirectMode({ ...options, ...change })).toThrow(message)
})
