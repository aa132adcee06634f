/** The proof of work before joining (proof_of_work): pages, programs, and what does not count. */
import { afterAll, describe, expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { issued, stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { claimsOf, signed } from './support/tokens.ts'
import { Turnstile } from './support/turnstile.ts'
import { BROWSER, CURL, type Headers, type Reply, Visitor } from './support/visitor.ts'
import { failToSolve, postCheck, postSolution, solve, type Task, taskOf } from './support/work.ts'

const turnstile = await Turnstile.start()
afterAll(() => turnstile.stop())

const BITS = 8
const FIXED = { proof_of_work: 'fixed', proof_of_work_bits: BITS }
const AUTO = { proof_of_work: 'auto', proof_of_work_bits: BITS }
const TURNSTILE = { turnstile_mode: 'visible_managed', turnstile_action: 'infinite_queue' }

const stage = useStage(
  [
    room('fixed', 50, FIXED),
    room('figures', 50, FIXED),
    room('other', 50, FIXED),
    room('auto', 500, AUTO),
    room('switched', 50),
    room('slow', 50, { ...FIXED, queue_all: true }),
    room('steep', 50, { ...AUTO, proof_of_work_bits: 24 }),
    room('easy', 50, { ...AUTO, proof_of_work_bits: 0 }),
    room('apps', 50, { ...FIXED, allowed_origins: ['https://app.example.com'] }),
    room('both', 50, { ...FIXED, ...TURNSTILE }),
    room('both-log', 50, { ...FIXED, turnstile_mode: 'invisible' }),
    room('both-auto', 50, { ...AUTO, ...TURNSTILE }),
  ],
  { secrets: turnstile.variables, twin: true },
)

const JSON_WANTED: Headers = { ...CURL, Accept: 'application/json' }
const TITLE = 'One moment, please'
const FAILED = 'The check was not completed'

const from = (address: string, own: Headers = BROWSER): Headers => ({ ...own, 'CF-Connecting-IP': address })
const totals = async (name: string) => (await stats(stage.workerd, name)).totals

/** A newcomer with the task of their check page. */
async function asked(name: string, own?: Headers): Promise<[Visitor, Task]> {
  const visitor = stage.visitor(name, own)
  return [visitor, taskOf(await visitor.get('/echo'))]
}

async function solved(name: string, own?: Headers): Promise<[Visitor, Task]> {
  const [visitor, task] = await asked(name, own)
  expect((await postSolution(visitor, task)).status).toBe(303)
  return [visitor, task]
}

describe('a newcomer', () => {
  test('gets the task in place of a number, and joins with its solution at the wanted page', async () => {
    const visitor = stage.visitor('fixed')
    const page = await visitor.get('/echo?a=1')
    expect(page.status).toBe(503)
    expect(page.text).toContain(TITLE)
    expect(page.text).toContain(
      'action="&#x2F;__waiting-room&#x2F;join-check?room&#x3D;fixed&amp;return&#x3D;%2Fecho%3Fa%3D1"',
    )
    expect(visitor.token).toBeUndefined()
    const task = taskOf(page)
    expect(task.bits).toBe(BITS)
    const reply = await postSolution(visitor, task)
    expect([reply.status, reply.headers.location]).toEqual([303, '/echo'])
    const site = await visitor.get('/echo')
    expect(site.status).toBe(200)
    expect(visitor.holds).toBe('pass')
  })

  test('may run the page’s own script and its worker only', async () => {
    const policy = String((await stage.visitor('fixed').get('/')).headers['content-security-policy'])
    expect(policy).toMatch(/default-src 'none'; script-src 'sha256-[\w+/=]+'; worker-src blob:;/)
    expect(policy).not.toContain('cloudflare')
  })

  test('without JavaScript joins the slow lane, and is counted', async () => {
    const before = (await totals('figures')) ?? { slowJoins: 0 }
    const [visitor, { challenge }] = await asked('figures')
    expect((await postCheck(visitor, { challenge, slow: 'true' })).status).toBe(303)
    const proof = claimsOf(visitor.cookies.get('waiting-room-_check') as string)
    expect(proof).toMatchObject({ kind: 'join-proof', lane: 'slow' })
    expect((await visitor.get('/echo')).status).toBe(200)
    await solved('figures').then(([other]) => other.get('/echo'))
    await expect.poll(async () => (await totals('figures'))?.slowJoins).toBe((before.slowJoins ?? 0) + 1)
  })

  test('in the slow lane is admitted behind ten others, with the first place of that lane', async () => {
    const slow: Visitor[] = []
    for (let i = 0; i < 2; i++) {
      const [visitor, { challenge }] = await asked('slow')
      await postCheck(visitor, { challenge, slow: 'true' })
      await visitor.get('/echo')
      slow.push(visitor)
    }
    const solvers: Visitor[] = []
    for (let i = 0; i < 20; i++) {
      const [visitor] = await solved('slow')
      await visitor.get('/echo')
      solvers.push(visitor)
    }
    const state = async (visitor: Visitor) => (await visitor.get('/__waiting-room/status')).json<{ state: string }>()
    expect(await state(slow[0] as Visitor)).toMatchObject({ lane: 'slow', number: 1, position: 1, waiting: 2 })
    // The number of the slow lane raises nobody's in the regular line.
    expect(await state(solvers[0] as Visitor)).toMatchObject({ number: 1, position: 1, waiting: 20 })
    const admit = (count: number) => new ApiClient(stage.workerd).act('slow', 'admit-next', { count })
    const admitted = async (visitors: Visitor[]) => {
      const states = await Promise.all(visitors.map(state))
      return states.filter((status) => status.state === 'admitted').length
    }
    expect((await admit(11)).status).toBe(200)
    await expect.poll(async () => (await admitted(slow)) + (await admitted(solvers))).toBe(11)
    expect(await admitted(slow)).toBe(1)
    expect((await admit(11)).status).toBe(200)
    await expect.poll(() => admitted(slow)).toBe(2)
  })

  test('gets no task with a pass', async () => {
    const [visitor] = await solved('fixed')
    await visitor.get('/echo')
    for (const path of ['/echo', '/__waiting-room/status']) expect((await visitor.get(path)).status).toBe(200)
  })
})

describe('a solution', () => {
  test('is good for one place, in any isolate', async () => {
    const [visitor, task] = await solved('fixed')
    expect((await visitor.get('/echo')).status).toBe(200)
    for (const copy of [stage.visitor('fixed'), new Visitor(stage.workerd.twin, 'fixed.test')]) {
      await copy.get('/echo')
      expect((await postSolution(copy, task)).status).toBe(303)
      expect((await copy.get('/echo')).status).toBe(200)
      expect(copy.number).toBe(visitor.number)
    }
    const program = stage.visitor('fixed', { ...BROWSER, Accept: 'application/json' })
    const header = { 'Waiting-Room-Proof': `${task.challenge}.${solve(task)}` }
    expect((await program.get('/echo', header)).status).toBe(200)
    expect(program.number).toBe(visitor.number)
  })

  test('is not good for a second place after the first one', async () => {
    const [visitor, task] = await solved('fixed')
    await visitor.get('/echo')
    await visitor.leave()
    const copy = stage.visitor('fixed')
    await copy.get('/echo')
    await postSolution(copy, task)
    const before = await issued(stage.workerd, 'fixed')
    expect((await copy.get('/echo')).text).toContain(TITLE)
    expect(await issued(stage.workerd, 'fixed')).toBe(before)
  })

  test('at once in two isolates gives one place', async () => {
    const [visitor, task] = await asked('fixed')
    const twin = new Visitor(stage.workerd.twin, 'fixed.test')
    await twin.get('/echo')
    const both = [visitor, twin]
    await Promise.all(both.map((copy) => postSolution(copy, task)))
    await Promise.all(both.map((copy) => copy.get('/echo')))
    expect(twin.number).toBe(visitor.number)
  })

  const refusals: readonly (readonly [string, (task: Task) => Readonly<Record<string, string>>])[] = [
    ['with too few bits', (task) => ({ challenge: task.challenge, nonce: String(failToSolve(task)) })],
    ['with an empty nonce', ({ challenge }) => ({ challenge, nonce: '' })],
    ['with a nonce that is no number', ({ challenge }) => ({ challenge, nonce: '1e3' })],
    ['with a nonce that is too long', ({ challenge }) => ({ challenge, nonce: '1'.repeat(19) })],
    ['of a challenge that we did not sign', () => ({ challenge: 'a.b.c', nonce: '1' })],
    [
      'of a challenge with fewer bits, signed by nobody',
      ({ challenge }) => {
        const [head, claims = '', signature] = challenge.split('.')
        const easy = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), bits: 0 }
        return {
          challenge: `${head}.${Buffer.from(JSON.stringify(easy)).toString('base64url')}.${signature}`,
          nonce: '1',
        }
      },
    ],
    [
      'of an old challenge',
      ({ challenge, ...task }) => {
        const claims = { ...claimsOf(challenge), exp: Math.floor(Date.now() / 1000) - 1 }
        return { challenge: signed(claims), nonce: String(solve({ ...task, challenge })) }
      },
    ],
    [
      'of a text that we signed for another purpose',
      ({ challenge, ...task }) => {
        const claims = { ...claimsOf(challenge), kind: 'join-proof' }
        return { challenge: signed(claims), nonce: String(solve({ ...task, challenge })) }
      },
    ],
    ['that is a token of another kind', () => ({ challenge: signed({ room: 'figures' }), nonce: '1' })],
  ]

  test.each(refusals)('is refused and counted %s', async (_what, fields) => {
    const before = (await totals('figures'))?.proofsRefused ?? 0
    const [visitor, task] = await asked('figures')
    const reply = await postCheck(visitor, fields(task))
    expect(reply.status).toBe(403)
    expect(reply.text).toContain(FAILED)
    expect(reply.text).toContain('href="&#x2F;echo"')
    expect((await visitor.get('/echo')).text).toContain(TITLE)
    await solved('figures').then(([other]) => other.get('/echo'))
    await expect.poll(async () => (await totals('figures'))?.proofsRefused).toBe(before + 1)
  })

  test('counts for its room and its client only, and lives for 5 minutes', async () => {
    const own = from('203.0.113.5')
    const [, task] = await asked('fixed', own)
    const { exp } = claimsOf(task.challenge)
    expect(exp - Date.now() / 1000).toBeGreaterThan(200)
    expect(exp - Date.now() / 1000).toBeLessThanOrEqual(300)
    for (const [name, headers] of [
      ['other', own],
      ['fixed', from('198.51.100.7')],
      ['fixed', { ...own, 'User-Agent': 'Other' }],
    ] as const) {
      const [visitor] = await asked(name, headers)
      expect((await postSolution(visitor, task)).status).toBe(403)
    }
    const [neighbour] = await asked('fixed', from('203.0.113.77'))
    expect((await postSolution(neighbour, task)).status).toBe(303)
  })

  test('is not a ticket, and its proof is not a challenge', async () => {
    const [visitor, task] = await solved('fixed')
    const thief = stage.visitor('fixed')
    thief.cookies.set('waiting-room-fixed', task.challenge)
    expect((await thief.get('/echo')).text).toContain(TITLE)
    const proof = visitor.cookies.get('waiting-room-_check') as string
    expect((await postCheck(thief, { challenge: proof, nonce: '1' })).status).toBe(403)
  })

  test('without cookies is not accepted, and its browser is told why', async () => {
    const [visitor, task] = await asked('fixed')
    visitor.cookies.clear()
    const reply = await postSolution(visitor, task)
    expect(reply.status).toBe(400)
    expect(reply.text).toContain('blocks cookies')
  })

  test('is counted', async () => {
    const before = (await totals('figures'))?.proofsSolved ?? 0
    for (let i = 0; i < 2; i++) await solved('figures').then(([visitor]) => visitor.get('/echo'))
    await solved('figures').then(([visitor]) => visitor.get('/echo'))
    await expect.poll(async () => (await totals('figures'))?.proofsSolved).toBe(before + 3)
  })
})

