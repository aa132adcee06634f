import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesBypass } from '../../src/bypass/bypass.ts'
import { type Network, parseNetwork, type RuleTable, requestRules } from '../../src/bypass/bypass-settings.ts'
import { matchesPattern } from '../../src/bypass/patterns.ts'
import { isInNetwork } from '../../src/bypass/rules.ts'
import { clientAddress } from '../../src/http/client-address.ts'
import { requestUrl } from '../../src/http/request-url.ts'
import { parseRooms } from '../../src/settings/rooms.ts'
import { parseSettings, type SettingsError } from '../../src/settings/settings.ts'

const SECRET = 'a-secret-of-the-monitoring'

/** Whether a request skips the room; rules as settings write them. */
function isBypassed(bypass: object[], path: string, headers: Record<string, string> = {}, cf?: object): boolean {
  const { rooms, problems } = parseRooms([{ name: 'r', total_active_users: 1, new_users_per_minute: 1, bypass }])
  expect(problems).toEqual([])
  const { rules } = requestRules(rooms?.[0]?.bypass as RuleTable[], () => SECRET)
  const request = new Request(`http://x${path}`, { headers })
  if (cf !== undefined) Object.defineProperty(request, 'cf', { value: cf })
  return matchesBypass(rules, { request, url: requestUrl(request.url) })
}

const from = (address: string) => ({ 'CF-Connecting-IP': address })

describe('a bypass by path', () => {
  const rules = [{ paths: ['/static/*', '/health', '/*.css'] }]

  it.each([
    '/static/',
    '/static/a/b.js',
    '/static/a?b=/c',
    '/health',
    '/health?x',
    '/a/b.css',
    '/static/gr%C3%BC%C3%9Fe',
  ])('matches %s', (path) => expect(isBypassed(rules, path)).toBe(true))

  it.each([
    '/static',
    '/healthy',
    '/health/',
    '/css',
    '/a.css/b',
    '/shop?x=/static/',
    '/shop#/static/',
    '//static/a',
    '/static/../shop',
    '/static/%2e%2e/shop',
    '/static/..%2fshop',
    '/static/..%5cshop',
    '/static/%2e%2e%2fshop',
    '/static%2f..%2fshop',
    '/static/%252e%252e/shop',
    '/static/..%252fshop',
    '/static/%25252e%25252e%25252fshop',
    '/static/..;/shop',
    '/static/a%3b/../../shop',
    '/static/x%00/../../shop',
    '/shop;/static/a',
    '/shop;x=.css',
    '/shop%3bx=.css',
    '/shop%3Fx=.css',
    '/shop%23x=.css',
    // Overlong UTF-8: a dot and a slash to some old servers.
    '/static/%c0%ae%c0%ae%c0%afshop',
    '/static/%FF',
    '/static/%',
    '/shop/%73tatic/',
  ])('does not match %s', (path) => {
    expect(isBypassed(rules, path)).toBe(false)
  })

  it('does not match when a header names another path', () => {
    expect(isBypassed(rules, '/static/a', { 'X-Original-URL': '/shop' })).toBe(false)
    expect(isBypassed(rules, '/static/a', { 'X-Rewrite-URL': '/shop' })).toBe(false)
  })

  it('matches patterns like the equivalent regular expression, in linear time', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 12 })
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), piece, (parts, path) => {
        const expression = parts.map((part) => part.replaceAll('.', '\\.')).join('.*')
        expect(matchesPattern(parts.join('*'), path)).toBe(new RegExp(`^${expression}$`).test(path))
      }),
      { numRuns: 500 },
    )
    expect(matchesPattern(`/${'*a'.repeat(5)}b`, `/${'a'.repeat(16_000)}`)).toBe(false)
  })
})

describe('a bypass by address', () => {
  const rules = [{ addresses: ['203.0.113.0/24', '198.51.100.7', '2001:db8:1::/48'] }]

  it.each([
    '203.0.113.1',
    '203.0.113.255',
    '198.51.100.7',
    '::ffff:203.0.113.9',
    '2001:db8:1:2::3',
    '2001:DB8:1:0:0:0:0:1',
  ])('matches %s', (address) => expect(isBypassed(rules, '/', from(address))).toBe(true))

  it.each(['203.0.114.1', '198.51.100.8', '2001:db8:2::1', '::cb00:7101', '', 'localhost', '203.0.113.1, 1.2.3.4'])(
    'does not match %s',
    (address) => expect(isBypassed(rules, '/', from(address))).toBe(false),
  )

  it('does not match a request without a trusted client address', () => {
    expect(isBypassed(rules, '/', { 'X-Forwarded-For': '203.0.113.1', 'X-Real-IP': '203.0.113.1' })).toBe(false)
  })

  it('agrees with bit arithmetic on which addresses are inside a network', () => {
    const bits32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
    const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
    fc.assert(
      fc.property(bits32, bits32, fc.integer({ min: 8, max: 32 }), fc.boolean(), (one, other, bits, near) => {
        const mask = (0xffffffff << (32 - bits)) >>> 0
        const network = parseNetwork(`${dotted((one & mask) >>> 0)}/${bits}`) as Network
        const address = near ? ((one & mask) | (other & ~mask)) >>> 0 : other
        const asked = clientAddress(new Request('http://x', { headers: from(dotted(address)) }))
        expect(asked !== null && isInNetwork(asked, network)).toBe((address & mask) >>> 0 === (one & mask) >>> 0)
      }),
    )
  })
})

