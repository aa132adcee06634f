import { describe, expect, it } from 'vitest'
import { canonicalPath } from '../../src/http/paths.ts'
import { lineRules, parseRooms, type RoomSettings } from '../../src/settings/rooms.ts'
import { routeTable } from '../../src/settings/route-table.ts'
import { routesOf } from '../../src/settings/routes.ts'
import { parseSettings, SettingsError } from '../../src/settings/settings.ts'

const room = (changes: Record<string, unknown> = {}) => ({
  name: 'shop',
  total_active_users: 10,
  new_users_per_minute: 60,
  ...changes,
})

function problems(...rooms: unknown[]): readonly string[] {
  return parseRooms(rooms).problems
}

describe('room settings', () => {
  it('require a name, a capacity and a rate; everything else has a default', () => {
    const { rooms } = parseRooms([room()])
    expect(rooms?.[0]).toMatchObject({ heartbeat_timeout_seconds: 20, queueing_status_code: 503 })
    expect(rooms?.map(routesOf)).toEqual([[{ host: undefined, path: '/' }]])
    expect(lineRules(rooms?.[0])).toMatchObject({ capacity: 10, ratePerMinute: 60, mode: 'open' })
  })

  it('may be JSON text', () => {
    expect(parseRooms(JSON.stringify([room()])).rooms).toHaveLength(1)
  })

  it('report every problem at once, each with its key', () => {
    const bad = { name: 'Shop!', total_active_users: 0, heartbeat_timeout_second: 20, path: 'shop', queue_all: 'yes' }
    expect(problems(room(), bad)).toEqual([
      'ROOMS[1].heartbeat_timeout_second: there is no such setting',
      'ROOMS[1].name: must be 1 to 32 of a-z, 0-9 and "-"',
      expect.stringContaining('ROOMS[1].path: must begin with "/"'),
      'ROOMS[1].total_active_users: must be a whole number from 1 to 1000000',
      'ROOMS[1].new_users_per_minute: is missing',
      'ROOMS[1].queue_all: must be true or false',
    ])
  })

  it.each([
    ['constructor', { constructor: 1 }, 'constructor'],
    ['toString', { toString: 1 }, 'toString'],
    ['constructor among languages', { texts: { constructor: {} } }, 'texts.constructor'],
    ['prototype among texts', { texts: { en: { prototype: 'x' } } }, 'texts.en.prototype'],
  ])('are refused with a property name of Object.prototype: %s', (_, changes, key) => {
    expect(problems(room(changes))).toContain(`ROOMS[0].${key}: there is no such setting`)
  })

  it.each([
    [
      'a check interval that is not below the heartbeat time-out',
      { check_interval_seconds: 20, session_timeout_seconds: 60 },
      'check_interval_seconds',
    ],
    [
      'more hosts without one cookie for them',
      { host: 'a.example.com', additional_hosts: ['b.example.com'] },
      'additional_hosts',
    ],
    [
      'a cookie domain that a host is outside of',
      { host: 'a.other.com', cookie_domain: 'example.com' },
      'cookie_domain',
    ],
    ['a host with a port', { host: 'example.com:8080' }, 'host'],
    ['a path that climbs', { path: '/a/../b' }, 'path'],
    ['a path that is not plain ASCII', { path: '/läden' }, 'path'],
    ['an empty path', { path: '' }, 'path'],
    [
      'a check interval that is not below the session time-out',
      { check_interval_seconds: 16, session_timeout_seconds: 15 },
      'check_interval_seconds',
    ],
    ['a status code that no waiting page may have', { queueing_status_code: 404 }, 'queueing_status_code'],
    ['an error ratio that nothing exceeds', { origin_error_ratio_max: 1 }, 'origin_error_ratio_max'],
    ['a latency that is not counted by', { origin_latency_max_ms: 1200 }, 'origin_latency_max_ms'],
    ['a fraction of a person', { total_active_users: 1.5 }, 'total_active_users'],
  ])('refuse %s', (_, changes, key) => {
    expect(problems(room(changes))).toEqual([expect.stringMatching(new RegExp(`^ROOMS\\[0\\]\\.${key}: `))])
  })

  it.each([
    'https://app.example.com',
    'https://app.example.com:8443',
    'https://localhost',
    'https://xn--lden-loa.example',
    'http://localhost:3000',
    'http://app.localhost',
    'http://127.0.0.1:8080',
    'http://[::1]:3000',
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
  ])('allow the origin %s', (origin) => {
    expect(problems(room({ allowed_origins: [origin] }))).toEqual([])
  })

  it.each([
    '*',
    'null',
    '',
    'app.example.com',
    'https://',
    'https://app.example.com/',
    'https://app.example.com/app',
    'https://*.example.com',
    'https://App.example.com',
    'https://app.example.com:443',
    'https://user@app.example.com',
    'https://läden.example',
    'http://app.example.com',
    'http://localhost.example.com',
    'http://localhost:80',
    'file://localhost',
    'capacitor://localhost/',
    'capacitor://*',
    `https://${'a.'.repeat(200)}example`,
    7,
  ])('refuse the origin %j by its index, with examples', (origin) => {
    const said = problems(room({ allowed_origins: ['https://app.example.com', origin] }))
    expect(said).toEqual([
      expect.stringMatching(/^ROOMS\[0\]\.allowed_origins\.1: must be an origin as browsers send it, such as "https:/),
    ])
  })

  it('allow up to 20 origins', () => {
    const origins = (count: number) => Array.from({ length: count }, (_, i) => `https://a${i}.example`)
    expect(problems(room({ allowed_origins: origins(20) }))).toEqual([])
    expect(problems(room({ allowed_origins: origins(21) }))).toEqual(['ROOMS[0].allowed_origins: at most 20 origins'])
  })

  it('refuse rooms with the same name or address, an empty list, and too many bytes', () => {
    expect(problems(room(), room({ path: '/b' }))).toEqual([expect.stringContaining('ROOMS[1].name')])
    expect(problems(room(), room({ name: 'b' }))).toEqual([expect.stringContaining('ROOMS[1].path')])
    expect(problems()).toHaveLength(1)
    expect(parseRooms('not JSON').problems).toHaveLength(1)
    const many = Array.from({ length: 80 }, (_, i) => room({ name: `room-${i}`, path: `/${i}` }))
    expect(problems(...many)).toEqual([
      expect.stringMatching(/^ROOMS: is \d+ bytes, 5120 at most. Move rooms to rooms.toml/),
    ])
  })

  it('are reported together with problems of other variables', () => {
    const raw = { ROOMS: [room({ total_active_users: -1 })], ORIGIN_URL: 'ftp://x', ORIGIN_TIMEOUT_SECONDS: '0' }
    expect(() => parseSettings(raw)).toThrow(SettingsError)
    expect(() => parseSettings(raw)).toThrow(/total_active_users[\s\S]*ORIGIN_URL[\s\S]*ORIGIN_TIMEOUT_SECONDS/)
  })

  it.each([
    ['with a scheme', 'https://www.example.com'],
    ['with a port', 'www.example.com:8443'],
    ['with a path', 'www.example.com/x'],
    ['in upper case', 'WWW.example.com'],
    ['with a final dot', 'www.example.com.'],
    ['that is no text', 5],
    ['of another zone than the origin', 'www.example.org'],
  ])('refuse an ORIGIN_HOST %s', (_, host) => {
    const raw = { ROOMS: [room()], ORIGIN_URL: 'https://origin.example.com:8443', ORIGIN_HOST: host }
    expect(() => parseSettings(raw)).toThrow(/^ {2}- ORIGIN_HOST: must be a /m)
  })

  it('refuse an ORIGIN_HOST if ORIGIN_URL has an IP address', () => {
    const raw = { ROOMS: [room()], ORIGIN_URL: 'http://192.0.2.7:8080', ORIGIN_HOST: 'www.example.com' }
    expect(() => parseSettings(raw)).toThrow(/ORIGIN_HOST: .*DNS record/)
  })

  it('accept an ORIGIN_HOST of the same zone, or without an ORIGIN_URL', () => {
    const raw = { ROOMS: [room()], ORIGIN_URL: 'https://origin.example.com', ORIGIN_HOST: 'www.example.com' }
    expect(parseSettings(raw).originHost).toBe('www.example.com')
    expect(parseSettings({ ...raw, ORIGIN_URL: undefined }).originHost).toBe('www.example.com')
    expect(parseSettings({ ...raw, ORIGIN_HOST: '' }).originHost).toBeNull()
  })

  it('drain a removed room: nobody is admitted', () => {
    expect(lineRules(undefined)).toMatchObject({ capacity: 0, heartbeatTimeoutSeconds: 20 })
  })
})

describe('alert settings', () => {
  const rule = { name: 'crowd', metric: 'waiting', above: 5, channels: ['ops'] }
  const ops = { name: 'ops', type: 'webhook', url: 'https://hooks.example.com/x' }
  const secret = `whsec_${btoa('a secret of thirty-two bytes !!!')}`
  const problemsOf = (changes: object, raw: object = {}) => {
    try {
      parseSettings({
        ROOMS: [room({ alerts: [{ ...rule, ...changes }] })],
        ALERT_CHANNELS: [ops],
        ALERT_SECRETS: `ops:${secret}`,
        ...raw,
      })
      return []
    } catch (error) {
      return (error as SettingsError).problems
    }
  }

  it('define rules and their channels', () => {
    expect(problemsOf({})).toEqual([])
    expect(problemsOf({ above: undefined, below: 1, for_minutes: 60 })).toEqual([])
  })

  it.each([
    ['an unknown metric', { metric: 'mood' }, /^ROOMS\[0\]\.alerts\.0\.metric: must be one of waiting, active/],
    [
      'both above and below',
      { below: 1 },
      /^ROOMS\[0\]\.alerts\.0\.above: needs one of "above" and "below", not both$/,
    ],
    ['neither above nor below', { above: undefined }, /^ROOMS\[0\]\.alerts\.0\.above: needs one of/],
    ['no channel', { channels: [] }, /^ROOMS\[0\]\.alerts\.0\.channels: at least one channel is needed$/],
    [
      'a channel that is not there',
      { channels: ['pager'] },
      /^ROOMS\[0\]\.alerts\.0\.channels: there is no channel "pager"/,
    ],
    ['a misspelt key', { abov: 3 }, /^ROOMS\[0\]\.alerts\.0\.abov: there is no such setting$/],
    ['a key of every object', { constructor: 3 }, /^ROOMS\[0\]\.alerts\.0\.constructor: there is no such setting$/],
    ['another one', { toString: 3 }, /^ROOMS\[0\]\.alerts\.0\.toString: there is no such setting$/],
    ['no time', { for_minutes: 0 }, /^ROOMS\[0\]\.alerts\.0\.for_minutes: must be a whole number from 1 to 60$/],
  ])('are refused with %s, by its key', (_, changes, problem) => {
    expect(problemsOf(changes)).toEqual([expect.stringMatching(problem)])
  })

  it('are refused with two rules of the same name', () => {
    expect(problems(room({ alerts: [rule, rule] }))).toEqual([expect.stringMatching(/^ROOMS\[0\]\.alerts: two rules/)])
  })

  it.each([
    ['http://hooks.example.com/x', /^ALERT_CHANNELS\[0\]\.url: /],
    ['https://10.0.0.1/x', /^ALERT_CHANNELS\[0\]\.url: /],
    ['https://169.254.169.254/latest', /^ALERT_CHANNELS\[0\]\.url: /],
  ])('are refused with a receiver at %s', (url, problem) => {
    expect(problemsOf({}, { ALERT_CHANNELS: [{ ...ops, url }] })).toContainEqual(expect.stringMatching(problem))
  })

  it('are refused with a push of figures that is not https or has no signing secret', () => {
    const pushed = (url: string) => problemsOf({}, { ROOMS: [room({ stats_push_url: url })] })
    expect(pushed('http://figures.example.com/')).toEqual([expect.stringMatching(/^ROOMS\[0\]\.stats_push_url: /)])
    expect(pushed('https://figures.example.com/')).toEqual([expect.stringMatching(/stats_push_url: .*ALERT_SECRETS/)])
  })
})

/** Finds rooms by a host and a path, which need not be one that a URL can have. */
function roomsByUrl(rooms: readonly RoomSettings[] | null) {
  const routes = routeTable(rooms ?? [])
  const request = new Request('http://x')
  return (hostname: string, pathname: string) =>
    routes.find({ request, url: { hostname, pathname, search: '', canonical: canonicalPath(pathname) } })?.name
}

describe('the room of a URL', () => {
  const { rooms } = parseRooms([
    room({ name: 'everywhere' }),
    room({ name: 'shop-path', path: '/shop' }),
    room({ name: 'sub', host: '*.example.com' }),
    room({ name: 'host', host: 'www.example.com' }),
    room({ name: 'host-path', host: 'www.example.com', path: '/shop/' }),
  ])
  const nameOf = roomsByUrl(rooms)

  it('is the one with the most specific host, then path', () => {
    expect(nameOf('other.org', '/')).toBe('everywhere')
    expect(nameOf('other.org', '/shop/a')).toBe('shop-path')
    expect(nameOf('other.org', '/shop')).toBe('shop-path')
    expect(nameOf('other.org', '/shopping')).toBe('everywhere')
    expect(nameOf('a.example.com', '/shop')).toBe('sub')
    expect(nameOf('www.example.com', '/')).toBe('host')
    expect(nameOf('www.example.com', '/shop/x')).toBe('host-path')
    expect(nameOf('www.example.com.', '/')).toBe('host')
  })

  it.each([
    '/%73hop',
    '//shop',
    '/x/../shop',
    '/%2e%2e/shop',
    '\\shop',
    '/shop%2Fa',
    '/./shop/a',
    '/shop;id=1',
    '/shop/..%2fa',
  ])('cannot be bypassed with %s', (path) => {
    expect(nameOf('other.org', path)).toBe('shop-path')
  })

  it('is found for a path that cannot be decoded', () => {
    for (const path of ['/shop/%E0%A4%A', '/%73hop/%FF', '/%73hop/%'])
      expect(nameOf('other.org', path)).toBe('shop-path')
  })

  it('with a case-sensitive path is found only by its exact spelling', () => {
    for (const path of ['/Shop', '/SHOP/x', '/%53hop', '/shop.', '/shop::$DATA'])
      expect(nameOf('other.org', path)).toBe('everywhere')
  })
})

describe('a room whose path ignores case', () => {
  const { rooms } = parseRooms([
    room({ name: 'everywhere' }),
    room({ name: 'shop', path: '/Shop.Net/basket', path_case_sensitive: false }),
    room({ name: 'below', path: '/shop.net/basket/vip' }),
  ])
  const nameOf = (path: string) => roomsByUrl(rooms)('x', new URL(`http://x${path}`).pathname)

  it.each([
    '/Shop.Net/basket',
    '/shop.net/basket',
    '/SHOP.NET/BASKET/',
    '/%53hop.%4Eet/basket/x',
    '/%u0053hop.net/basket',
    '/%U0073hop.net%u002fbasket',
    // "ſ" and the Kelvin sign fold to "s" and "k".
    '/%C5%BFhop.net/basket',
    '/shop.net/bas%E2%84%AAet/x',
    '/%C5%BFhop.net/basket/%FF',
    '/shop.net/basket.',
    '/shop.net./basket...',
    '/shop.net%20/basket.%20.',
    '/shop.net/basket::$DATA',
    '/shop.net:$I30:$INDEX_ALLOCATION/basket/x',
    '/shop.net%3a%3a$data/basket%3A',
    '//x/../SHOP.net\\basket',
    '/x/..%20/shop.net/basket',
    '/x/%u002e%u002e/shop.net/basket',
    '/.../shop.net/...%20/basket',
    '/shop.net/basket;a=b/x',
    '/shop.net/basket/..%20/other',
    '/%2553hop.net/basket',
  ])('is found by %s', (path) => expect(nameOf(path)).toBe('shop'))

  it.each([
    '/',
    '/shop',
    '/shop.net',
    '/shop.net/baskets',
    '/x/Shop.Net/basket',
    '/other?/shop.net/basket',
    '/shopanet/basket',
  ])('is not found by %s', (path) => expect(nameOf(path)).toBe('everywhere'))

  it('yields to a room with a longer path in its exact spelling', () => {
    expect(nameOf('/shop.net/basket/vip')).toBe('below')
    expect(nameOf('/Shop.net/basket/vip')).toBe('shop')
  })

  it('is found in time linear in the length of the path', () => {
    const started = performance.now()
    for (const part of ['.', ' ', '. ', ':', '..%20/', '%u002e', '%c5%bf']) nameOf(`/${part.repeat(4_000)}x`)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('is refused beside a room whose path differs only in case', () => {
    const problemsOf = (...more: object[]) => parseRooms(more.map((one, i) => room({ name: `r${i}`, ...one }))).problems
    const problem =
      'ROOMS[1].path: "r1" and "r0" have it in different spellings, and path_case_sensitive = false in one of the two'
    const insensitive = { path: '/Shop', path_case_sensitive: false }
    expect(problemsOf({ path: '/shop' }, insensitive)).toEqual([problem])
    expect(problemsOf(insensitive, { path: '/shop' })).toEqual([problem])
    expect(problemsOf({ ...insensitive, host: 'a.example' }, { path: '/SHOP', host: 'a.example' })).toEqual([problem])
    expect(problemsOf({ ...insensitive, host: 'a.example' }, { path: '/SHOP', host: 'b.example' })).toEqual([])
    expect(problemsOf({ path: '/shop' }, { path: '/Shop' })).toEqual([])
    expect(problemsOf(insensitive, { path: '/shops' })).toEqual([])
  })
})

describe('Turnstile', () => {
  const keys = { TURNSTILE_SITE_KEY: '1x00000000000000000000AA', TURNSTILE_SECRET: 'secret' }
  const withMode = [room(), room({ name: 'sale', path: '/sale', turnstile_mode: 'visible_managed' })]
  const refused = (raw: object): readonly string[] => {
    try {
      parseSettings({ ROOMS: [room()], ...raw })
      return []
    } catch (error) {
      return (error as SettingsError).problems
    }
  }

  it('is off by default, and needs nothing', () => {
    expect(parseSettings({ ROOMS: [room()] })).toMatchObject({
      turnstile: null,
      rooms: [{ turnstile_mode: 'off', turnstile_action: 'log', join_check_on_failure: 'admit' }],
    })
  })

  it('validates at Cloudflare unless another address is set', () => {
    const { turnstile } = parseSettings({ ROOMS: withMode, ...keys })
    expect(turnstile?.verifyUrl).toBe('https://challenges.cloudflare.com/turnstile/v0/siteverify')
    expect(refused({ ROOMS: withMode, ...keys, TURNSTILE_VERIFY_URL: 'http://example.com/' })).toEqual([
      expect.stringMatching(/^TURNSTILE_VERIFY_URL: must /),
    ])
  })

  it('is refused in a room without both keys, with the remedy', () => {
    expect(refused({ ROOMS: withMode })).toEqual([
      expect.stringMatching(
        /^TURNSTILE_SITE_KEY: is missing, but ROOMS\[1\] has a turnstile_mode\. .*docs\/fairness\.md/,
      ),
      expect.stringMatching(/^TURNSTILE_SECRET: is missing, but .*npx wrangler secret put TURNSTILE_SECRET/),
    ])
    expect(refused({ ...keys, TURNSTILE_SECRET: '' })).toEqual([expect.stringContaining('the other one is set')])
    expect(refused({ ...keys, TURNSTILE_SITE_KEY: 'a key' })).toEqual([
      expect.stringMatching(/^TURNSTILE_SITE_KEY: must be the site key/),
    ])
  })
})
