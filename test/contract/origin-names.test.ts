/**
 * Response headers that name the origin's host are rewritten to ours. Everything else stays as the
 * origin sent it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, Origin } from './support/origin.ts'
import { room, useStage } from './support/stage.ts'
import { OVER_TLS, type Reply, Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

type Lines = readonly (readonly [name: string, value: string])[]

/** Responds with the header lines in the query. */
const answer: Answer = (request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://origin')
  const lines = JSON.parse(searchParams.get('headers') ?? '[]') as Lines
  response.writeHead(Number(searchParams.get('status') ?? 302), lines.flat()).end('ok')
}

function answerWith(lines: Lines, status = 302): string {
  return `/answer?status=${status}&headers=${encodeURIComponent(JSON.stringify(lines))}`
}

const stage = useStage([room('shop', 10_000)], {}, { answer })

/** One header of the origin, as a visitor receives it. */
async function received(name: string, value: string, status = 302): Promise<string | undefined> {
  const guest = await stage.guest('shop')
  const reply = await guest.get(answerWith([[name, value]], status))
  expect(reply.status).toBe(status)
  return reply.headers[name.toLowerCase()] as string | undefined
}

const SENT_BY_LOCATION: readonly (readonly [sent: string, expected: string])[] = [
  ['https://127.0.0.1:8443/x', 'http://shop.test/x'],
  ['https://127.0.0.1/x?a=%2F&b=c d#e', 'http://shop.test/x?a=%2F&b=c d#e'],
  ['http://127.0.0.1:80/', 'http://shop.test/'],
  ['HTTP://127.0.0.1.:8080/A/../b', 'http://shop.test/A/../b'],
  ['//127.0.0.1:9/x', 'http://shop.test/x'],
  ['https://127.1:8443/x', 'http://shop.test/x'],
  ['https:\\\\127.0.0.1\\x', 'http://shop.test\\x'],
  ['https://127.0.0.1', 'http://shop.test'],
  // Under a scheme other than the page's, a URL is absolute even without slashes.
  ['https:127.0.0.1:8443/x', 'http://shop.test/x'],
  ['https:/127.0.0.1/x', 'http://shop.test/x'],
  ['https://127.0.0.1?x=https://127.0.0.1/', 'http://shop.test?x=https://127.0.0.1/'],
  ['https://127.0.0.1:8443/gr\u00c3\u00bc\u00c3\u009fe', 'http://shop.test/gr\u00c3\u00bc\u00c3\u009fe'],
]

describe.each(['Location', 'Content-Location'])('%s', (name) => {
  test.each(SENT_BY_LOCATION)('rewrites %s', async (sent, expected) => {
    expect(await received(name, sent)).toBe(expected)
  })

  test.each([
    '/x?next=https://127.0.0.1/',
    'x',
    '#top',
    'https://127.0.0.1.example/x',
    'https://other.example/?u=//127.0.0.1/',
    'http://shop.test/?u=https://127.0.0.1/&v=/, https://127.0.0.1/',
    'https://127.0.0.10:8443/',
    'ftp://127.0.0.1/file',
    'mailto:shop@127.0.0.1',
    'https://127.0.0.1:99999/x',
    'https://[127.0.0.1/x',
    'https:///',
    'http:/127.0.0.1/x',
    'http:127.0.0.1/x',
    'http://',
    'https://127.0.0.1/a, https://127.0.0.1/b',
    'https://127.0.0.1/a, /b',
    'https://other.example/, https://127.0.0.1/',
    // Not UTF-8: the bytes could not be kept in another value.
    'https://127.0.0.1:8443/caf\u00e9',
  ])('leaves %s unchanged', async (sent) => {
    expect(await received(name, sent)).toBe(sent)
  })
})

test('rewrites a URL of the origin to https over TLS', async () => {
  const guest = stage.visitor('shop')
  const reply = await guest.get(answerWith([['Location', 'http://127.0.0.1:8080/x']]), OVER_TLS)
  expect(reply.headers.location).toBe('https://shop.test/x')
})

test.each([
  ['5; url=https://127.0.0.1:8443/x?a=1#b', '5; url=http://shop.test/x?a=1#b'],
  ["0;URL='http://127.0.0.1/x'", "0;URL='http://shop.test/x'"],
  ['3, Url = "//127.0.0.1:8080/x" trailing', '3, Url = "http://shop.test/x" trailing'],
  ['1.5 https://127.0.0.1/', '1.5 http://shop.test/'],
  ["2; url='https://127.0.0.1/never closed", "2; url='http://shop.test/never closed"],
  // Browsers take the rest of the value for the path.
  ['5; url=https://127.0.0.1/a, 5; url=https://127.0.0.1/b', '5; url=http://shop.test/a, 5; url=https://127.0.0.1/b'],
  ['5; url=https://127.0.0.1/?next=https://127.0.0.1/', '5; url=http://shop.test/?next=https://127.0.0.1/'],
])('rewrites Refresh: %s', async (sent, expected) => {
  expect(await received('Refresh', sent, 200)).toBe(expected)
})