describe('a bypass by a secret header', () => {
  const rules = [{ header: 'X-Monitoring', secret: 'BYPASS_MONITORING' }]

  it('matches only the complete secret', () => {
    expect(isBypassed(rules, '/', { 'x-monitoring': SECRET })).toBe(true)
    for (const wrong of ['', SECRET.slice(1), `${SECRET}x`, SECRET.toUpperCase(), 'BYPASS_MONITORING']) {
      expect(isBypassed(rules, '/', { 'X-Monitoring': wrong })).toBe(false)
    }
    expect(isBypassed(rules, '/', { 'X-Other': SECRET })).toBe(false)
  })
})

describe('a bypass of verified bots', () => {
  const crawlers = [{ search_crawlers: true }]
  const aiSearch = [{ ai_search: true }]
  const either = [{ search_crawlers: true, ai_search: true }]

  it.each<[string, object[], object]>([
    ['a search crawler', crawlers, { verifiedBotCategory: 'Search Engine Crawler' }],
    ['an AI search bot', aiSearch, { verifiedBotCategory: 'AI Search' }],
    ['a search crawler against a rule for both', either, { verifiedBotCategory: 'Search Engine Crawler' }],
    ['an AI search bot against a rule for both', either, { verifiedBotCategory: 'AI Search' }],
  ])('matches %s', (_, rules, cf) => expect(isBypassed(rules, '/', {}, cf)).toBe(true))

  it.each<[string, object[], object]>([
    ['a verified bot without a category', crawlers, { botManagement: { verifiedBot: true } }],
    [
      'a verified bot with an empty category',
      crawlers,
      { verifiedBotCategory: '', botManagement: { verifiedBot: true } },
    ],
    ['a verified bot without a category against a rule for both', either, { botManagement: { verifiedBot: true } }],
    ['a category of bot management', crawlers, { botManagement: { verifiedBotCategory: 'Search Engine Crawler' } }],
    ['a category in another case', crawlers, { verifiedBotCategory: 'search engine crawler' }],
    ['a list of categories', crawlers, { verifiedBotCategory: ['Search Engine Crawler'] }],
    ['an AI crawler', either, { verifiedBotCategory: 'AI Crawler', botManagement: { verifiedBot: true } }],
    ['an AI assistant', either, { verifiedBotCategory: 'AI Assistant', botManagement: { verifiedBot: true } }],
    ['an AI search bot against a rule for search crawlers', crawlers, { verifiedBotCategory: 'AI Search' }],
    ['a search crawler against a rule for AI search', aiSearch, { verifiedBotCategory: 'Search Engine Crawler' }],
    ['a request without bot data', crawlers, {}],
  ])('does not match %s', (_, rules, cf) => expect(isBypassed(rules, '/', {}, cf)).toBe(false))

  it('ignores what a request claims about itself', () => {
    expect(isBypassed(crawlers, '/', { 'User-Agent': 'Googlebot/2.1' })).toBe(false)
    expect(isBypassed(crawlers, '/', { 'cf-verified-bot-category': 'Search Engine Crawler' })).toBe(false)
  })
})

describe('several conditions', () => {
  it('must all hold in one rule, while one matching rule is enough', () => {
    const both = [{ paths: ['/api/*'], addresses: ['203.0.113.0/24'] }]
    expect(isBypassed(both, '/api/x', from('203.0.113.1'))).toBe(true)
    expect(isBypassed(both, '/shop', from('203.0.113.1'))).toBe(false)
    expect(isBypassed(both, '/api/x', from('192.0.2.1'))).toBe(false)
    expect(isBypassed([...both, { paths: ['/shop'] }], '/shop', from('192.0.2.1'))).toBe(true)
    expect(isBypassed([], '/')).toBe(false)
  })
})

