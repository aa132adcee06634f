/** The check before joining (turnstile_mode), with a stand-in for the validation endpoint. */
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { issued, stats } from './support/operator.ts'
import { operate } from './support/operator-figures.ts'
import { room, useStage } from './support/stage.ts'
import { signed } from './support/tokens.ts'
import { Turnstile } from './support/turnstile.ts'
import { BROWSER, CURL, type Headers, type Reply, Visitor } from './support/visitor.ts'

const turnstile = await Turnstile.start()
afterAll(() => turnstile.stop())
afterEach(() => {
  turnstile.behaviour = 'usual'
})

const ON = { turnstile_mode: 'visible_managed' }
const INFINITE = { ...ON, turnstile_action: 'infinite_queue' }
const stage = useStage(
  [
    room('log', 50, ON),
    room('quiet', 50, { ...INFINITE, turnstile_mode: 'invisible' }),
    room('infinite', 50, INFINITE),
    room('replay', 50, INFINITE),
    room('polls', 1, INFINITE),
    room('hold', 50, { ...INFINITE, join_check_on_failure: 'hold' }),
    room('apps', 50, { ...INFINITE, allowed_origins: ['https://app.example.com'] }),
    room('logged-apps', 50, ON),
    room('refused', 50, INFINITE),
    room('loop', 50, ON),
    room('switched', 50, INFINITE),
    room('lenient', 50, INFINITE),
    room('lobby', 50, INFINITE),
    room('again', 50, { ...INFINITE, session_timeout_seconds: 20 }),
    room('off', 50),
  ],
  { secrets: turnstile.variables, twin: true },
)

const JSON_WANTED: Headers = { ...CURL, Accept: 'application/json' }
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const SAME_ORIGIN = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }
const TITLE = 'One moment, please'

const totals = async (name: string) => (await stats(stage.workerd, name)).totals
const good = (name: string) => turnstile.token({ hostname: `${name}.test` })
const isForged = () => `0.${'forged'.repeat(20)}${Math.random()}`

/** Posts the check page's form, wherever the page says. */
function post(visitor: Visitor, page: Reply, token: string, extra: Headers = {}): Promise<Reply> {
  const action = /action="([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=')
  if (action === undefined) throw new Error(`no form: ${page.status} ${page.text}`)
  const body = new URLSearchParams({ token }).toString()
  return visitor.post(action.replaceAll('&amp;', '&'), body, { ...FORM, ...SAME_ORIGIN, ...extra })
}

/** A newcomer who posts this result of the check. */
async function checked(name: string, token: string, own: Headers = BROWSER): Promise<[Visitor, Reply]> {
  const visitor = stage.visitor(name, own)
  const page = await visitor.get('/echo?a=1&b=2')
  return [visitor, await post(visitor, page, token)]
}

