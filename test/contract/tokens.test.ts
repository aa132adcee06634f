/** Tokens that are forged, of another room or expired are ignored and never cause an error. */
import { expect, test } from 'vitest'
import { issued } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { claimsOf, edited, encoded, signed, signedText } from './support/tokens.ts'
import { SIGNING_KEY_ID } from './support/worker-config.ts'

const stage = useStage([room('here', 1), room('there', 10_000)])

/** Bad tokens by their defect. `own`: a genuine ticket of the room. */
function badTokens(own: string, pass: string, foreign: string): Record<string, string> {
  const { run, number, exp } = claimsOf(own)
  const here = { room: 'here', run, number }
  const daySeconds = 86_400
  const header = { alg: 'HS256', kid: SIGNING_KEY_ID }
  return {
    empty: '',
    'without dots': 'abc',
    'only dots': '..',
    'not base64': '%%%.%%%.%%%',
    'with bytes beyond ASCII': '\u00ff\u00fe.\u00fd.\u00fc',
    'without its last character': own.slice(0, -1),
    'without its signature': own.slice(0, own.lastIndexOf('.') + 1),
    'cut in its claims': own.slice(0, 80),
    'with something appended': `${own}A`,
    'in quotes': `"${own}"`,
    'edited to another number': edited(own, { number: 1 }),
    'edited into a pass': edited(own, { kind: 'pass' }),
    'edited to live on': edited(own, { exp: exp + daySeconds }),
    'signed with another key': signed(here, { key: Buffer.alloc(44, 7) }),
    'signed by an unknown key': signed(here, { header: { ...header, kid: 'unknown' } }),
    'a pass signed with another key': signed({ ...here, kind: 'pass', number: 1 }, { key: Buffer.alloc(44, 7) }),
    'of no algorithm': `${encoded({ ...header, alg: 'none' })}.${own.split('.')[1]}.`,
    'of another room': signed({ ...here, room: 'there' }),
    'a genuine pass of another room': foreign,
    'of an older run': signed({ ...here, run: run - 1 }),
    'a pass of an older run': signed({ ...here, run: run - 1, kind: 'pass', number: 1 }),
    'of a future run': signed({ ...here, run: run + 1000 }),
    'a pass of no run': signed({ ...here, run: 0, kind: 'pass', number: 1 }),
    expired: signed({ ...here, iat: exp - 2 * daySeconds, exp: Math.floor(Date.now() / 1000) - 1 }),
    'a pass long expired': signed({ ...claimsOf(pass), exp: Math.floor(Date.now() / 1000) - daySeconds - 1 }),
    'longer than any of ours': signed({ ...here, more: 'x'.repeat(1000) }),
    'much too long': `${own.slice(0, own.indexOf('.'))}.${'x'.repeat(6000)}`,
    'with a negative number': signed({ ...here, number: -1 }),
    'with a broken number': signed({ ...here, number: 1.5 }),
    'with a number as text': signed({ ...here, number: '1' }),
    'with a number beyond all lines': signed({ ...here, number: 2 ** 31 }),
    'without a number': signed({ ...here, number: null }),
    'of an unknown kind': signed({ ...here, kind: 'admin' }),
    'with claims that are null': signedText(JSON.stringify(header), 'null'),
    'with claims that are no JSON': signedText(JSON.stringify(header), '{"kind":'),
  }
}

test('ignores each bad token, in the cookie and in the header, without an error', async () => {
  const first = await stage.guest('here')
  const pass = first.token as string
  const own = stage.visitor('here')
  await own.get('/')
  const foreign = (await stage.guest('there')).token as string
  let last = 2
  for (const [what, token] of Object.entries(badTokens(own.token as string, pass, foreign))) {
    const cookie = { Cookie: `waiting-room-here=${token}` }
    const inHeader = { 'Waiting-Room-Token': token }
    const before = stage.origin.requests.length
    for (const extra of [cookie, inHeader]) {
      // Requests that may not join show that the token does not count as a ticket. Requests that
      // may join show that a new number is issued.
      const form = await stage.visitor('here').post('/echo', 'x', extra)
      expect(form.status, what).toBe(503)
      expect(form.setCookies, what).toEqual([])
      const beat = await stage.visitor('here').post('/__waiting-room/heartbeat', '', extra)
      expect(beat.status, what).toBe(410)
      const leave = await stage.visitor('here').post('/__waiting-room/leave', '{"final":true}', extra)
      expect(leave.status, what).toBe(204)
      expect(await issued(stage.workerd, 'here'), what).toBe(last)
      const newcomer = stage.visitor('here')
      const page = await newcomer.get('/echo', extra)
      expect(page.status, what).toBe(503)
      expect(newcomer.claims, what).toMatchObject({ kind: 'ticket', number: ++last })
    }
    expect(stage.origin.requests.length, what).toBe(before)
  }
  // Nobody lost anything because of it.
  expect((await first.get('/echo')).status).toBe(200)
  await own.get('/')
  expect(own.claims).toMatchObject({ kind: 'ticket', number: 2 })
})