test.each([
  '5',
  '5; url=/x',
  '5; url=/x?next=https://127.0.0.1/',
  '5; url=https://other.example/?next=https://127.0.0.1/',
  '5; url=https://other.example/, 5; url=https://127.0.0.1/',
  '5https://127.0.0.1/',
  'url=https://127.0.0.1/',
  ';;;',
])('leaves Refresh: %s unchanged', async (sent) => {
  expect(await received('Refresh', sent, 200)).toBe(sent)
})

test.each([
  ['<https://127.0.0.1:8443/a.css>; rel=preload; as=style', '<http://shop.test/a.css>; rel=preload; as=style'],
  [
    '<https://cdn.example/a.js>; rel=preload,<http://127.0.0.1/p?page=2>;rel="next",  </b>; rel=prev',
    '<https://cdn.example/a.js>; rel=preload,<http://shop.test/p?page=2>;rel="next",  </b>; rel=prev',
  ],
  [
    '<//127.0.0.1/a,b;c>; rel="x"; title="see <https://127.0.0.1/> \\" <https://127.0.0.1/>", <wss://127.0.0.1/s>; rel=y',
    '<http://shop.test/a,b;c>; rel="x"; title="see <https://127.0.0.1/> \\" <https://127.0.0.1/>", <ws://shop.test/s>; rel=y',
  ],
])('rewrites Link: %s', async (sent, expected) => {
  expect(await received('Link', sent, 200)).toBe(expected)
})

test.each([
  '</a.css>; rel=preload',
  '<https://other.example/?u=https://127.0.0.1/>; rel=x',
  '</?u=https://127.0.0.1/>; rel=x, <https://other.example/?u=//127.0.0.1/>; rel=y',
  'https://127.0.0.1/; rel=x',
  '<https://127.0.0.1/a',
  '"never closed <https://127.0.0.1/>',
  '<>; rel=x, ,,',
])('leaves Link: %s unchanged', async (sent) => {
  expect(await received('Link', sent, 200)).toBe(sent)
})

test('rewrites each of several Link headers', async () => {
  const guest = await stage.guest('shop')
  const links: Lines = [
    ['Link', '<https://127.0.0.1/a>; rel=x'],
    ['Link', '<https://127.0.0.1:1/b>; rel=y'],
  ]
  const reply = await guest.get(answerWith(links, 200))
  expect(reply.headers.link).toBe('<http://shop.test/a>; rel=x, <http://shop.test/b>; rel=y')
  expect(reply.text).toBe('ok')
})

test('keeps the status and the body of a response whose headers it changes', async () => {
  const guest = await stage.guest('shop')
  const reply = await guest.get(answerWith([['Link', '<https://127.0.0.1/a>; rel=x']], 404))
  expect([reply.status, reply.headers.link, reply.text]).toEqual([404, '<http://shop.test/a>; rel=x', 'ok'])
})

const COOKIES: Lines = [
  ['Set-Cookie', 'a=1; Path=/; Domain=127.0.0.1; HttpOnly'],
  ['Set-Cookie', 'b="x, y";Expires=Wed, 01 Jan 2031 00:00:00 GMT ;SameSite=Lax'],
  ['Set-Cookie', 'c=Domain=127.0.0.1; domain=.127.0.0.1;Secure'],
  ['Set-Cookie', 'd=; Domain=other.example'],
  ['Set-Cookie', 'e=5; Domain=shop.test'],
  ['Set-Cookie', 'f=6; Domain=; Domain'],
  ['Set-Cookie', 'a=7'],
]

test('rewrites a cookie for the host of the origin to our host, and keeps the others in order', async () => {
  const guest = await stage.guest('shop')
  const reply = await guest.get(answerWith(COOKIES, 200))
  expect(reply.setCookies).toEqual([
    'a=1; Path=/; HttpOnly',
    'b="x, y";Expires=Wed, 01 Jan 2031 00:00:00 GMT ;SameSite=Lax',
    'c=Domain=127.0.0.1;Secure',
    'd=; Domain=other.example',
    'e=5; Domain=shop.test',
    'f=6; Domain=; Domain',
    'a=7',
  ])
})

test('keeps the bytes of a cookie beyond ASCII and logs none of them', async () => {
  const guest = await stage.guest('shop')
  const value = 'name=J\u00c3\u00b6rg'
  const reply = await guest.get(answerWith([['Set-Cookie', `${value}; Domain=127.0.0.1`]], 200))
  expect(reply.setCookies).toEqual([value])
  expect(stage.workerd.log).not.toContain('J\u00f6rg')
})