describe('a newcomer', () => {
  test('gets the check page in place of a number, in their language', async () => {
    const before = stage.origin.requests.length
    const visitor = stage.visitor('log', { ...BROWSER, 'Accept-Language': 'de' })
    const page = await visitor.get('/echo')
    expect(page.status).toBe(503)
    expect(page.headers['content-language']).toBe('de')
    expect(page.headers['cache-control']).toBe('no-store')
    expect(page.text).toContain('Einen Moment bitte')
    expect(page.text).toContain(`data-key="${turnstile.siteKey}"`)
    expect(page.text).toContain('https:&#x2F;&#x2F;challenges.cloudflare.com&#x2F;turnstile&#x2F;v0&#x2F;api.js')
    expect(visitor.token).toBeUndefined()
    expect(await issued(stage.workerd, 'log')).toBe(0)
    expect(stage.origin.requests.length).toBe(before)
  })

  test('may load scripts and frames of Turnstile only', async () => {
    const { headers } = await stage.visitor('log').get('/')
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toMatch(/script-src 'sha256-[\w+/=]+' https:\/\/challenges\.cloudflare\.com;/)
    expect(policy).toContain('frame-src https://challenges.cloudflare.com;')
    expect(policy).toContain("frame-ancestors 'none'")
    const waiting = await stage.visitor('off').get('/__waiting-room/line')
    expect(String(waiting.headers['content-security-policy'])).not.toContain('challenges.cloudflare.com')
  })

  test('is told without JavaScript what the page needs, and may go on where failures are only logged', async () => {
    const noScript = /<noscript>(.*?)<\/noscript>/gs
    const parts = async (name: string) => [...(await stage.visitor(name).get('/')).text.matchAll(noScript)].join()
    expect(await parts('log')).toMatch(/needs JavaScript.*<button>Continue/s)
    expect(await parts('infinite')).toContain('needs JavaScript')
    expect(await parts('infinite')).not.toContain('<button>')
  })

  test('sees a widget only in the visible modes', async () => {
    const appearance = async (name: string) =>
      /data-appearance="([^"]*)"/.exec((await stage.visitor(name).get('/')).text)
    expect((await appearance('quiet'))?.[1]).toBe('interaction-only')
    expect((await appearance('log'))?.[1]).toBe('always')
  })

  test('joins with a result that is valid, at the page that they wanted', async () => {
    const token = good('infinite')
    const [visitor, reply] = await checked('infinite', token)
    expect([reply.status, reply.headers.location]).toEqual([303, '/echo?a=1&b=2'])
    expect(reply.setCookies.join()).toMatch(/waiting-room-_check=[^;]+; Max-Age=60; Path=\/; HttpOnly; SameSite=Lax/)
    expect(visitor.token).toBeUndefined()
    const { received } = turnstile
    expect(received.at(-1)).toMatchObject({ secret: turnstile.secret, response: token })
    expect(received.at(-1)?.idempotency_key).toMatch(/^[\da-f-]{36}$/)
    const page = await visitor.get('/echo?a=1&b=2')
    expect(page.status).toBe(200)
    expect(visitor.holds).toBe('pass')
    // The site never sees the cookie of the check.
    expect(page.text).not.toContain('_check')
    await expect.poll(() => totals('infinite')).toMatchObject({ joined: 1, checksPassed: 1, checksFailed: 0 })
  })

  test('is not checked with a ticket or a pass', async () => {
    const [visitor] = await checked('quiet', good('quiet'))
    await visitor.get('/echo')
    const asked = turnstile.received.length
    for (const path of ['/echo', '/__waiting-room/status']) expect((await visitor.get(path)).status).toBe(200)
    expect(turnstile.received).toHaveLength(asked)
    const old = stage.visitor('quiet')
    const { run } = await stats(stage.workerd, 'quiet')
    old.cookies.set('waiting-room-quiet', signed({ room: 'quiet', run: run ?? 0, number: visitor.number }))
    expect((await old.get('/echo')).text).not.toContain(TITLE)
  })

  test('is checked again after the session, and joins again', async () => {
    const [visitor] = await checked('again', good('again'))
    await visitor.get('/echo')
    const { number } = visitor
    const api = new ApiClient(stage.workerd)
    expect((await api.act('again', 'revoke', { number })).status).toBe(200)
    // The browser still presents its pass.
    await expect.poll(async () => (await visitor.get('/echo')).text, { timeout: 60_000 }).toContain(TITLE)
    const reply = await post(visitor, await visitor.get('/echo'), good('again'))
    expect(reply.status).toBe(303)
    expect((await visitor.get('/echo')).status).toBe(200)
    expect(visitor.number).toBe(number + 1)
  })

  test('keeps the place that another tab has got meanwhile', async () => {
    const visitor = stage.visitor('again')
    const page = await visitor.get('/echo')
    await post(visitor, page, good('again'))
    await visitor.get('/echo')
    const { token } = visitor
    expect((await post(visitor, page, isForged())).status).toBe(303)
    expect(visitor.token).toBe(token)
  })

  test('joins a room without a mode unchecked', async () => {
    expect((await stage.visitor('off').get('/echo')).status).toBe(200)
    const reply = await stage.visitor('off').post('/__waiting-room/join-check?room=off&return=/echo', 'token=x', FORM)
    expect([reply.status, reply.headers.location]).toEqual([303, '/echo'])
  })
})

