/**
 * The packed package in Workers of others: types, and the rooms under `wrangler dev`. The Workers
 * are the example with Hono, and one without Hono that has several rooms.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { untilJson, untilStatus } from '../contract/support/until.ts'
import { Visitor } from '../contract/support/visitor.ts'
import { JWKS, NOW_MS, NOW_SECONDS, OTHER_KEY, pass } from '../origin/support/room.ts'
import {
  CleanFolder,
  checkBindingTypes,
  type DevServer,
  runModule,
  startDevServer,
  typeErrors,
} from './support/clean-folder.ts'

const ADMIN_TOKEN = '0123456789abcdef0123456789abcdef'
const SECRETS = `SIGNING_KEYS=test:c2l4dHktZm91ci1ieXRlcy1vZi1ub3Qtc28tc2VjcmV0LXRlc3Qta2V5LW1hdGVyaWFs
ADMIN_TOKEN=me:${ADMIN_TOKEN}
`

let clean: CleanFolder
let app: string
let twoRooms: string

beforeAll(async () => {
  clean = await CleanFolder.create()
  app = clean.add('examples/hono-app', 'hono-app')
  twoRooms = clean.add('test/deployment/two-rooms', 'two-rooms')
  const options = { extends: '../hono-app/tsconfig.json', include: ['.'] }
  writeFileSync(join(twoRooms, 'tsconfig.json'), JSON.stringify(options))
})
afterAll(() => clean?.remove())

it('type-checks in the Workers that use it, strictly and with its own declarations', async () => {
  expect(await typeErrors(app)).toBe('')
  expect(await typeErrors(twoRooms)).toBe('')
  // The compiler sees the package at all.
  writeFileSync(
    join(twoRooms, 'wrong.ts'),
    "import { createWaitingRoom } from 'edge-waiting-room'\ncreateWaitingRoom({ prefix: 1 })\n",
  )
  expect(await typeErrors(twoRooms)).toContain("Type 'number' is not assignable to type 'string'")
})

it('verifies passes in a site that is not a Worker, and refuses expired, foreign and forged ones', async () => {
  const passes = {
    valid: await pass(),
    expired: await pass({ exp: NOW_SECONDS - 60 }),
    foreign: await pass({ aud: 'waiting-room:other' }),
    forged: await pass({}, { key: OTHER_KEY }),
  }
  const script = `
    import { verifyWaitingRoomPass } from 'edge-waiting-room/origin'
    const jwks = ${JSON.stringify(JWKS)}
    const options = { issuer: 'https://shop.example', audience: 'waiting-room:shop', jwks, now: () => ${NOW_MS} }
    const states = {}
    for (const [name, text] of Object.entries(${JSON.stringify(passes)})) {
      states[name] = (await verifyWaitingRoomPass({ 'waiting-room-pass': text }, options)).state
    }
    console.log(JSON.stringify(states))`
  const states = JSON.parse(await runModule(clean.path, script))
  expect(states).toEqual({ valid: 'valid', expired: 'expired', foreign: 'foreign', forged: 'forged' })
})

describe('the example with Hono', () => {
  let server: DevServer
  beforeAll(async () => {
    await checkBindingTypes(app)
    // wrangler would add them to the types.
    writeFileSync(join(app, '.dev.vars'), SECRETS)
    server = await startDevServer(app)
  })
  afterAll(() => server?.stop())

  const visitor = () => new Visitor(server, '127.0.0.1')

  it('answers its own routes outside of the room for everybody', async () => {
    const reply = await visitor().get('/')
    expect(reply.status).toBe(200)
    expect(reply.text).toContain('Box office')
    expect(reply.text).not.toContain('heartbeat.js')
    expect((await visitor().get('/nowhere')).status).toBe(404)
  })

  it('lets visitors wait for its seats, admits the next one, and adds the beacon', async () => {
    const [first, second] = [visitor(), visitor()]
    const seats = await first.get('/tickets/gala')
    expect(seats.status).toBe(200)
    expect(seats.text).toContain('Your number: <b>1</b>')
    expect(seats.text).toContain('<script src="/__waiting-room/heartbeat.js?room=tickets" async></script>')
    expect(seats.headers['cache-control']).toBe('private')
    expect((await first.get('/__waiting-room/heartbeat.js?room=tickets')).status).toBe(200)
    expect((await first.post('/__waiting-room/heartbeat?room=tickets', '{"touched":true}')).status).toBe(204)

    const page = await second.get('/tickets/gala')
    expect(page.status).toBe(503)
    expect(page.text).toContain('You are next')
    expect((await second.get('/tickets/gala?again')).status).toBe(503)

    expect((await first.post('/__waiting-room/leave?room=tickets', '{"final":true}')).status).toBe(204)
    await untilJson({ state: 'admitted' }, () => second.get('/__waiting-room/status?room=tickets'))
    expect((await second.get('/tickets/gala')).text).toContain('Your number: <b>2</b>')
  })

  it("serves the operators' page without [assets], and the API that it calls", async () => {
    const operator = visitor()
    const page = await operator.get('/__waiting-room/admin')
    expect(page.status).toBe(200)
    for (const file of ['admin.min.js', 'admin.min.css']) {
      expect(page.text).toContain(`/__waiting-room/admin/${file}`)
      expect((await operator.get(`/__waiting-room/admin/${file}`)).body.length).toBeGreaterThan(10_000)
    }
    const rooms = await operator.get('/__waiting-room/api/v1/rooms', { Authorization: `Bearer ${ADMIN_TOKEN}` })
    expect(rooms.json<{ rooms: { name: string }[] }>().rooms.map(({ name }) => name)).toEqual(['tickets'])
  })

  it('states once what does not work without its missing bindings', async () => {
    await visitor().get('/')
    await expect.poll(() => server.output()).toContain('bindings_missing')
    expect(server.output().split('bindings_missing')).toHaveLength(2)
    for (const name of ['CHECKS', 'ALERTS', 'FIGURES', 'ASSETS']) expect(server.output()).toContain(`"${name}":`)
    expect(server.output()).not.toContain('"LOGIN_GUARD":')
  })
})

describe('several rooms in one Worker', () => {
  let server: DevServer
  beforeAll(async () => {
    server = await startDevServer(twoRooms)
  })
  afterAll(() => server?.stop())

  const visitor = () => new Visitor(server, '127.0.0.1')

  for (const [path, prefix, room] of [
    ['/shop/seats', '/shop/queue', 'shop'],
    ['/stage/seats', '/__stage', 'stage'],
  ] as const) {
    it(`have their own lines, endpoints and pages: ${room}`, async () => {
      const [first, second] = [visitor(), visitor()]
      const seats = await first.get(path)
      expect(seats.text).toContain(`"room":"${room}","number":1,"pass":"`)
      expect(seats.text).toContain(`<script src="${prefix}/heartbeat.js?room=${room}" async></script>`)
      expect(seats.setCookies.map((cookie) => cookie.split('=')[0])).toEqual(['basket', `waiting-room-${room}`])
      const page = await second.get(path)
      expect(page.status).toBe(503)
      expect(page.headers.link).toBe(`<${prefix}/status?room=${room}>; rel="waiting-room"`)
      expect(page.text).toContain(`"prefix":"${prefix}"`)
      expect(page.text).not.toContain('/__waiting-room')
      expect((await second.get(`${prefix}/status?room=${room}`)).json()).toMatchObject({ state: 'waiting', number: 2 })
      const admin = await first.get(`${prefix}/admin`)
      expect(admin.text).toContain(`data-prefix="${prefix}"`)
      expect(admin.text).toContain(`src="${prefix}/admin/admin.min.js"`)
      // The site ends the session of the first, by a header that no visitor sees.
      const logout = await first.get(`${path}/logout`)
      expect(logout.headers).not.toHaveProperty('waiting-room-command')
      expect(logout.setCookies).toContainEqual(expect.stringMatching(`^waiting-room-${room}=; Max-Age=0`))
      await untilStatus(200, () => second.get(path))
    })
  }

  it('let everything else through, without a visit', async () => {
    const reply = await visitor().get('/elsewhere')
    expect(reply.text).toContain('<p>null')
    expect((await visitor().get('/__waiting-room/status')).text).toContain('<p>null')
  })

  it('pass the error of a route on to the Worker', async () => {
    const reply = await visitor().get('/elsewhere/fail')
    expect({ status: reply.status, text: reply.text }).toEqual({ status: 500, text: 'caught: no such seat' })
  })

  it('refuse to serve with invalid settings, and log every problem, while the others serve', async () => {
    expect((await visitor().get('/broken')).status).toBe(500)
    await expect.poll(() => server.output()).toMatch(/not_configured.*ROOMS\[0\]\.path: must begin with/)
    expect((await visitor().get('/elsewhere')).status).toBe(200)
  })
})