describe('bypass settings', () => {
  const problems = (bypass: unknown, secrets: object = {}) => {
    try {
      const ROOMS = [{ name: 'r', total_active_users: 1, new_users_per_minute: 1, bypass }]
      parseSettings({ ROOMS, ...secrets })
      return []
    } catch (error) {
      return (error as SettingsError).problems
    }
  }
  const rule = { header: 'X-Monitoring', secret: 'BYPASS_KEY' }

  it('are empty by default and refer to a secret by name', () => {
    expect(problems(undefined)).toEqual([])
    expect(problems([rule], { BYPASS_KEY: SECRET })).toEqual([])
  })

  it.each<[string, unknown, string | RegExp]>([
    ['no list', {}, 'ROOMS[0].bypass: must be a list of rules'],
    ['too many rules', Array.from({ length: 21 }, () => ({ paths: ['/a'] })), 'ROOMS[0].bypass: at most 20 rules'],
    ['a rule without conditions', [{}], /^ROOMS\[0\]\.bypass\.0: needs at least one of paths, addresses/],
    ['an unknown key', [{ path: '/x' }], 'ROOMS[0].bypass.0.path: there is no such setting'],
    ['an empty list', [{ paths: [] }], 'ROOMS[0].bypass.0.paths: is empty'],
    ['a relative path', [{ paths: ['x'] }], /^ROOMS\[0\]\.bypass\.0\.paths\.0: must begin with "\/"/],
    ['a path that climbs', [{ paths: ['/a/../b'] }], /^ROOMS\[0\]\.bypass\.0\.paths\.0: must begin with/],
    ['an encoded path', [{ paths: ['/a%2fb'] }], /^ROOMS\[0\]\.bypass\.0\.paths\.0: must begin with/],
    ['too many stars', [{ paths: ['/*a*b*c*d*e*'] }], /^ROOMS\[0\]\.bypass\.0\.paths\.0: must begin with/],
    ['everything', [{ paths: ['/*'] }], /^ROOMS\[0\]\.bypass\.0\.paths\.0: covers everything/],
    ['no address', [{ addresses: ['here'] }], /^ROOMS\[0\]\.bypass\.0\.addresses\.0: must be an IP address/],
    ['an odd IPv4 form', [{ addresses: ['0x7f.1'] }], /^ROOMS\[0\]\.bypass\.0\.addresses\.0: must be an IP address/],
    ['an empty prefix', [{ addresses: ['1.2.3.0/'] }], /^ROOMS\[0\]\.bypass\.0\.addresses\.0: must be an IP address/],
    [
      'too long a prefix',
      [{ addresses: ['1.2.3.4/33'] }],
      /^ROOMS\[0\]\.bypass\.0\.addresses\.0: must have a prefix of 8 to 32/,
    ],
    ['everyone', [{ addresses: ['0.0.0.0/0'] }], /^ROOMS\[0\]\.bypass\.0\.addresses\.0: must have a prefix of 8 to 32/],
    [
      'everyone by IPv6',
      [{ addresses: ['::/0'] }],
      /^ROOMS\[0\]\.bypass\.0\.addresses\.0: must have a prefix of 16 to 128/,
    ],
    [
      'bits beyond the prefix',
      [{ addresses: ['203.0.113.5/24'] }],
      'ROOMS[0].bypass.0.addresses.0: has bits beyond its prefix: write "203.0.113.0/24"',
    ],
    ['a header without a secret', [{ header: 'X-Key' }], 'ROOMS[0].bypass.0: header and secret go together'],
    [
      'a header that has a meaning',
      [{ ...rule, header: 'Cookie' }],
      /^ROOMS\[0\]\.bypass\.0\.header: must be a header name/,
    ],
    [
      'the name of another secret',
      [{ ...rule, secret: 'SIGNING_KEYS' }],
      /^ROOMS\[0\]\.bypass\.0\.secret: must name a secret/,
    ],
    [
      'a secret that is not set',
      [rule],
      /^ROOMS\[0\]\.bypass\.0\.secret: BYPASS_KEY is not set.*wrangler secret put BYPASS_KEY/,
    ],
    ['crawlers that are false', [{ search_crawlers: false }], /^ROOMS\[0\]\.bypass\.0\.search_crawlers: must be true/],
    ['AI search that is false', [{ ai_search: false }], /^ROOMS\[0\]\.bypass\.0\.ai_search: must be true/],
  ])('are rejected with %s, and the problem names the key', (_, bypass, problem) => {
    expect(problems(bypass)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)])
  })

  it('are rejected with a guessable secret, which the problem does not show', () => {
    expect(problems([rule], { BYPASS_KEY: 'hunter2' })).toEqual([
      expect.stringMatching(
        /^ROOMS\[0\]\.bypass\.0\.secret: BYPASS_KEY must have 16 characters or more, .* put BYPASS_KEY --env .*\.dev\.vars\)$/,
      ),
    ])
  })
})