describe('a definite failure', () => {
  const failures: readonly (readonly [string, (name: string) => string])[] = [
    ['a forged token', isForged],
    ['a token of another host', () => turnstile.token({ hostname: 'elsewhere.test' })],
    ['a token for another action', (name) => turnstile.token({ hostname: `${name}.test`, action: 'login' })],
  ]

  test.each(failures)('is only counted with "log": %s', async (_what, tokenFor) => {
    const [visitor, reply] = await checked('log', tokenFor('log'))
    expect(reply.status).toBe(303)
    expect((await visitor.get('/echo')).status).toBe(200)
    expect(visitor.holds).toBe('pass')
  })

  test('with "log" covers a browser that could not run the check', async () => {
    const before = (await totals('log'))?.checksFailed ?? 0
    const [visitor] = await checked('log', '')
    await visitor.get('/echo')
    expect(visitor.holds).toBe('pass')
    await expect.poll(async () => (await totals('log'))?.checksFailed).toBe(before + 1)
  })

  test.each(failures)('leads to the infinite queue: %s', async (_what, tokenFor) => {
    const before = await issued(stage.workerd, 'refused')
    const [visitor, reply] = await checked('refused', tokenFor('refused'))
    expect([reply.status, reply.headers.location]).toEqual([303, '/echo?a=1&b=2'])
    const page = await visitor.get('/echo?a=1&b=2')
    expect(page.status).toBe(503)
    expect(page.text).toContain('You are in line')
    expect(visitor.holds).toBe('ticket')
    expect(await issued(stage.workerd, 'refused')).toBe(before)
  })

  test('without any result leads to a page that offers the check again', async () => {
    const [visitor, reply] = await checked('refused', '')
    expect(reply.status).toBe(403)
    expect(reply.text).toContain('The check was not completed')
    expect(visitor.token).toBeUndefined()
  })
})

describe('the infinite queue', () => {
  test('answers pages and polls without a call of the object, and never advances', async () => {
    const [visitor] = await checked('polls', isForged())
    await visitor.get('/echo')
    const { number } = visitor
    // The check page has caused one, for a snapshot.
    const calls = async () => (await stats(stage.workerd, 'polls')).calls
    await expect.poll(calls).toBe(1)
    for (let i = 0; i < 10; i++) {
      const poll = await visitor.get('/__waiting-room/status?room=polls')
      expect(poll.json()).toMatchObject({ state: 'waiting', number, position: 100, waiting: 100, unreachable: false })
      const page = await visitor.get('/echo')
      expect(page.status).toBe(503)
      const reload = await visitor.get('/__waiting-room/line?room=polls&return=/echo')
      expect(reload.text).toContain('You are in line')
    }
    const json = await visitor.send({ path: '/echo', headers: { Host: visitor.host, ...JSON_WANTED } })
    expect(json.json()).toMatchObject({ cfWaitingRoom: { inWaitingRoom: true }, waitingRoom: { position: 100 } })
    expect(await calls()).toBe(1)
    expect(await issued(stage.workerd, 'polls')).toBe(0)

    // An isolate that has no snapshot answers the same.
    const elsewhere = new Visitor(stage.workerd.twin, 'polls.test')
    for (const [name, value] of visitor.cookies) elsewhere.cookies.set(name, value)
    expect((await elsewhere.get('/__waiting-room/status')).json()).toMatchObject({ number, position: 100 })
    expect(await calls()).toBe(1)

    // The counts ride along with the calls of others, who are admitted past it.
    const [person] = await checked('polls', good('polls'))
    expect((await person.get('/echo')).status).toBe(200)
    await expect.poll(() => totals('polls')).toMatchObject({ checksFailed: 1, infiniteAnswers: 32, joined: 1 })
    expect((await visitor.get('/__waiting-room/status')).json()).toMatchObject({ state: 'waiting', position: 100 })
  })

  test('has tickets that look like ordinary ones, and that no other key signs', async () => {
    const [visitor] = await checked('refused', isForged())
    const [person] = await checked('refused', good('refused'))
    await person.get('/echo')
    const { token = '', claims } = visitor
    expect(token.split('.')[0]).toBe((person.token ?? '').split('.')[0])
    expect(claims).toMatchObject({ kind: 'ticket', room: 'refused' })
    const copy = stage.visitor('refused')
    copy.cookies.set('waiting-room-refused', signed(claims as object))
    expect((await copy.get('/echo')).text).not.toContain('position":100')
  })

  test('is left by giving up the place, which leads to the check again', async () => {
    const [visitor] = await checked('refused', isForged())
    expect((await visitor.leave()).status).toBe(204)
    expect((await visitor.get('/echo')).text).toContain(TITLE)
  })

  test('is left by everyone when operators turn the check off', async () => {
    const [visitor] = await checked('switched', isForged())
    await visitor.get('/echo')
    const api = new ApiClient(stage.workerd)
    const patch = (mode: string) =>
      api.call('PATCH', '/rooms/switched/settings', { turnstile_mode: mode }, { 'If-Match': '*' })
    expect((await patch('off')).status).toBe(200)
    await expect.poll(async () => (await stage.visitor('switched').get('/echo')).status).toBe(200)
    expect((await visitor.get('/echo')).status).toBe(200)
    expect(visitor.holds).toBe('pass')
    expect((await patch('managed')).status).toBe(400)
    expect((await patch('visible_managed')).status).toBe(200)
    await expect.poll(async () => (await stage.visitor('switched').get('/echo')).text).toContain(TITLE)
  })

  test('is left by everyone when operators let those who fail join', async () => {
    const [visitor] = await checked('lenient', isForged())
    const isAsked = async () => (await visitor.get('/echo')).text.includes('join-check?')
    expect(await isAsked()).toBe(false)
    const api = new ApiClient(stage.workerd)
    const patch = { turnstile_action: 'log' }
    expect((await api.call('PATCH', '/rooms/lenient/settings', patch, { 'If-Match': '*' })).status).toBe(200)
    // The infinite queue does not call the object, so the isolate learns of it from others.
    const others = () => stage.visitor('lenient').get('/echo')
    await expect.poll(() => others().then(isAsked)).toBe(true)
    const [joined, reply] = await checked('lenient', isForged())
    expect(reply.status).toBe(303)
    await joined.get('/echo')
    expect(joined.holds).toBe('pass')
  })
})

