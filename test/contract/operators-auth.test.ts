import { describe, expect, it } from 'vitest'
import { ApiClient, OWN_PAGE } from './support/api-client.ts'
import { room, useStage } from './support/stage.ts'
import { OVER_TLS } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const ADA = 'ada-has-a-token-of-her-own'
const BOB = 'bob-may-only-look-at-it-all'
const TOKENS = `ada:${ADA},bob:${BOB}:read`

const stage = useStage([room('main', 1), room('one', 1), room('two', 1)], { adminToken: TOKENS })
const bearer = (token: string, address = '192.0.2.1') =>
  new ApiClient(stage.workerd, { Authorization: `Bearer ${token}`, 'CF-Connecting-IP': address })

async function loggedIn(token = ADA): Promise<ApiClient> {
  const api = ApiClient.browser(stage.workerd)
  const reply = await api.logIn(token)
  expect(reply.status).toBe(200)
  return api
}

describe('tokens', () => {
  it('have names, which the audit records', async () => {
    expect((await bearer(ADA).act('main', 'pause')).status).toBe(200)
    expect((await bearer(ADA).get('/rooms/main/audit?limit=1')).json()).toMatchObject({ entries: [{ who: 'ada' }] })
    await bearer(ADA).act('main', 'resume')
  })

  it('may be read-only', async () => {
    expect((await bearer(BOB).get('/rooms/main/stats')).status).toBe(200)
    const refused = await bearer(BOB).act('main', 'pause')
    expect([refused.status, refused.json()]).toMatchObject([403, { detail: expect.stringMatching(/without ":read"/) }])
    expect((await bearer(BOB).call('PATCH', '/rooms/main/settings', {}, { 'If-Match': '*' })).status).toBe(403)
  })

  it.each([
    ['none', {}],
    ['a wrong token', { Authorization: `Bearer ${ADA}x`, 'CF-Connecting-IP': '192.0.2.2' }],
    ['the token with its name', { Authorization: `Bearer ada:${ADA}`, 'CF-Connecting-IP': '192.0.2.2' }],
    ['another scheme', { Authorization: `Basic ${ADA}` }],
  ])('are required: %s is refused', async (_, headers) => {
    const reply = await new ApiClient(stage.workerd, headers).get('/rooms/main/stats')
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer/)
  })

  it('also give access to the metrics', async () => {
    const path = '/__waiting-room/metrics'
    const reply = await bearer(BOB).browser.get(path, { Authorization: `Bearer ${BOB}` })
    expect([reply.status, reply.text]).toEqual([200, expect.stringContaining('waiting_room_up{room="main"} 1')])
  })
})

