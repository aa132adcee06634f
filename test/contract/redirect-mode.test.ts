/**
 * Redirect mode from end to end: the Worker on one host, a site of its own on another, and browsers
 * that go from one to the other.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expressMiddleware, type Guard, type NodeRequest, redirectMode, remoteKeys } from '../../origin/index.ts'
import { passKey } from './support/pass-keys.ts'
import { room } from './support/stage.ts'
import { BROWSER, CURL, type Headers, OVER_TLS, type Reply, Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const WAIT = 'wait.test'
const SECRET = 'the-secret-of-the-site-in-these-tests'
const key = passKey('redirect')
const RETURNS = { host: undefined, session_timeout_seconds: 600 }

let workerd: Workerd
let site: Server
let siteHost: string
let guard: Guard
/** How far the site's clock is ahead of the Worker's. */
let aheadMs = 0
/** When set, the site's clock stands still. */
let standsAtMs: number | null = null

beforeAll(async () => {
  site = createServer((request, response) => {
    expressMiddleware(guard)(request as NodeRequest, response, () => {
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify({ url: request.url, admission: (request as NodeRequest).waitingRoom }))
    })
  })
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  siteHost = `127.0.0.1:${(site.address() as AddressInfo).port}`
  const returning = { ...RETURNS, return_hosts: [siteHost, 'shop.example', 'xn--bcher-kva.example'] }
  workerd = await Workerd.start({
    rooms: [
      room('open', 10_000, { ...returning, path: '/open' }),
      room('one', 1, { ...returning, path: '/one' }),
      room('off', 1, { ...returning, path: '/off', suspended: true }),
      room('secure', 10, { ...returning, path: '/secure', force_https: true }),
      room('bound', 10, { ...returning, host: 'shop.test', path: '/', bypass: [{ paths: ['/r/bound'] }] }),
      room('inline', 1, { host: undefined, path: '/r/inline' }),
    ],
    originUrl: `http://${siteHost}`,
    secrets: { PASS_KEYS: key.entry },
  })
})
afterAll(async () => {
  await workerd?.stop()
  site?.close()
})

beforeEach(() => {
  aheadMs = 0
  standsAtMs = null
})

function guardOf(name: string, clockSkewSeconds = 30) {
  return redirectMode({
    waitingRoom: `http://${WAIT}`,
    room: name,
    audience: siteHost,
    secret: SECRET,
    keys: remoteKeys(`http://127.0.0.1:${workerd.port}/__waiting-room/jwks.json`),
    clockSkewSeconds,
    now: () => (standsAtMs ?? Date.now()) + aheadMs,
    warn: () => {},
  })
}

/** A browser with a cookie jar for each of the two hosts. */
class Browser {
  readonly waiting = new Visitor(workerd, WAIT, BROWSER)
  readonly onSite: Visitor
  /** The addresses of all requests so far, without codes. */
  readonly visited: string[] = []

  constructor() {
    const port = Number(siteHost.split(':')[1])
    this.onSite = new Visitor({ port, agent: workerd.agent }, siteHost, BROWSER)
  }

  /** Opens a page and follows redirects, as browsers do. */
  async open(url: string): Promise<Reply> {
    for (let next = new URL(url), hops = 0; hops < 10; hops++) {
      const visitor = next.host === WAIT ? this.waiting : this.onSite
      this.visited.push(next.host === WAIT ? 'room' : 'site')
      const reply = await visitor.get(next.pathname + next.search)
      if (reply.headers.location === undefined) return reply
      next = new URL(reply.headers.location, next)
    }
    throw new Error(`goes round in circles: ${this.visited.join(' ')}`)
  }

  /** Opens a page of the site. */
  go(path = '/cart?item=7'): Promise<Reply> {
    return this.open(`http://${siteHost}${path}`)
  }

  get session(): string | undefined {
    return [...this.onSite.cookies].find(([name]) => name.includes('session'))?.[1]
  }
}

const roomPath = (name: string, back: string) => `/r/${name}?return=${encodeURIComponent(back)}`