describe('a result that was used or is old', () => {
  test('counts once, in any isolate', async () => {
    const token = good('replay')
    await checked('replay', token)
    const [again, reply] = await checked('replay', token)
    expect(reply.status).toBe(403)
    expect(reply.text).toContain('The check was not completed')
    expect(again.token).toBeUndefined()
    const elsewhere = new Visitor(stage.workerd.twin, 'replay.test')
    expect((await post(elsewhere, await elsewhere.get('/echo'), token)).status).toBe(403)
    expect(turnstile.received.filter(({ response }) => response === token)).toHaveLength(2)
  })

  test.each(['usual', 'lenient'] as const)('is refused after 300 s by a %s endpoint', async (behaviour) => {
    turnstile.behaviour = behaviour
    const [visitor, reply] = await checked('replay', turnstile.token({ hostname: 'replay.test', ageMs: 301_000 }))
    expect(reply.status).toBe(403)
    expect(visitor.token).toBeUndefined()
  })
})

describe('a proof', () => {
  const proofOf = (visitor: Visitor) => visitor.cookies.get('waiting-room-_check') as string
  const presenting = (proof: string, name = 'replay', own: Headers = BROWSER) => {
    const visitor = stage.visitor(name, own)
    visitor.cookies.set('waiting-room-_check', proof)
    return visitor
  }

  test('is good for one place, in any isolate', async () => {
    const [visitor] = await checked('replay', good('replay'))
    const proof = proofOf(visitor)
    expect((await visitor.get('/echo')).status).toBe(200)
    const copies = [presenting(proof), new Visitor(stage.workerd.twin, 'replay.test')]
    for (const copy of copies) {
      copy.cookies.set('waiting-room-_check', proof)
      expect((await copy.get('/echo')).status).toBe(200)
      expect(copy.number).toBe(visitor.number)
    }
  })

  test('is not good for a second place after the first one', async () => {
    const [visitor] = await checked('replay', good('replay'))
    const proof = proofOf(visitor)
    await visitor.get('/echo')
    await visitor.leave()
    const page = await presenting(proof).get('/echo')
    expect(page.text).toContain(TITLE)
    expect(page.text).toContain('data-automatic')
  })

  test('counts for its room, its client and a minute only', async () => {
    const address = { 'CF-Connecting-IP': '203.0.113.5' }
    const visitor = stage.visitor('replay', { ...BROWSER, ...address })
    await post(visitor, await visitor.get('/echo'), good('replay'))
    const proof = proofOf(visitor)
    const elsewhere = { ...BROWSER, 'CF-Connecting-IP': '198.51.100.7' }
    for (const other of [
      presenting(proof, 'infinite', visitor.own),
      presenting(proof, 'replay', elsewhere),
      presenting(proof, 'replay', { ...visitor.own, 'User-Agent': 'Other' }),
    ]) {
      const page = await other.get('/echo')
      expect(page.text).toContain(TITLE)
      // A form that sends itself would go round in circles.
      expect(page.text).not.toContain('data-automatic')
    }
    const [, claims = ''] = proof.split('.')
    const { exp, ...own } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, number>
    expect(exp).toBeLessThanOrEqual(Date.now() / 1000 + 60)
    const stale = signed({ ...own, id: 'other', exp: Math.floor(Date.now() / 1000) - 1 })
    expect((await presenting(stale, 'replay', visitor.own).get('/echo')).text).toContain(TITLE)
    const fresh = signed({ ...own, id: 'another', exp: Math.floor(Date.now() / 1000) + 30 })
    expect((await presenting(fresh, 'replay', visitor.own).get('/echo')).status).toBe(200)
  })

  test('is not a ticket, and a ticket is not a proof', async () => {
    const [visitor] = await checked('replay', good('replay'))
    const thief = stage.visitor('replay')
    thief.cookies.set('waiting-room-replay', proofOf(visitor))
    expect((await thief.get('/echo')).text).toContain(TITLE)
    expect((await presenting(signed({ room: 'replay' })).get('/echo')).text).toContain(TITLE)
  })
})