describe('"auto"', () => {
  const isAsked = (reply: Reply) => reply.text.includes(TITLE)

  test('never asks the first newcomer of a network', async () => {
    for (let i = 1; i < 30; i++) {
      expect((await stage.visitor('auto', from(`10.${i}.0.1`)).get('/echo')).status).toBe(200)
      expect((await stage.visitor('auto', from(`2001:db8:${i}::1`)).get('/echo')).status).toBe(200)
    }
  })

  test('asks the fourth newcomer of an address in a minute for work, and later ones for more', async () => {
    const own = from('192.0.2.1')
    const replies: Reply[] = []
    for (let i = 0; i < 6; i++) replies.push(await stage.visitor('auto', own).get('/echo'))
    expect(replies.map(isAsked)).toEqual([false, false, false, true, true, true])
    // This room's maximum.
    expect(replies.slice(3).map((reply) => taskOf(reply).bits)).toEqual([BITS, BITS, BITS])
    const [visitor, task] = await asked('auto', own)
    await postSolution(visitor, task)
    expect((await visitor.get('/echo')).status).toBe(200)
  })

  test('counts each of them once', async () => {
    const bits: number[] = []
    for (let i = 0; i < 7; i++) {
      const page = await stage.visitor('steep', from('192.0.2.1')).get('/echo')
      bits.push(page.status === 200 ? 0 : taskOf(page).bits)
    }
    expect(bits).toEqual([0, 0, 0, 12, 12, 14, 14])
  })

  test('counts an IPv6 /64 as one address', async () => {
    const replies: Reply[] = []
    for (let i = 1; i < 5; i++) replies.push(await stage.visitor('auto', from(`2001:db8:ffff:1::${i}`)).get('/echo'))
    expect(replies.map(isAsked)).toEqual([false, false, false, true])
    expect((await stage.visitor('auto', from('2001:db8:ffff:2::1')).get('/echo')).status).toBe(200)
  })

  test.each([
    ['IPv4 /24', (i: number) => `198.18.7.${i}`],
    ['IPv6 /48', (i: number) => `2001:db8:abcd:${i}::1`],
  ])('asks the 21st newcomer of a neighbourhood: %s', async (_what, address) => {
    const replies: Reply[] = []
    for (let i = 1; i < 22; i++) replies.push(await stage.visitor('auto', from(address(i))).get('/echo'))
    expect(replies.map(isAsked)).toEqual([...new Array(20).fill(false), true])
  })

  test('counts clients that only collect challenges', async () => {
    const own = from('192.0.2.99')
    for (let i = 0; i < 3; i++) await stage.visitor('auto', own).get('/echo')
    const program = stage.visitor('auto', { ...own, Accept: 'application/json' })
    const before = await issued(stage.workerd, 'auto')
    for (let i = 0; i < 5; i++) expect((await program.get('/echo')).status).toBe(403)
    expect(await issued(stage.workerd, 'auto')).toBe(before)
  })

  test('asks nobody without an address, or with a maximum of 0 bits', async () => {
    for (let i = 0; i < 8; i++) {
      expect((await stage.visitor('auto').get('/echo')).status).toBe(200)
      expect((await stage.visitor('easy', from('192.0.2.5')).get('/echo')).status).toBe(200)
    }
  })
})