describe('a visitor of a site with free slots', () => {
  beforeEach(() => {
    guard = guardOf('open')
  })

  test('gets to the page through the room, which keeps a place', async () => {
    const browser = new Browser()
    const reply = await browser.go('/cart?item=7&x=%2F')
    expect(browser.visited).toEqual(['site', 'room', 'site', 'site'])
    const { run, number } = browser.waiting.claims as { run: number; number: number }
    expect(reply.json()).toMatchObject({ url: '/cart?item=7&x=%2F', admission: { room: 'open', run, number } })
    expect(browser.waiting.holds).toBe('pass')
    // The session is the site's own, and lives for less than the room's.
    await browser.go('/next')
    expect(browser.visited.slice(4)).toEqual(['site'])
  })

  test('goes through the room again after a while, unnoticed, with the same place', async () => {
    // The Worker's clock stays behind, and the site's would refuse its codes.
    guard = guardOf('open', 10_000)
    standsAtMs = Math.floor(Date.now() / 1000) * 1000
    const browser = new Browser()
    await browser.go()
    const { number } = browser.waiting
    aheadMs = 151_000
    const again = await browser.go('/later')
    expect(again.json()).toMatchObject({ url: '/later', admission: { number } })
    expect(browser.visited.slice(4)).toEqual(['site', 'room', 'site', 'site'])
    // A script goes on until the cookie ends, and is then told where to go.
    aheadMs = 151_000 + 449_000
    const script = {
      ...CURL,
      Cookie: [...browser.onSite.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    }
    expect((await browser.onSite.send({ path: '/api', headers: script })).status).toBe(200)
    aheadMs += 2_000
    const refused = await browser.onSite.send({ path: '/api', headers: script })
    expect(refused.status).toBe(503)
    expect(refused.json().waitingRoom).toBe(`http://${WAIT}${roomPath('open', `http://${siteHost}/`)}`)
  })

  test('cannot use a code twice, nor one that somebody else has used', async () => {
    const first = await new Visitor(workerd, WAIT).get(roomPath('open', `http://${siteHost}/cart`))
    const link = first.headers.location ?? ''
    const [one, two] = [new Browser(), new Browser()]
    expect((await one.open(link)).status).toBe(200)
    const used = await two.onSite.get(new URL(link).pathname + new URL(link).search)
    expect(used.status).toBe(303)
    expect(used.headers.location).toContain(`http://${WAIT}/r/open`)
    expect(two.session).toBeUndefined()
    // The browser gets another one from the room, and gets in with its own place.
    const reply = await two.open(link)
    expect(reply.json<{ admission: { number: number } }>().admission.number).not.toBe(
      (await one.go()).json<{ admission: { number: number } }>().admission.number,
    )
  })

  test('is told when the clocks of site and room differ too much', async () => {
    aheadMs = 200_000
    const reply = await new Browser().go()
    expect(reply.status).toBe(503)
    expect(reply.text).toContain('expired')
    aheadMs = -200_000
    expect((await new Browser().go()).text).toContain('not-yet')
    aheadMs = 60_000
    expect((await new Browser().go()).status).toBe(200)
  })

  test('cannot bring a code of another site or room', async () => {
    for (const [name, back] of [
      ['open', 'https://shop.example/cart'],
      ['off', `http://${siteHost}/cart`],
    ] as const) {
      const reply = await new Visitor(workerd, WAIT).get(roomPath(name, back))
      const code = new URL(reply.headers.location ?? '').searchParams.get('waiting_room_code')
      const browser = new Browser()
      const answer = await browser.onSite.get(`/cart?waiting_room_code=${code}`)
      expect(answer.headers.location).toContain(`/r/open?return=`)
      expect(browser.session).toBeUndefined()
    }
  })
})

describe('a visitor of a full site', () => {
  beforeEach(() => {
    guard = guardOf('one')
  })

  test('waits on the page of the room, and gets to the site when a slot is free', async () => {
    const guest = new Browser()
    expect((await guest.go()).status).toBe(200)
    const browser = new Browser()
    const waiting = await browser.go('/cart?item=7')
    expect(waiting.status).toBe(503)
    expect(waiting.text).toContain('<div id="waiting-room" data-state="waiting">')
    const path = roomPath('one', `http://${siteHost}/cart?item=7`)
    const { returnUrl } = JSON.parse(/id="visit">(.*?)<\/script>/.exec(waiting.text)?.[1] ?? '{}')
    expect(returnUrl).toBe(path)
    // Forms of the page may end on the site.
    expect(waiting.headers['content-security-policy']).toContain(
      `form-action 'self' https://${siteHost} http://${siteHost}`,
    )
    const status = await browser.waiting.get('/__waiting-room/status?room=one')
    expect(status.json()).toMatchObject({ state: 'waiting', position: 1 })
    // Without JavaScript, and in another language.
    expect((await browser.waiting.get(`/__waiting-room/line?room=one&return=${encodeURIComponent(path)}`)).status).toBe(
      503,
    )
    const language = await browser.waiting.get(`/__waiting-room/lang?lang=de&return=${encodeURIComponent(path)}`)
    expect(language.headers.location).toBe(path)
    expect((await browser.waiting.get(path)).headers['content-language']).toBe('de')

    const { number } = browser.waiting
    await guest.waiting.post('/__waiting-room/leave?room=one', '{"final":true}', { 'Content-Type': 'application/json' })
    await expect
      .poll(async () => (await browser.waiting.get('/__waiting-room/status?room=one')).json().state)
      .toBe('admitted')
    const reply = await browser.open(`http://${WAIT}${path}`)
    expect(reply.json()).toMatchObject({ url: '/cart?item=7', admission: { room: 'one', number } })
  })

  test('gets no code, however the request asks for one', async () => {
    const path = roomPath('one', `http://${siteHost}/`)
    for (const headers of [CURL, { ...CURL, Accept: 'application/json' }, { ...BROWSER, 'Sec-Fetch-Dest': 'image' }]) {
      const reply = await new Visitor(workerd, WAIT).send({ path, headers })
      expect(reply.status).toBe(503)
      expect(reply.headers.location).toBeUndefined()
    }
    const post = await new Visitor(workerd, WAIT).post(path)
    expect(post.status).toBe(405)
  })
})

describe('the address to return to', () => {
  const refusalOf = async (back: string | null, headers: Headers = BROWSER) => {
    const path = back === null ? '/r/open' : `/r/open?return=${back}`
    return new Visitor(workerd, WAIT).send({ path, headers })
  }

  test.each([
    ['another host', 'https://evil.example/', /"evil\.example" is not in return_hosts of the room "open"/],
    ['a host below a listed one', 'https://a.shop.example/', /"a\.shop\.example" is not in return_hosts/],
    ['a host that ends like a listed one', 'https://evilshop.example/', /is not in return_hosts/],
    ['another port', 'https://shop.example:8443/', /"shop\.example:8443" is not in return_hosts/],
    ['a final dot', 'https://shop.example./', /is not in return_hosts/],
    ['plain http', 'http://shop.example/', /must begin with &quot;https:|must begin with "https:/],
    ['another scheme', 'javascript:alert(1)//https://shop.example/', /must begin with/],
    ['a scheme without slashes', 'https:shop.example', /must begin with/],
    ['too many slashes', 'https:///shop.example', /must begin with/],
    ['no scheme', '//shop.example/', /must begin with/],
    ['a path', '/cart', /must begin with/],
    ['a user name', 'https://shop.example@evil.example/', /has a user name/],
    ['an empty user name', 'https://@shop.example/', /has a user name/],
    ['a backslash', 'https://shop.example%5C@evil.example/', /backslash/],
    ['backslashes in place of slashes', 'https:%5C%5Cshop.example/', /backslash/],
    ['a line break', 'https://shop.example/%0d%0aX-Evil:%201', /control character/],
    ['a tab in the scheme', 'ht%09tps://shop.example/', /control character/],
    ['a space', '%20https://shop.example/', /control character/],
    ['letters that look alike', 'https://%E2%93%A2hop.exampIe/', /is not in return_hosts/],
    ['a host in another script', 'https://sh%D0%BEp.example/', /"xn--shp-ted\.example" is not in return_hosts/],
    ['too much text', `https://shop.example/${'a'.repeat(2_000)}`, /longer than 2000/],
    ['nothing', '', /is missing/],
    ['no parameter', null, /is missing/],
  ])('is refused with %s', async (_what, back, reason) => {
    const page = await refusalOf(back)
    expect(page.status).toBe(400)
    expect(page.headers.location).toBeUndefined()
    expect(page.setCookies).toEqual([])
    expect(page.text.replaceAll('&quot;', '"')).toMatch(reason)
    expect(page.text).not.toContain('evil.example/')
    const program = await refusalOf(back, { ...CURL, Accept: 'application/json' })
    expect(program.status).toBe(400)
    expect(program.json().detail).toMatch(reason)
  })

  test.each([
    ['a listed host', 'https://shop.example/cart?a=1%26b=2#row', 'https://shop.example/cart?a=1&b=2&CODE#row'],
    ['the usual port', 'https://shop.example:443/', 'https://shop.example/?CODE'],
    ['capitals', 'HTTPS://SHOP.example/A', 'https://shop.example/A?CODE'],
    ['no path', 'https://shop.example', 'https://shop.example/?CODE'],
    ['an encoded host', 'https://%2573hop.example/', 'https://shop.example/?CODE'],
    ['another script', 'https://b%C3%BCcher.example/', 'https://xn--bcher-kva.example/?CODE'],
    ['an old code', 'https://shop.example/?waiting_room_code=x%26a=1', 'https://shop.example/?a=1&CODE'],
    ['two slashes in its path', 'https://shop.example//evil.example', 'https://shop.example//evil.example?CODE'],
  ])('may have %s', async (_what, back, location) => {
    // The fragment cannot be part of a request: it is encoded, as a browser's script would.
    const reply = await refusalOf(back.replace('#', '%23'))
    expect(reply.status).toBe(303)
    expect(reply.headers.location?.replace(/waiting_room_code=[\w.-]+/, 'CODE')).toBe(location)
    expect(reply.headers['referrer-policy']).toBe('no-referrer')
    expect(reply.headers['cache-control']).toBe('no-store')
  })
})

describe('the path /r/ROOM', () => {
  test('belongs to rooms with return_hosts only, in every spelling', async () => {
    const back = encodeURIComponent('https://shop.example/')
    expect((await new Visitor(workerd, WAIT).get(`/%72/open?return=${back}`)).status).toBe(303)
    expect((await new Visitor(workerd, 'elsewhere.test').get(`/r/open?return=${back}`)).status).toBe(303)
    const first = await new Visitor(workerd, WAIT).get(`/r/inline?return=${back}`)
    expect(first.headers.location).not.toMatch(/^https:/)
    for (const path of ['/r/unknown', '/r/', '/r', '/r/open/more']) {
      const reply = await new Visitor(workerd, WAIT, CURL).get(`${path}?return=${back}`)
      expect(reply.headers.location ?? '', path).not.toMatch(/^https:/)
    }
  })

  test('lets everyone past a suspended room and by a bypass rule, with a code that has no number', async () => {
    guard = guardOf('off')
    const browser = new Browser()
    expect((await browser.go()).json()).toMatchObject({ admission: { room: 'off', number: null } })
    expect(browser.waiting.token).toBeUndefined()
    guard = guardOf('bound')
    expect((await new Browser().go()).json()).toMatchObject({ admission: { room: 'bound', number: null } })
  })

  test('is redirected to https before a ticket is spent', async () => {
    const path = roomPath('secure', 'https://shop.example/')
    const visitor = new Visitor(workerd, WAIT)
    const reply = await visitor.get(path)
    expect(reply.status).toBe(307)
    expect(reply.headers.location).toBe(`https://${WAIT}${path}`)
    expect((await visitor.get(path, OVER_TLS)).headers.location).toContain('https://shop.example/?waiting_room_code=')
  })
})

test('refuses to serve without PASS_KEYS', async () => {
  const bare = await Workerd.start({
    rooms: [room('open', 1, { ...RETURNS, return_hosts: ['shop.example'] })],
    originUrl: '',
  })
  const reply = await new Visitor(bare, WAIT).get(roomPath('open', 'https://shop.example/'))
  expect(reply.status).toBe(500)
  await expect
    .poll(() => bare.log)
    .toMatch(/PASS_KEYS is not set, and the room open has return_hosts.*make-key -- --pass/)
  await bare.stop()
})