describe('when the endpoint does not answer', () => {
  test.each(['failing', 'hanging'] as const)('"admit" lets newcomers join: %s', async (behaviour) => {
    turnstile.behaviour = behaviour
    const [visitor, reply] = await checked('infinite', good('infinite'))
    expect(reply.status).toBe(303)
    turnstile.behaviour = 'usual'
    expect((await visitor.get('/echo')).status).toBe(200)
    // Both attempts had one key, so that the second could not spend the token anew.
    const [first, second] = turnstile.received.slice(-2)
    expect(first).toEqual(second)
  })

  test('"hold" asks them to try again', async () => {
    turnstile.behaviour = 'failing'
    const [visitor, reply] = await checked('hold', good('hold'))
    expect(reply.status).toBe(503)
    expect(reply.headers['retry-after']).toBe('10')
    expect(reply.text).toContain('Please try again in a moment')
    expect(reply.text).toContain('href="&#x2F;echo?a&#x3D;1&amp;b&#x3D;2"')
    expect(visitor.token).toBeUndefined()
    turnstile.behaviour = 'usual'
    const page = await visitor.get('/echo')
    await post(visitor, page, good('hold'))
    expect((await visitor.get('/echo')).status).toBe(200)
    await expect.poll(() => totals('hold')).toMatchObject({ checksUnreachable: 1, checksPassed: 1, joined: 1 })
    const metrics = (await operate(stage.workerd, 'GET', 'metrics')).text
    expect(metrics).toMatch(/waiting_room_join_checks_unreachable_total\{room="hold"\} 1/)
  })
})

describe('the form', () => {
  test('is accepted from this site only', async () => {
    const visitor = stage.visitor('loop')
    const page = await visitor.get('/echo')
    const from = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }
    expect((await post(visitor, page, good('loop'), from)).status).toBe(403)
    expect(visitor.cookies.get('waiting-room-_check')).toBe('pending')
  })

  test.each([
    ['too long', `token=${'x'.repeat(5000)}`],
    ['without a token', 'other=1'],
    ['with a token that is too long', `token=${'x'.repeat(2049)}`],
    ['unreadable', '{"token":'],
  ])('is refused if it is %s', async (_what, body) => {
    const asked = turnstile.received.length
    const visitor = stage.visitor('loop')
    await visitor.get('/echo')
    const reply = await visitor.post('/__waiting-room/join-check?room=loop&return=/echo', body, FORM)
    expect(reply.status).toBe(400)
    expect(reply.text).toContain('The form could not be read')
    expect(turnstile.received).toHaveLength(asked)
  })

  test('is not validated for a browser without cookies, which is told so', async () => {
    const asked = turnstile.received.length
    const visitor = stage.visitor('loop')
    const page = await visitor.get('/echo')
    visitor.cookies.clear()
    const reply = await post(visitor, page, good('loop'))
    expect(reply.status).toBe(400)
    expect(reply.text).toContain('blocks cookies')
    expect(turnstile.received).toHaveLength(asked)
  })

  test('leads back to this host, whatever address it names', async () => {
    const visitor = stage.visitor('loop')
    await visitor.get('/echo')
    const body = `token=${good('loop')}`
    const reply = await visitor.post('/__waiting-room/join-check?room=loop&return=//evil.example/', body, FORM)
    expect([reply.status, reply.headers.location]).toEqual([303, '/.//evil.example/'])
  })

  test('answers nothing but POST', async () => {
    const reply = await stage.visitor('loop').get('/__waiting-room/join-check?room=loop')
    expect([reply.status, reply.headers.allow]).toEqual([405, 'POST, OPTIONS'])
  })
})

