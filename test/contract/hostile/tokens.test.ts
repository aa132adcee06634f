/**
 * Tokens and cookies that no honest client sends: forged, truncated, edited, of other rooms and
 * runs, thousands at a time. None of them opens the door, takes a slot or breaks anything.
 */
import fc from 'fast-check'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { expectCleanLog, expectHarmless, expectNotCacheable, FUZZ, text } from '../support/hostile.ts'
import { stats } from '../support/operator.ts'
import { type RawRequest, rawRequest, sendRaw } from '../support/raw-http.ts'
import { room, useStage } from '../support/stage.ts'
import { edited, encoded, signed, signedText } from '../support/tokens.ts'
import type { Visitor } from '../support/visitor.ts'
import { SIGNING_KEY_ID } from '../support/worker-config.ts'

const HOST = 'full.test'
const stage = useStage([room('full', 1), room('other', 100)])

let holder: Visitor
let ticket: string
let passOfOther: string
let run: number
let seenByOrigin = 0

beforeAll(async () => {
  holder = await stage.guest('full')
  run = holder.claims?.run ?? 0
  const waiting = stage.visitor('full')
  await waiting.get('/')
  ticket = waiting.token ?? ''
  passOfOther = (await stage.guest('other')).token ?? ''
  seenByOrigin = stage.origin.requests.length
})

afterEach(async () => {
  expect(stage.origin.requests.slice(seenByOrigin)).toEqual([])
  const { active, totals } = await stats(stage.workerd, 'full')
  expect({ active, admitted: totals?.admitted }).toEqual({ active: 1, admitted: 1 })
  expect((await holder.get('/echo')).status).toBe(200)
  seenByOrigin = stage.origin.requests.length
  expectCleanLog(stage.workerd.log)
})

const odd = fc.oneof(
  fc.constantFrom(-1, 0, 1.5, 2 ** 31, 2 ** 53, 1e308, null, true, '', '2', [], {}, [2], { valueOf: 2 }, '__proto__'),
  fc.anything({ withBigInt: false, withDate: false, withTypedArray: false, withSparseArray: false }),
)
const claim = fc.constantFrom(
  'kind',
  'room',
  'run',
  'number',
  'iat',
  'seen',
  'exp',
  'joined',
  'start',
  'bound',
  'alg',
  '__proto__',
)

/**
 * Signed with the right key, but with one claim that the Worker never makes. The number belongs to
 * nobody.
 */
const oddlySigned = fc
  .tuple(claim, odd, fc.constantFrom('ticket', 'pass'))
  .map(([name, value, kind]) => signed({ room: 'full', run: run - 1, number: 4_000, kind, [name]: value }))

/** A waiting token with one character or part changed. */
const mended = fc.oneof(
  fc
    .tuple(fc.nat(300), fc.string({ minLength: 1, maxLength: 3 }))
    .map(([at, put]) => ticket.slice(0, at) + put + ticket.slice(at + put.length)),
  fc.tuple(fc.nat(300), fc.nat(300)).map(([from, to]) => ticket.slice(from, to)),
  fc.tuple(claim, odd).map(([name, value]) => edited(ticket, { [name]: value })),
  fc.constantFrom('pass', 'PASS', ' pass').map((kind) => edited(ticket, { kind })),
  fc
    .constantFrom('none', 'None', 'HS512', 'RS256', '')
    .map((alg) => `${encoded({ alg, kid: SIGNING_KEY_ID })}.${ticket.split('.')[1]}.`),
  fc.json().map((payload) => signedText(JSON.stringify({ alg: 'HS256', kid: SIGNING_KEY_ID }), payload)),
  fc.json().map((header) => signedText(header, '{}')),
  fc.constant(null).map(() => passOfOther),
  fc
    .constant(null)
    .map(() => signed({ room: 'full', run: run + 1e6, number: 1, kind: 'pass' }, { key: Buffer.alloc(32) })),
)

const token = fc.oneof(
  { weight: 4, arbitrary: mended },
  { weight: 3, arbitrary: oddlySigned },
  { weight: 2, arbitrary: text },
)

const PAGE: [string, string][] = [['Accept', 'text/html']]
const asked: fc.Arbitrary<RawRequest> = fc.constantFrom(
  { target: '/page', headers: PAGE },
  { target: '/page', headers: [['Accept', 'application/json']] as [string, string][] },
  { target: '/page', method: 'HEAD' },
  {
    target: '/image.png',
    headers: [
      ['Sec-Fetch-Dest', 'image'],
      ['Sec-Fetch-Mode', 'no-cors'],
    ] as [string, string][],
  },
  { target: '/form', method: 'POST', body: 'a=b' },
  { target: '/__waiting-room/status?room=full' },
  { target: '/__waiting-room/heartbeat?room=full', method: 'POST' },
  { target: '/__waiting-room/leave?room=full', method: 'POST', body: '{}' },
)

async function expectShut(request: RawRequest, more: [string, string][]): Promise<void> {
  const headers = [...(request.headers ?? []), ...more]
  const [reply] = await sendRaw(stage.workerd.port, rawRequest({ ...request, host: HOST, headers }))
  expectHarmless(reply, HOST)
  expectNotCacheable(reply)
}

it('opens nothing for a token that we did not sign for this visitor, room and run', async () => {
  const place = fc.constantFrom<[string, string]>(
    ['Cookie', 'waiting-room-full='],
    ['Cookie', 'a=b; waiting-room-full='],
    ['Cookie', '__Host-waiting-room-full='],
    ['Cookie', 'WAITING-ROOM-FULL='],
    ['Waiting-Room-Token', ''],
    ['Waiting-Room-Pass', ''],
    ['Authorization', 'Bearer '],
  )
  await fc.assert(
    fc.asyncProperty(asked, fc.array(fc.tuple(place, token), { minLength: 1, maxLength: 4 }), (request, tokens) =>
      expectShut(
        request,
        tokens.map(([[name, before], value]) => [name, before + value]),
      ),
    ),
    FUZZ,
  )
})

it('survives any number, size or encoding of cookies', async () => {
  const name = fc.oneof(fc.constantFrom('waiting-room-full', 'waiting-room-', '__proto__', '', 'a'), text)
  const value = fc.oneof(
    token,
    fc.constantFrom('v'.repeat(8192), '%', '"', '\xff\xfe\xfd', '\xf0\x9f\x98', '=;=;', ';'),
  )
  const few = fc.array(fc.tuple(name, value), { maxLength: 20 })
  const many = fc
    .tuple(fc.integer({ min: 1_000, max: 5_000 }), name, value)
    .map(([count, n, v]) =>
      Array.from({ length: v.length > 100 ? 8 : count }, (_, i): [string, string] => [i % 2 === 0 ? n : `c${i}`, v]),
    )
  await fc.assert(
    fc.asyncProperty(
      asked,
      fc.oneof({ weight: 4, arbitrary: few }, { weight: 1, arbitrary: many }),
      async (request, cookies) => {
        const pairs = cookies.map(([n, v]) => `${n}=${v}`)
        await expectShut(request, [['Cookie', pairs.join('; ')]])
        // As many headers as cookies, as some clients send them.
        await expectShut(
          request,
          pairs.slice(0, 50).map((pair) => ['Cookie', pair]),
        )
      },
    ),
    { ...FUZZ, numRuns: FUZZ.numRuns / 2 },
  )
})