test('operators turn the work on, change it and turn it off while the room runs', async () => {
  const api = new ApiClient(stage.workerd)
  const set = async (patch: object) =>
    (await api.call('PATCH', '/rooms/switched/settings', patch, { 'If-Match': '*' })).status
  const bits = async () => {
    const page = await stage.visitor('switched').get('/echo')
    return page.status === 200 ? null : taskOf(page).bits
  }
  expect(await bits()).toBeNull()
  expect(await set({ proof_of_work: 'fixed', proof_of_work_bits: 4 })).toBe(200)
  await expect.poll(bits).toBe(4)
  expect(await set({ proof_of_work_bits: 25 })).toBe(400)
  expect(await set({ proof_of_work: 'on' })).toBe(400)
  expect(await set({ proof_of_work_bits: 6 })).toBe(200)
  await expect.poll(bits).toBe(6)
  expect(await set({ proof_of_work: 'off' })).toBe(200)
  await expect.poll(bits).toBeNull()
})

describe('a program', () => {
  interface Problem {
    readonly title: string
    readonly detail: string
    readonly room: string
    readonly work: Task & { readonly expiresAt: string }
  }

  test.each([
    ['that asks for JSON', '/echo', JSON_WANTED],
    ['that polls for a place', '/__waiting-room/status?room=apps', JSON_WANTED],
    ['such as a feed reader', '/echo', { ...CURL, Accept: 'application/rss+xml' }],
  ])('%s gets the challenge, and joins with its solution in a header', async (_what, path, own) => {
    const program = stage.visitor('apps', own)
    const refused = await program.get(path)
    expect(refused.status).toBe(403)
    expect(refused.headers['content-type']).toBe('application/problem+json')
    expect(refused.headers.link).toContain('rel="waiting-room"')
    const { title, detail, room, work } = refused.json<Problem>()
    expect({ title, room, bits: work.bits }).toEqual({ title: 'Proof of work needed', room: 'apps', bits: BITS })
    expect(detail).toContain('Waiting-Room-Proof: CHALLENGE.NONCE')
    expect(Date.parse(work.expiresAt)).toBeGreaterThan(Date.now())
    const wrong = await program.get(path, { 'Waiting-Room-Proof': `${work.challenge}.${failToSolve(work)}` })
    expect(wrong.status).toBe(403)
    const reply = await program.get(path, { 'Waiting-Room-Proof': `${work.challenge}.${solve(work)}` })
    expect(reply.status).toBe(200)
    expect(program.holds).toBe('pass')
    expect(reply.text).not.toMatch(/waiting-room-proof/i)
  })

  test.each(['', '.', 'x', '1.2', `${'a.'.repeat(5000)}1`])('with the header %.20j is asked again', async (value) => {
    const reply = await stage.visitor('apps', JSON_WANTED).get('/echo', { 'Waiting-Room-Proof': value })
    expect(reply.status).toBe(403)
  })

  test('of an allowed origin may send the header and read the challenge', async () => {
    const origin = { Origin: 'https://app.example.com' }
    const path = '/__waiting-room/status?room=apps'
    const preflight = await stage.visitor('apps', CURL).send({
      method: 'OPTIONS',
      path,
      extra: { ...origin, 'Access-Control-Request-Method': 'GET' },
    })
    expect(preflight.headers['access-control-allow-headers']).toContain('Waiting-Room-Proof')
    const own = { ...JSON_WANTED, ...origin, 'Waiting-Room-Token': '' }
    const refused = await stage.visitor('apps', own).get(path)
    expect(refused.headers['access-control-allow-origin']).toBe('https://app.example.com')
    const { work } = refused.json<Problem>()
    const reply = await stage
      .visitor('apps', own)
      .get(path, { 'Waiting-Room-Proof': `${work.challenge}.${solve(work)}` })
    expect(reply.json()).toMatchObject({ state: 'admitted' })
  })
})