describe('a program', () => {
  test.each([
    ['that asks for JSON', '/', JSON_WANTED],
    ['that polls for a place', '/__waiting-room/status?room=apps', JSON_WANTED],
    ['such as a feed reader', '/', { ...CURL, Accept: 'application/rss+xml' }],
  ])('%s is refused with the reason', async (_what, path, own) => {
    const before = await issued(stage.workerd, 'apps')
    const reply = await stage.visitor('apps', own).get(path)
    expect(reply.status).toBe(403)
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(reply.json()).toMatchObject({ title: 'Check needed', detail: expect.stringContaining('bypass rule') })
    expect(await issued(stage.workerd, 'apps')).toBe(before)
  })

  test.each([
    ['that asks for JSON', '/echo', JSON_WANTED],
    ['that polls for a place', '/__waiting-room/status?room=logged-apps', JSON_WANTED],
    ['such as a feed reader', '/echo', { ...CURL, Accept: 'application/rss+xml' }],
  ])('%s joins where failures are only logged, and counts as a failure', async (_what, path, own) => {
    const before = (await totals('logged-apps'))?.checksFailed ?? 0
    const program = stage.visitor('logged-apps', own)
    expect((await program.get(path)).status).toBe(200)
    expect(program.holds).toBe('pass')
    // Counts ride along with the calls of others.
    await stage.visitor('logged-apps', JSON_WANTED).get('/echo')
    await expect.poll(async () => (await totals('logged-apps'))?.checksFailed).toBeGreaterThan(before)
  })

  test('that polls as a waiting page is shown the check instead, which it can open', async () => {
    const page = { ...JSON_WANTED, 'Waiting-Room-Page': '1' }
    expect((await stage.visitor('logged-apps', page).get('/__waiting-room/status')).status).toBe(403)
  })

  test('of an allowed origin can read the reason', async () => {
    const own = { ...JSON_WANTED, Origin: 'https://app.example.com', 'Waiting-Room-Token': '' }
    const reply = await stage.visitor('apps', own).get('/__waiting-room/status?room=apps')
    expect(reply.status).toBe(403)
    expect(reply.headers['access-control-allow-origin']).toBe('https://app.example.com')
  })
})

test('in the lobby of an event the check is the same, and its infinite queue gets no rank', async () => {
  const now = Date.now()
  const at = (seconds: number) => new Date(now + seconds * 1000).toISOString()
  const event = {
    name: 'Sale',
    prequeue_start_time: at(-1),
    event_start_time: at(3600),
    event_end_time: at(7200),
    shuffle_at_event_start: true,
  }
  const created = await operate(stage.workerd, 'POST', 'api/v1/rooms/lobby/events', JSON.stringify(event))
  expect(created.status).toBe(201)
  const { id } = created.json<{ id: string }>()
  const [person] = await checked('lobby', good('lobby'))
  await person.get('/echo')
  const [visitor] = await checked('lobby', isForged())
  await visitor.get('/echo')
  const status = async () => (await visitor.get('/__waiting-room/status')).json()
  expect(await status()).toMatchObject({ state: 'lobby', position: null })
  const started = await operate(stage.workerd, 'POST', `api/v1/rooms/lobby/events/${id}/start`)
  expect(started.status).toBe(200)
  await expect.poll(async () => (await person.get('/echo')).status).toBe(200)
  expect(await status()).toMatchObject({ state: 'waiting', position: 100, event: { rank: null } })
  expect(await issued(stage.workerd, 'lobby')).toBe(1)
})
