/**
 * The host that requests to the site name, and the log entries about a site that insists on another
 * host.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, Origin, type Seen } from './support/origin.ts'
import { room } from './support/stage.ts'
import { OVER_TLS, Visitor } from './support/visitor.ts'
import { CF_HEADER } from './support/worker-config.ts'
import { Workerd } from './support/workerd.ts'

/** Redirects as the query says. */
const redirect: Answer = (request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://origin')
  const cookie = searchParams.get('cookie')
  const headers = cookie === null ? {} : { 'Set-Cookie': cookie }
  response.writeHead(Number(searchParams.get('status') ?? 301), { ...headers, Location: searchParams.get('to') ?? '' })
  response.end()
}

/** Redirects every URL to the same URL at another scheme and host. */
const elsewhere = (base: string, status = 301): Answer => {
  return (request, response) => void response.writeHead(status, { Location: `${base}${request.url}` }).end()
}

const PAGES: Readonly<Record<string, Answer>> = {
  redirect,
  'force-https': elsewhere('https://origin.site.test'),
  canonical: elsewhere('https://www.elsewhere.example'),
  covered: elsewhere('https://music.site.test'),
  form: elsewhere('', 303),
  itself: elsewhere(''),
  session: (request, response) => {
    response.writeHead(302, { Location: request.url ?? '', 'Set-Cookie': 'session=1' }).end()
  },
  misdirected: (_request, response) => void response.writeHead(421).end('wrong host'),
}

interface Event {
  readonly event: string
  readonly host: string
  readonly visitorHost: string
  readonly remedy: string
}

let origin: Origin
let workerd: Workerd

beforeAll(async () => {
  origin = await Origin.start(0, PAGES)
})
afterAll(() => origin?.stop())

/** Starts a Worker in front of `origin.site.test`, with a separate log. */
function useWorker(originHost?: string): void {
  beforeAll(async () => {
    workerd = await Workerd.start({
      rooms: [room('shop', 10_000, { host: 'shop.site.test' }), room('music', 10_000, { host: 'music.site.test' })],
      originUrl: `http://origin.site.test:${origin.port}`,
      resolvedTo: `127.0.0.1:${origin.port}`,
      ...(originHost === undefined ? {} : { originHost }),
    })
  })
  afterAll(() => workerd?.stop())
}

function events(): Event[] {
  const lines = workerd.log.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line) as Event).filter(({ event }) => event.startsWith('origin_re'))
}

const shop = () => new Visitor(workerd, 'shop.site.test')

describe('without ORIGIN_HOST', () => {
  useWorker()

  test('sends the site the host of ORIGIN_URL and, in X-Forwarded-Host, the host of the visitor', async () => {
    const { headers } = (await shop().get('/echo')).json<Seen>()
    expect(headers.host).toBe(`origin.site.test:${origin.port}`)
    expect(headers['x-forwarded-host']).toBe('shop.site.test')
    expect(JSON.parse(String(headers[CF_HEADER.toLowerCase()] ?? '{}'))).not.toHaveProperty('resolveOverride')
  })
})

describe('with ORIGIN_HOST', () => {
  useWorker('www.site.test')

  test('sends the site that host, and resolves it to the server of ORIGIN_URL', async () => {
    const { headers, url } = (await shop().get('/echo?a=%2F')).json<Seen>()
    expect(headers.host).toBe(`www.site.test:${origin.port}`)
    expect(url).toBe('/echo?a=%2F')
    expect(headers['x-forwarded-host']).toBe('shop.site.test')
    expect(JSON.parse(String(headers[CF_HEADER.toLowerCase()]))).toMatchObject({ resolveOverride: 'origin.site.test' })
  })

  test('forwards a request with a body', async () => {
    const guest = shop()
    await guest.get('/echo')
    expect((await guest.post('/echo', 'a=1')).json()).toMatchObject({ method: 'POST', body: 'a=1' })
  })
})

describe('a site that redirects to the requested URL', () => {
  useWorker()

  test('is logged once, with the remedy, under any name of its host', async () => {
    const visitor = shop()
    for (const path of ['/force-https/a', '/force-https/b?x=1', '/force-https/a', '/itself']) {
      const reply = await visitor.get(path, OVER_TLS)
      expect([301, 302]).toContain(reply.status)
      expect(new URL(reply.headers.location ?? '', 'https://shop.site.test').href).toBe(`https://shop.site.test${path}`)
    }
    await visitor.send({ method: 'HEAD', path: '/itself' })
    await expect.poll(events).toHaveLength(1)
    expect(events()[0]).toMatchObject({
      event: 'origin_redirects_to_itself',
      host: `origin.site.test:${origin.port}`,
      visitorHost: 'shop.site.test',
      remedy: expect.stringMatching(/X-Forwarded-Host and X-Forwarded-Proto.*ORIGIN_HOST.*docs\/origin\.md/),
    })
    expect(workerd.log).not.toContain('x=1')
  })
})

describe('valid redirects', () => {
  useWorker()

  test('are not logged', async () => {
    const visitor = shop()
    const other = '/redirect?to=https://pay.example/checkout'
    await visitor.get('/echo')
    await visitor.get('/session')
    await visitor.get(other)
    await visitor.get('/redirect?to=/redirect')
    await visitor.get('/redirect?to=')
    await visitor.get('/redirect?to=http://%5Bx')
    await visitor.get('/covered')
    await visitor.post('/form', 'a=1')
    await visitor.post('/itself', 'a=1')
    // This redirect is logged, so the ones before it had time to be.
    await visitor.get('/misdirected')
    await expect.poll(events).toEqual([expect.objectContaining({ event: 'origin_refuses_host' })])
  })
})

describe('a visitor over plain http', () => {
  useWorker()

  test('is redirected to https on the same host when the site insists on https', async () => {
    const reply = await shop().get('/force-https/a?b=%2F')
    expect(reply.headers.location).toBe('https://shop.site.test/force-https/a?b=%2F')
    expect(events()).toEqual([])
  })
})

describe('a site that insists on its own host', () => {
  useWorker()

  test('is logged once, with the remedy, when its redirects bypass the room', async () => {
    for (const path of ['/canonical', '/canonical/x?y=1']) {
      const reply = await shop().get(path)
      expect(reply.headers.location).toBe(`https://www.elsewhere.example${path}`)
    }
    await expect.poll(events).toEqual([expect.objectContaining({ event: 'origin_redirects_to_other_host' })])
    expect(events()[0]?.remedy).toMatch(/past the room.*ORIGIN_HOST/)
  })

  test('is logged once, with the remedy, when it answers 421', async () => {
    const visitor = shop()
    for (let i = 0; i < 3; i++) {
      const reply = await visitor.get('/misdirected')
      expect([reply.status, reply.text]).toEqual([421, 'wrong host'])
    }
    const refusals = () => events().filter(({ event }) => event === 'origin_refuses_host')
    await expect.poll(refusals).toHaveLength(1)
    expect(refusals()[0]?.remedy).toMatch(/421.*ORIGIN_HOST/)
  })
})