test('keeps a cookie that is not UTF-8 next to one for the host of the origin', async () => {
  const guest = await stage.guest('shop')
  const sent: Lines = [
    ['Set-Cookie', 'latin=caf\u00e9'],
    ['Set-Cookie', 'a=1; Domain=127.0.0.1'],
  ]
  const reply = await guest.get(answerWith(sent, 200))
  expect(reply.setCookies).toEqual(sent.map(([, value]) => value))
})

describe('with a host of the same zone as the site', () => {
  let origin: Origin
  let workerd: Workerd
  beforeAll(async () => {
    origin = await Origin.start(0, { answer })
    workerd = await Workerd.start({
      rooms: [room('shop', 10_000, { host: '*.site.test' })],
      originUrl: `http://origin.site.test:${origin.port}`,
      originHost: 'www.site.test',
      resolvedTo: `127.0.0.1:${origin.port}`,
    })
  })
  afterAll(async () => {
    await workerd?.stop()
    await origin?.stop()
  })

  const ask = (host: string, lines: Lines, headers = {}): Promise<Reply> =>
    new Visitor(workerd, host).get(answerWith(lines), headers)

  test.each([
    ['https://origin.site.test/x', 'http://shop.site.test/x'],
    ['https://ORIGIN.Site.TEST.:8443/x', 'http://shop.site.test/x'],
    ['http://www.site.test:81/x', 'http://shop.site.test/x'],
    ['https://other.site.test/x', 'https://other.site.test/x'],
    ['https://site.test/x', 'https://site.test/x'],
    ['https://shop.site.test/x', 'https://shop.site.test/x'],
  ])('rewrites a redirect to %s to %s', async (sent, expected) => {
    expect((await ask('shop.site.test', [['Location', sent]])).headers.location).toBe(expected)
  })

  test.each([
    ['a=1; Domain=ORIGIN.site.test', 'a=1'],
    ['a=1; Domain=.www.site.test; Path=/', 'a=1; Path=/'],
    ['a=1; Domain=shop.site.test; Domain=origin.site.test; Path=/', 'a=1; Path=/'],
    ['a=1; Domain=origin.site.test; Domain=site.test', 'a=1; Domain=origin.site.test; Domain=site.test'],
    ['a=1; Domain=site.test', 'a=1; Domain=site.test'],
    ['a=1; Domain=.SITE.test', 'a=1; Domain=.SITE.test'],
    ['a=1; Domain=other.site.test', 'a=1; Domain=other.site.test'],
  ])('delivers the cookie %s as %s', async (sent, expected) => {
    expect((await ask('shop.site.test', [['Set-Cookie', sent]])).setCookies[0]).toBe(expected)
  })

  test('rewrites a cookie for an origin domain that the browser would refuse to our host', async () => {
    const reply = await ask('elsewhere.example', [['Set-Cookie', 'a=1; Domain=site.test; Secure']])
    expect(reply.setCookies).toEqual(['a=1; Secure'])
  })

  test('rewrites only the port when the origin has the host of the visitor', async () => {
    const location = async (sent: string, headers = {}) =>
      (await ask('www.site.test', [['Location', sent]], headers)).headers.location
    expect(await location(`https://www.site.test:${origin.port}/x`)).toBe('http://www.site.test/x')
    expect(await location(`http://www.site.test:${origin.port}/x`, OVER_TLS)).toBe('https://www.site.test/x')
    for (const other of ['https://www.site.test/x', 'http://www.site.test/x', 'https://www.site.test:9443/x']) {
      expect(await location(other)).toBe(other)
      expect(await location(other, OVER_TLS)).toBe(other)
    }
  })
})

describe('with an origin over plain http on the host of the visitor', () => {
  let origin: Origin
  let workerd: Workerd
  beforeAll(async () => {
    origin = await Origin.start(0, { answer })
    workerd = await Workerd.start({
      rooms: [room('shop', 10_000)],
      originUrl: 'http://shop.test',
      resolvedTo: `127.0.0.1:${origin.port}`,
    })
  })
  afterAll(async () => {
    await workerd?.stop()
    await origin?.stop()
  })

  test.each([
    ['over TLS', OVER_TLS, 'http://shop.test/x', 'https://shop.test/x'],
    ['over TLS', OVER_TLS, 'https://shop.test/x', 'https://shop.test/x'],
    ['over plain http', {}, 'https://shop.test/x', 'https://shop.test/x'],
    ['over plain http', {}, 'http://shop.test/x', 'http://shop.test/x'],
  ])('%s, rewrites a redirect to %s%s to %s', async (_, headers, sent, expected) => {
    const reply = await new Visitor(workerd, 'shop.test').get(answerWith([['Location', sent]]), headers)
    expect(reply.headers.location).toBe(expected)
  })
})
