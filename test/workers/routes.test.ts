import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestUrl } from '../../src/http/request-url.ts'
import { parseRooms, type RoomSettings } from '../../src/settings/rooms.ts'
import { explainRoute } from '../../src/settings/route-explanation.ts'
import { type RequestFacts, routeTable } from '../../src/settings/route-table.ts'
import { homePath } from '../../src/settings/routes.ts'

const room = (name: string, changes: object) => ({
  name,
  total_active_users: 1,
  new_users_per_minute: 1,
  ...changes,
})

function roomsOf(tables: readonly object[]): readonly RoomSettings[] {
  const { rooms, problems } = parseRooms(tables)
  expect(problems).toEqual([])
  return rooms ?? []
}

const problemsOf = (...tables: object[]) => parseRooms(tables).problems

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly country?: string
}

function factsOf(href: string, { method = 'GET', headers = {}, country }: Asked = {}): RequestFacts {
  const url = requestUrl(href)
  return { url, request: { method, headers: new Headers(headers), cf: country === undefined ? {} : { country } } }
}

const nameOf = (rooms: readonly RoomSettings[], href: string, asked?: Asked) =>
  routeTable(rooms).find(factsOf(href, asked))?.name

describe('a room with several routes', () => {
  const rooms = roomsOf([
    room('rest', {}),
    room('sale', {
      routes: [
        { host: 'shop.example', path: '/sale' },
        { host: '*.shop.example' },
        { host: 'shop.example', path: '/vip/' },
      ],
      cookie_domain: 'shop.example',
    }),
  ])

  it('covers each of them, and nothing else', () => {
    for (const url of ['//shop.example/sale', '//shop.example/sale/x', '//de.shop.example/', '//shop.example/vip/a'])
      expect(nameOf(rooms, `https:${url}`), url).toBe('sale')
    for (const url of ['//shop.example/', '//shop.example/vip', '//shop.example/sales', '//other.example/sale'])
      expect(nameOf(rooms, `https:${url}`), url).toBe('rest')
  })

  it('leads visitors back to a route of their own host', () => {
    const [, sale] = rooms as [RoomSettings, RoomSettings]
    expect(homePath(sale, 'shop.example')).toBe('/sale')
    expect(homePath(sale, 'de.shop.example')).toBe('/')
  })

  it('is refused beside host and path, with the same route twice, and over hosts without a common cookie', () => {
    const routes = [{ host: 'a.example.com', path: '/x' }]
    expect(problemsOf(room('r', { routes, path: '/y' }))).toEqual([expect.stringContaining('replaces host')])
    expect(problemsOf(room('r', { routes: [...routes, ...routes] }))).toEqual([expect.stringContaining('twice')])
    expect(problemsOf(room('r', { routes: [...routes, { host: 'b.example.com' }] }))).toEqual([
      expect.stringContaining('ROOMS[0].routes: needs cookie_domain'),
    ])
    expect(problemsOf(room('r', { routes: [] }))).toEqual(['ROOMS[0].routes: is empty'])
    expect(problemsOf(room('r', { routes: [{ hots: 'a.example' }] }))).toEqual([
      'ROOMS[0].routes.0.hots: there is no such setting',
    ])
  })
})