describe('a browser session', () => {
  it('is a Strict, HttpOnly cookie of this host', async () => {
    const api = ApiClient.browser(stage.workerd)
    const reply = await api.logIn(ADA)
    expect(reply.json()).toMatchObject({ operator: { name: 'ada', kind: 'full' }, via: 'session' })
    expect(reply.setCookies).toEqual([expect.stringMatching(/^__Host-waiting-room-_operator=/)])
    for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict', 'Max-Age=1800']) {
      expect(reply.setCookies[0]).toContain(attribute)
    }
  })

  it('reads and changes under the name of its token', async () => {
    const api = await loggedIn()
    expect((await api.get('/session')).json()).toMatchObject({ operator: { name: 'ada' }, via: 'session' })
    expect((await api.act('main', 'message', { text: 'hello' })).status).toBe(200)
    expect((await api.get('/rooms/main/audit?limit=1')).json()).toMatchObject({
      entries: [{ who: 'ada', action: 'message' }],
    })
    expect((await (await loggedIn(BOB)).act('main', 'pause')).status).toBe(403)
  })

  it('works on a site with HTTP authentication, whose header browsers send as well', async () => {
    const api = await loggedIn()
    const reply = await api.get('/session', { Authorization: 'Basic dTpw' })
    expect([reply.status, reply.json()]).toMatchObject([200, { via: 'session' }])
  })

  it('ends at logout', async () => {
    const api = await loggedIn()
    expect((await api.call('DELETE', '/session')).status).toBe(204)
    expect((await api.get('/session')).status).toBe(401)
  })

  it.each([
    ['another site', { 'Waiting-Room-Operator': '1', 'Sec-Fetch-Site': 'cross-site' }],
    ['another host of the site', { 'Waiting-Room-Operator': '1', 'Sec-Fetch-Site': 'same-site' }],
    ['an old browser at another origin', { 'Waiting-Room-Operator': '1', Origin: 'https://evil.example' }],
    ['a form, which can send no header', { 'Sec-Fetch-Site': 'same-origin' }],
  ])('changes nothing for %s', async (_, headers) => {
    const { browser } = await loggedIn()
    const forged = { method: 'POST', path: '/__waiting-room/api/v1/rooms/main/actions/pause', body: '{}' }
    const reply = await browser.send({ ...forged, headers: { ...OVER_TLS, ...headers } })
    expect([reply.status, reply.json()]).toMatchObject([403, { title: 'Not from the operators’ page' }])
    const login = { method: 'POST', path: '/__waiting-room/api/v1/session', body: `{"token":"${ADA}"}` }
    expect((await browser.send({ ...login, headers: { ...OVER_TLS, ...headers } })).status).toBe(403)
  })

  it('is not interchangeable with a visitor’s token', async () => {
    const guest = await stage.guest('one')
    const cookie = `waiting-room-_operator=${guest.token}`
    expect((await new ApiClient(stage.workerd, { Cookie: cookie }).get('/session')).status).toBe(401)
    const api = await loggedIn()
    const session = [...api.browser.cookies.values()][0] as string
    const reply = await stage.visitor('one', { 'Waiting-Room-Token': session, Accept: 'application/json' }).get('/')
    expect(reply.status).toBe(503)
  })

  it('never reaches the origin', async () => {
    const api = await loggedIn()
    const [[name, value]] = [...api.browser.cookies] as [[string, string]]
    const guest = await stage.guest('two')
    const echo = await guest.get('/echo', { Cookie: `${name}=${value}; own=1; waiting-room-two=${guest.token}` })
    expect(echo.text).toContain('own=1')
    expect(echo.text).not.toContain(value)
  })

  it('ends when its token is removed or replaced, and survives a new first signing key', async () => {
    const workerd = await Workerd.start({ rooms: [room('main', 1)], originUrl: stage.origin.url, adminToken: TOKENS })
    try {
      const api = ApiClient.browser(workerd)
      await api.logIn(ADA)
      const keys = ['new:bmV3LWtleS1vZi1mb3J0eS1ieXRlcy1vci1tb3JlLWluLWZyb250', 'contract:'].join(',')
      const old = Buffer.from('forty-four-bytes-that-only-these-tests-know!').toString('base64url')
      await workerd.restart({ signingKeys: keys + old })
      expect((await api.get('/session')).status).toBe(200)
      await workerd.restart({ adminToken: `ada:${ADA}-replaced,bob:${BOB}:read` })
      expect((await api.get('/session')).status).toBe(401)
    } finally {
      await workerd.stop()
    }
  })
})

describe('token guessing', () => {
  it('is blocked per address or IPv6 network after ten failures, on every isolate', async () => {
    const guess = () => bearer('a-guess-of-a-token', '203.0.113.7').get('/session')
    for (let i = 0; i < 9; i++) expect((await guess()).status).toBe(401)
    const blocked = await guess()
    expect(blocked.status).toBe(429)
    expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0)
    expect((await bearer(ADA, '203.0.113.7').get('/session')).status).toBe(429)
    const login = { ...OVER_TLS, ...OWN_PAGE, 'CF-Connecting-IP': '203.0.113.7' }
    expect((await new ApiClient(stage.workerd, login).logIn(ADA)).status).toBe(429)
    for (let i = 0; i < 10; i++) await bearer('a-guess-of-a-token', `2001:db8::${i}`).get('/session')
    expect((await bearer(ADA, '2001:db8::ffff').get('/session')).status).toBe(429)
    expect((await bearer(ADA, '203.0.113.8').get('/session')).status).toBe(200)
    // The count is durable: new isolates read it at each login.
    await stage.workerd.restart()
    expect((await new ApiClient(stage.workerd, login).logIn(ADA)).status).toBe(429)
  })
})

describe('unusable tokens', () => {
  it.each([
    ['short', /entry 1 has a token of 5 characters/],
    [`ada:${ADA},bob:short`, /entry 2 has a token of 5 characters/],
    [`ada:${ADA},ada:${BOB}`, /two entries with the same name/],
    [`ada:${ADA},bob:${ADA}`, /the same token twice/],
    [`ada:${ADA}:write`, /entry 1 is not name:token/],
  ])('turn the API off, and the log says why (%#)', async (adminToken, reason) => {
    const workerd = await Workerd.start({ rooms: [room('main', 1)], originUrl: stage.origin.url, adminToken })
    try {
      const reply = await new ApiClient(workerd, { Authorization: `Bearer ${ADA}` }).get('/session')
      expect([reply.status, reply.json()]).toMatchObject([403, { title: 'The API is off' }])
      await expect.poll(() => workerd.log).toMatch(reason)
      expect(workerd.log).not.toContain(ADA)
    } finally {
      await workerd.stop()
    }
  })
})