describe('with Turnstile', () => {
  const good = (name: string) => turnstile.token({ hostname: `${name}.test` })

  test('both are needed, in one form', async () => {
    const visitor = stage.visitor('both')
    const page = await visitor.get('/echo')
    expect(page.text).toContain(`data-key="${turnstile.siteKey}"`)
    expect(page.text).not.toContain('id="slow"')
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toMatch(
      /script-src 'sha256-[\w+/=]+' https:\/\/challenges\.cloudflare\.com; frame-src .*worker-src blob:/,
    )
    const task = taskOf(page)
    const nonce = String(solve(task))
    const { challenge } = task
    const asked = turnstile.received.length
    const wrong = String(failToSolve(task))
    expect((await postCheck(visitor, { token: good('both'), challenge, nonce: wrong })).status).toBe(403)
    expect((await postCheck(visitor, { token: good('both'), challenge, slow: 'true' })).status).toBe(403)
    // The work comes first: nobody can make us ask Cloudflare without it.
    expect(turnstile.received).toHaveLength(asked)
    expect((await postCheck(visitor, { token: '', challenge, nonce })).status).toBe(403)
    expect((await postCheck(visitor, { token: good('both') })).status).toBe(400)
    expect((await postCheck(visitor, { challenge, nonce })).status).toBe(400)
    expect((await postCheck(visitor, { token: good('both'), challenge, nonce })).status).toBe(303)
    expect((await visitor.get('/echo')).status).toBe(200)
    expect(visitor.holds).toBe('pass')
  })

  test('programs are refused where failures lead to the infinite queue', async () => {
    const reply = await stage.visitor('both', JSON_WANTED).get('/echo')
    expect(reply.json()).toMatchObject({ title: 'Check needed' })
  })

  test('that only logs, the work alone is enough for programs, and visitors without JavaScript join the slow lane', async () => {
    const program = stage.visitor('both-log', JSON_WANTED)
    const { work } = (await program.get('/echo')).json<{ work: Task }>()
    const answer = { 'Waiting-Room-Proof': `${work.challenge}.${solve(work)}` }
    expect((await program.get('/echo', answer)).status).toBe(200)
    const [person, { challenge }] = await asked('both-log')
    expect((await postCheck(person, { token: '', challenge, nonce: '', slow: 'true' })).status).toBe(303)
    expect((await person.get('/echo')).status).toBe(200)
    await stage.visitor('both-log', JSON_WANTED).get('/__waiting-room/status')
    const expected = { checksFailed: 2, proofsSolved: 1, slowJoins: 1 }
    await expect.poll(() => totals('both-log')).toMatchObject(expected)
  })

  test('and "auto", the first newcomers of a network have Turnstile alone', async () => {
    const visitor = stage.visitor('both-auto', from('192.0.2.1'))
    const task = taskOf(await visitor.get('/echo'))
    expect(task.bits).toBe(0)
    const { challenge } = task
    expect((await postCheck(visitor, { token: good('both-auto'), challenge, nonce: '0' })).status).toBe(303)
    expect((await visitor.get('/echo')).status).toBe(200)
    // A client that was asked cannot claim that it was not.
    const [other] = await asked('both-auto', from('192.0.2.1'))
    expect((await postCheck(other, { token: good('both-auto') })).status).toBe(400)
  })
})
