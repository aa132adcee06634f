/**
 * Anything as path, header, method and body, at rooms that can admit nobody: no failure of ours, no
 * slot, no request to the origin, nothing injected, and nothing that a cache could serve to another
 * visitor.
 */
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  expectCleanLog,
  expectHarmless,
  expectNotCacheable,
  FUZZ,
  headers,
  MARKER,
  method,
  pathBelow,
  text,
} from '../support/hostile.ts'
import { stats } from '../support/operator.ts'
import { type RawReply, type RawRequest, rawRequest, sendRaw } from '../support/raw-http.ts'
import { room, useStage } from '../support/stage.ts'
import type { Visitor } from '../support/visitor.ts'

const HOST = 'full.test'
const stage = useStage([
  room('full', 1, { session_max_seconds: 86_400 }),
  room('shop', 1, { host: 'paths.test', path: '/shop' }),
  room('windows', 1, { path: '/shop', path_case_sensitive: false }),
])

let holder: Visitor
let seenByOrigin = 0

/** Takes the only slots. */
beforeAll(async () => {
  holder = await stage.guest('full')
  await send({ host: 'paths.test', target: '/shop' })
  await send({ host: 'windows.test', target: '/shop' })
  seenByOrigin = stage.origin.requests.length
})

/** Nobody was admitted meanwhile, nobody lost a slot, and everything still works. */
afterEach(async () => {
  for (const name of ['full', 'shop', 'windows']) {
    const { active, totals } = await stats(stage.workerd, name)
    expect({ name, active, admitted: totals?.admitted }).toEqual({ name, active: 1, admitted: 1 })
  }
  expect((await holder.get('/echo')).status).toBe(200)
  seenByOrigin = stage.origin.requests.length
  expectCleanLog(stage.workerd.log)
})

async function send(request: RawRequest): Promise<RawReply | undefined> {
  const replies = await sendRaw(stage.workerd.port, rawRequest(request))
  expect(replies.length).toBeLessThanOrEqual(1)
  return replies[0]
}

const body = fc.oneof(text, fc.json(), fc.constantFrom('final=true&return=//x', '{"final":true}', '['.repeat(5000)))

/**
 * Requests for one of these targets get a harmless response, whatever else they contain, and
 * nothing reaches the site.
 */
async function expectNothingOf(target: fc.Arbitrary<string>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(method, target, headers, fc.option(body, { nil: undefined }), async (how, where, fields, what) => {
      const reply = await send({ method: how, target: where, host: HOST, headers: fields, body: what })
      expectHarmless(reply, HOST)
      expectNotCacheable(reply)
    }),
    FUZZ,
  )
  expect(stage.origin.requests.slice(seenByOrigin)).toEqual([])
}