describe('match', () => {
  const rooms = roomsOf([
    room('all', { path: '/shop' }),
    room('beta', { path: '/shop', match: [{ cookies: { beta: '*' } }] }),
    room('beta-post', { path: '/shop', match: [{ cookies: { beta: '1' }, methods: ['POST'] }] }),
    room('mail', { path: '/mail', match: [{ query: { utm_source: 'mail*' } }, { headers: { 'X-App': 'ios' } }] }),
    room('germany', { path: '/at', match: [{ countries: ['DE', 'AT'], methods: ['GET'] }] }),
  ])
  const shop = 'https://x/shop'
  const mail = 'https://x/mail'
  const at = 'https://x/at'

  it.each<[string, string, Asked, string | undefined]>([
    ['nothing', shop, {}, 'all'],
    ['a cookie with any value', shop, { headers: { Cookie: 'a=b; beta=x' } }, 'beta'],
    ['two conditions rather than one', shop, { method: 'POST', headers: { Cookie: 'beta=1' } }, 'beta-post'],
    ['a cookie of another value', shop, { method: 'POST', headers: { Cookie: 'beta=11' } }, 'beta'],
    ['a cookie with a longer name', shop, { headers: { Cookie: 'notbeta=1; betas=1' } }, 'all'],
    ['a parameter', `${mail}?utm_source=mailing&x=1`, {}, 'mail'],
    ['an encoded parameter', `${mail}?utm%5Fsource=%6Dail`, {}, 'mail'],
    ['one of several values', `${mail}?utm_source=x&utm_source=mail`, {}, 'mail'],
    ['a header, whatever the case of its name', mail, { headers: { 'x-app': 'ios' } }, 'mail'],
    ['a country', at, { country: 'AT' }, 'germany'],
    ['another method from that country', at, { country: 'AT', method: 'PUT' }, undefined],
    [
      'a preflight, as the request that it asks for',
      at,
      { country: 'DE', method: 'OPTIONS', headers: { 'Access-Control-Request-Method': 'GET' } },
      'germany',
    ],
    // The origin may obey the header.
    [
      'a method that a header overrides',
      at,
      { country: 'DE', method: 'PUT', headers: { 'X-HTTP-Method': 'GET' } },
      'germany',
    ],
  ])('finds the room by %s', (_, url, asked, name) => expect(nameOf(rooms, url, asked)).toBe(name))

  it('covers a path that can be read in several ways if one reading matches', () => {
    const [only] = roomsOf([room('only', { match: [{ paths: ['/buy/*'] }] })]) as [RoomSettings]
    for (const path of ['/buy/x', '/x/../buy/x', '/%62uy/x', '/a%2f..%2fbuy/x', '/x;/%E0%A4%A'])
      expect(nameOf([only], `https://x${path}`), path).toBe('only')
    expect(nameOf([only], 'https://x/other')).toBeUndefined()
    expect(nameOf([only], 'https://x/BUY/x')).toBeUndefined()
    const [any] = roomsOf([room('any', { path_case_sensitive: false, match: [{ paths: ['/Buy/*'] }] })]) as [
      RoomSettings,
    ]
    expect(nameOf([any], 'https://x/BUY/x')).toBe('any')
  })

  it('covers a path with parameters, which many origins ignore, whatever its case', () => {
    for (const path_case_sensitive of [true, false]) {
      const rooms = roomsOf([room('shop', { path_case_sensitive, match: [{ paths: ['/shop/*'] }] })])
      expect(nameOf(rooms, 'https://a.example/shop;x=1/buy')).toBe('shop')
    }
  })

  it('is refused with a secret, and with values that nothing can have', () => {
    const problems = (rule: object) => problemsOf(room('r', { match: [rule] }))
    expect(problems({ header: 'X-Test', secret: 'BYPASS_TEST' })).toEqual([expect.stringContaining('is for bypass')])
    expect(problems({})).toEqual([expect.stringContaining('needs at least one of paths, addresses')])
    expect(problems({ methods: ['get'] })).toEqual([expect.stringContaining('match.0.methods')])
    expect(problems({ countries: ['Germany'] })).toEqual([expect.stringContaining('match.0.countries')])
    expect(problems({ cookies: {} })).toEqual([expect.stringContaining('1 to 10')])
    expect(problems({ cookies: { 'a;b': 'x' } })).toEqual([expect.stringContaining('cookie names')])
    expect(problems({ query: { a: '*'.repeat(6) } })).toEqual([expect.stringContaining('at most 5 "*"')])
  })
})

describe('two rooms of the same route', () => {
  it('are refused, with both names, if neither has more conditions', () => {
    expect(problemsOf(room('one', { path: '/a' }), room('two', { path: '/a' }))).toEqual([
      'ROOMS[1].path: "two" and "one" both cover any host/a: give one of them another host, path or condition',
    ])
    const tie = problemsOf(
      room('one', { match: [{ cookies: { a: '*' } }] }),
      room('two', { routes: [{ path: '/b' }, { path: '/' }], match: [{ query: { b: '1' } }] }),
    )
    expect(tie).toEqual([
      expect.stringMatching(/^ROOMS\[1\]\.routes: "two" and "one" both cover .* with as many conditions \(1\)/),
    ])
  })

  it('may have conditions of which no request meets both', () => {
    const pairs: [object, object][] = [
      [{ countries: ['DE'] }, { countries: ['FR', 'BE'] }],
      [{ methods: ['GET'] }, { methods: ['POST'] }],
      [{ cookies: { group: 'a' } }, { cookies: { group: 'b' } }],
      [{ headers: { 'X-App': 'a' } }, { headers: { 'x-app': 'b' } }],
    ]
    for (const [one, two] of pairs) {
      expect(problemsOf(room('one', { match: [one] }), room('two', { match: [two] }))).toEqual([])
    }
  })

  it.each<[string, object, object, string, Asked]>([
    ['a parameter twice', { query: { a: '1' } }, { query: { a: '2' } }, 'https://x/?a=2&a=1', {}],
    [
      'a cookie twice',
      { cookies: { a: '1' } },
      { cookies: { a: '2' } },
      'https://x/',
      { headers: { Cookie: 'a=2; a=1' } },
    ],
    [
      'a method that a header overrides',
      { methods: ['GET'] },
      { methods: ['POST'] },
      'https://x/',
      { headers: { 'X-HTTP-Method': 'POST' } },
    ],
  ])('share a request with %s by their names, in whatever order they are listed', (_, one, two, url, asked) => {
    const tables = [room('a', { match: [one] }), room('b', { match: [two] }), room('c', { path: '/' })]
    expect(nameOf(roomsOf(tables), url, asked)).toBe('a')
    expect(nameOf(roomsOf(tables.toReversed()), url, asked)).toBe('a')
    const swapped = [room('b', { match: [one] }), room('a', { match: [two] })]
    expect(nameOf(roomsOf(swapped), url, asked)).toBe('a')
    const [first] = explainRoute(routeTable(roomsOf(swapped)), factsOf(url, asked))
    expect(first).toMatchObject({ room: 'a', outcome: 'takes' })
  })

  it('prefer the path that is compared with its case, in whatever order they are listed', () => {
    const tables = [
      room('a', { path: '/sale', path_case_sensitive: false, match: [{ query: { a: '1' } }] }),
      room('b', { path: '/Sale', match: [{ query: { a: '2' } }] }),
    ]
    for (const list of [tables, tables.toReversed()]) expect(nameOf(roomsOf(list), 'https://x/Sale?a=1&a=2')).toBe('b')
  })
})