test('accepts a good token among bad ones', async () => {
  const guest = await stage.guest('there')
  const name = 'waiting-room-there'
  const { token, number } = guest
  const cookies = `${name}=forged; ${name}=${edited(token as string, { number: 1 })}; ${name}=${token}; x=y`
  const reply = await stage.visitor('there').post('/echo', '', { Cookie: cookies })
  expect(reply.status).toBe(200)
  expect(claimsOf(reply.json<{ headers: Record<string, string> }>().headers['waiting-room-pass'] ?? '').number).toBe(
    number,
  )
})

const junk = (kind: string, count: number, genuine: string): string[] => {
  const header = genuine.split('.')[0]
  const texts: Record<string, (i: number) => string> = {
    'plain text': (i) => `junk${i}`,
    'nothing at all': () => '',
    'tokens of an unknown key': (i) => signed({ n: i }, { header: { alg: 'HS256', kid: `k${i}` } }),
    'the beginning of a genuine one': (i) => genuine.slice(0, 20 + i),
    'texts much too long': (i) => `${header}.${i}${'x'.repeat(1100)}`,
    'forgeries of a genuine one': (i) => edited(genuine, { number: 1_000 + i }),
    'genuine tokens of another room': (i) => signed({ ...claimsOf(genuine), room: 'here', number: i }),
    'genuine tokens that expired': (i) => signed({ ...claimsOf(genuine), number: i + 1, exp: 1 }),
    'one genuine token of an older run, again and again': () => signed({ ...claimsOf(genuine), run: 1 }),
  }
  return Array.from({ length: count }, (_, i) => texts[kind]?.(i) ?? '')
}

test.each([
  ['plain text', 4],
  ['plain text', 300],
  ['nothing at all', 30],
  ['tokens of an unknown key', 40],
  ['the beginning of a genuine one', 8],
  ['texts much too long', 8],
  ['forgeries of a genuine one', 31],
  ['genuine tokens of another room', 20],
  ['genuine tokens that expired', 20],
  ['one genuine token of an older run, again and again', 30],
])('accepts a good token after %s, %i times', async (kind, count) => {
  const guest = await stage.guest('there')
  const token = guest.token as string
  const name = 'waiting-room-there'
  const bad = junk(kind, count, token).map((text) => `${name}=${text}`)
  const before = await issued(stage.workerd, 'there')
  const reply = await stage.visitor('there').get('/echo', { Cookie: [...bad, `${name}=${token}`].join('; ') })
  expect(reply.status).toBe(200)
  const { headers } = reply.json<{ headers: Record<string, string> }>()
  expect(claimsOf(headers['waiting-room-pass'] ?? '').number).toBe(guest.number)
  expect(await issued(stage.workerd, 'there')).toBe(before)
})

test('checks a token in the header before any cookies, and at most 32 forgeries', async () => {
  const guest = await stage.guest('there')
  const token = guest.token as string
  const forgeries = junk('forgeries of a genuine one', 32, token).map((text) => `waiting-room-there=${text}`)
  const inHeader = { Cookie: forgeries.join('; '), 'Waiting-Room-Token': token }
  expect((await stage.visitor('there').post('/echo', 'x', inHeader)).status).toBe(200)
  // A token that this isolate has seen needs no check. One that it has not seen comes too late.
  const known = { Cookie: [...forgeries, `waiting-room-there=${token}`].join('; ') }
  expect((await stage.visitor('there').post('/echo', 'x', known)).status).toBe(200)
  const unseen = signed({ ...claimsOf(token), more: 'x' })
  const late = { Cookie: [...forgeries, `waiting-room-there=${unseen}`].join('; ') }
  expect((await stage.visitor('there').post('/echo', 'x', late)).status).toBe(503)
})