describe('a stranger', () => {
  it('reaches nothing of the site with any method, path, header or body', async () => {
    const target = pathBelow('/', '/shop/', '/a.css', '//')
    await expectNothingOf(target)
  })

  it('gets neither site content nor a failure from our own endpoints', async () => {
    const below = [
      '',
      '/',
      '/status',
      '/status?room=',
      '/status?room=full&',
      '/heartbeat?',
      '/leave?return=',
      '/x',
      '/healthz',
    ]
    const target = pathBelow(
      ...below.flatMap((end) => ['/__waiting-room', '/%5f_waiting-room', '//__waiting-room'].map((p) => p + end)),
    )
    await expectNothingOf(target)
  })

  it('does not get past a room with another spelling of its path', async () => {
    const spelled = fc.array(
      fc.constantFrom('/', '//', '/./', '/x/../', '\\', '%2f', '%5c', '%2e/', ';/', '/%2e%2e/', '/;a=b/'),
      { minLength: 1, maxLength: 4 },
    )
    const name = fc.array(
      fc.constantFrom('shop', '%73hop', 'sh%6fp', 's%68op', 'SHOP', 'shop;a', 'shop%3b', 'shop%00', 'shop%2f', 'x'),
      { minLength: 1, maxLength: 2 },
    )
    await fc.assert(
      fc.asyncProperty(spelled, name, spelled, async (before, names, after) => {
        const target = `/${before.join('')}${names.join('/')}${after.join('')}`
        const seen = stage.origin.requests.length
        expectHarmless(await send({ host: 'paths.test', target }), 'paths.test')
        for (const { url } of stage.origin.requests.slice(seen))
          expect(asAnOriginReadsIt(url)).not.toMatch(/^\/(shop|__waiting-room)(\/|$)/)
      }),
      FUZZ,
    )
  })

  it('does not get past a room with another spelling of a path whose case the site ignores', async () => {
    const spelled = fc.array(
      fc.constantFrom(
        '/',
        '//',
        '/./',
        '/x/../',
        '\\',
        '%2f',
        '%5C',
        '/%2e%2e/',
        '/..%20/',
        '/.../',
        '%u002f',
        '/%u002e%2e/',
      ),
      { minLength: 1, maxLength: 3 },
    )
    const letters = [
      ['s', 'S', '%73', '%53', '%u0073', '%U0053', '%C5%BF', '%u017f'],
      ['h', 'H', '%48'],
      ['o', 'O', '%6F', '%u006F'],
      ['p', 'P', '%70'],
    ].map((spellings) => fc.constantFrom(...spellings))
    const end = fc.constantFrom(
      '',
      '',
      '.',
      '..',
      '%20',
      '.%20.',
      '::$DATA',
      ':$I30:$INDEX_ALLOCATION',
      '%3a',
      '%2e',
      'x',
      '%00',
    )
    const name = fc.tuple(...letters, end).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(spelled, name, fc.option(name, { nil: 'x' }), spelled, async (before, first, second, after) => {
        const target = `/${before.join('')}${first}/${second}${after.join('')}`
        const seen = stage.origin.requests.length
        expectHarmless(await send({ host: 'windows.test', target }), 'windows.test')
        for (const { url } of stage.origin.requests.slice(seen)) {
          expect(asWindowsReadsIt(url, true)).not.toMatch(/^\/shop(\/|$)/)
          expect(asWindowsReadsIt(url, false)).not.toMatch(/^\/shop(\/|$)/)
        }
      }),
      FUZZ,
    )
  })

  it('gets the same response under any host name', async () => {
    const host = fc.oneof(
      text,
      fc.constantFrom(
        'a b',
        'full.test.',
        'full.test:80',
        'u:p@full.test',
        '[::1]',
        '[',
        'xn--',
        '%00',
        '.',
        'a'.repeat(300),
        'full.test, x',
        `${MARKER}.example`,
      ),
    )
    await fc.assert(
      fc.asyncProperty(
        host,
        fc.constantFrom(
          '/x',
          '/__waiting-room/status',
          '/__waiting-room/leave',
          '*',
          '',
          'x',
          '@x/',
          'http://evil.example/',
        ),
        headers,
        async (name, target, fields) => {
          const [reply] = await sendRaw(stage.workerd.port, rawRequest({ target, host: name, headers: fields }))
          if (reply === undefined) return
          // Other hosts have no room: the response is the origin's, or a refusal.
          expect([500, 502, 504]).not.toContain(reply.status)
          expect(reply.headers.filter(([header]) => header.includes(MARKER))).toEqual([])
        },
      ),
      FUZZ,
    )
  })
})

describe('the return link', () => {
  it('leads to this host after leaving, whatever address was requested', async () => {
    const type: [string, string] = ['Content-Type', 'application/x-www-form-urlencoded']
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(text, fc.webUrl(), fc.constantFrom('//e', '/\\e', '/\t/e', 'javascript:1', '/%09/e', '\u0000//e')),
        async (aim) => {
          const target = `/__waiting-room/leave?room=full&return=${encodeURIComponent(aim.toWellFormed())}`
          const reply = await send({ method: 'POST', target, host: HOST, headers: [type], body: 'final=true' })
          expectHarmless(reply, HOST)
          expect(reply?.status).toBe(200)
        },
      ),
      FUZZ,
    )
  })
})

/**
 * An independent reading of the URL that reached the origin: resolved and decoded once, without the
 * Worker's code.
 */
function asAnOriginReadsIt(url: string): string {
  const path = (url.split(/[?#]/)[0] ?? '').replace(/%([0-7][0-9a-f])/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  const parts: string[] = []
  for (const part of path.split(/[/\\]+/)) {
    const [name = ''] = part.split(';')
    if (name === '..') parts.pop()
    else if (name !== '.' && name !== '') parts.push(name)
  }
  return `/${parts.join('/')}`
}

/**
 * An independent reading of the URL as IIS may interpret it. `climbs`: whether ".. " means the
 * parent folder, as ".." does.
 */
function asWindowsReadsIt(url: string, climbs: boolean): string {
  const char = (hex: string) => String.fromCharCode(Number.parseInt(hex, 16))
  const bytes = (url.split(/[?#]/)[0] ?? '').replace(/%([0-9a-f]{2})/gi, (_, hex) => char(hex))
  const path = Buffer.from(bytes, 'latin1').toString('utf8')
  const parts: string[] = []
  for (const part of path.replace(/%u([0-9a-f]{4})/gi, (_, hex) => char(hex)).split(/[/\\]+/)) {
    const name = part.split(':')[0]?.trimEnd() ?? ''
    if (name === '..' && (climbs || part === '..')) parts.pop()
    else if (/[^. ]/.test(name)) parts.push(name.replace(/[. ]+$/, ''))
  }
  return `/${parts.join('/')}`.replaceAll('ſ', 's').toLowerCase()
}