describe('the explanation of a URL', () => {
  const rooms = roomsOf([
    room('all', {}),
    room('shop', { path: '/shop' }),
    room('beta', { path: '/shop', match: [{ cookies: { beta: '1' }, countries: ['DE'] }] }),
    room('other', { host: 'other.example', path: '/' }),
    room('deep', { path: '/shop/sale' }),
  ])
  const explain = (href: string, asked?: Asked) =>
    explainRoute(routeTable(rooms), factsOf(href, asked)).map(({ room: name, outcome, unmet }) => [
      name,
      outcome,
      ...unmet,
    ])

  it('names the room that takes it, and what keeps the others from it, the nearest first', () => {
    expect(explain('https://x/shop/a', { headers: { Cookie: 'beta=1' } })).toEqual([
      ['shop', 'takes'],
      ['all', 'less-specific'],
      ['beta', 'conditions', 'countries'],
      ['deep', 'path'],
      ['other', 'host'],
    ])
  })

  const labels = fc.constantFrom('a', 'b', 'c')
  const paths = fc.array(labels, { maxLength: 3 }).map((parts) => `/${parts.join('/')}`)
  const hosts = fc.constantFrom(undefined, '*.a.test', '*.b.a.test', 'a.test', 'b.a.test', 'c.b.a.test')
  const rule = fc.constantFrom([], [{ query: { q: '1' } }], [{ query: { q: '1' }, methods: ['GET'] }])
  const tables = fc.array(fc.record({ host: hosts, path: paths, match: rule, path_case_sensitive: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  })

  it('agrees with a plain search of all rooms, and so does the table', () => {
    const urls = fc.tuple(
      fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'x.test'),
      paths,
      fc.constantFrom('', '?q=1'),
    )
    fc.assert(
      fc.property(tables, urls, (list, [host, path, search]) => {
        const { rooms: parsed } = parseRooms(
          list.map(({ host: own, ...rest }, i) => room(`r${i}`, own === undefined ? rest : { ...rest, host: own })),
        )
        fc.pre(parsed !== null)
        const covers = (one: RoomSettings) =>
          (one.host === undefined ||
            one.host === host ||
            (one.host.startsWith('*') && host.endsWith(one.host.slice(1)))) &&
          `${path}/`.startsWith(one.path === '/' ? '/' : `${one.path}/`) &&
          (one.match.length === 0 || search === '?q=1')
        const rank = (one: RoomSettings) => [
          one.host === undefined ? 0 : one.host.startsWith('*') ? one.host.length : 1000,
          (one.path ?? '').length,
          Object.keys(one.match[0] ?? {}).length,
        ]
        const compare = (a: number[], b: number[]) => a.map((x, i) => x - (b[i] as number)).find((d) => d !== 0) ?? 0
        const best = parsed.filter(covers).sort((a, b) => compare(rank(b), rank(a)))[0]
        const facts = factsOf(`https://${host}${path}${search}`)
        expect(routeTable(parsed).find(facts)?.name).toBe(best?.name)
        const [first] = explainRoute(routeTable(parsed), facts)
        expect(first?.outcome === 'takes' ? first.room : undefined).toBe(best?.name)
      }),
      { numRuns: 500 },
    )
  })
})
