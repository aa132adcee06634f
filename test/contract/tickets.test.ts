/** Tickets as visitors use them: two at once, returned, given up. */
import { expect, test } from 'vitest'
import { stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { signed } from './support/tokens.ts'
import { untilStatus } from './support/until.ts'
import { type Headers, Visitor } from './support/visitor.ts'

const stage = useStage([
  ...['tabs', 'alive', 'leave', 'next', 'foreign', 'gone', 'noscript', 'bodies'].map((name) => room(name, 1)),
  room('hint', 1, { departure_grace_seconds: 600 }),
])

test('keeps the lower of two tickets and returns the other to the line', async () => {
  await stage.guest('tabs')
  const [left, right] = [stage.visitor('tabs'), stage.visitor('tabs')]
  await left.get('/')
  await right.get('/')
  expect([left.number, right.number]).toEqual([2, 3])
  const lower = left.token as string
  // Both tabs were opened at once. The browser kept the later cookie, and the page of the first tab
  // sends its own ticket.
  const poll = await right.get('/__waiting-room/status', { 'Waiting-Room-Token': lower })
  expect(poll.json()).toMatchObject({ state: 'waiting', number: 2, position: 1 })
  expect(right.number).toBe(2)
  await expect.poll(() => stats(stage.workerd, 'tabs')).toMatchObject({ waiting: 1, totals: { left: 1 } })
})

test('keeps the live one of two tickets even if the other has a lower number', async () => {
  await stage.guest('alive')
  const [left, right] = [stage.visitor('alive'), stage.visitor('alive')]
  await left.get('/')
  await right.get('/')
  const lower = left.token as string
  await left.leave()
  const poll = await right.get('/__waiting-room/status', { 'Waiting-Room-Token': lower })
  expect(poll.json()).toMatchObject({ state: 'waiting', number: 3, position: 1 })
  expect(right.number).toBe(3)
  expect(await stats(stage.workerd, 'alive')).toMatchObject({ waiting: 1, nextNumber: 4 })
})

test('frees the place of a visitor who leaves, who then joins again at the end', async () => {
  await stage.guest('leave')
  const [leaver, other] = [stage.visitor('leave'), stage.visitor('leave')]
  await leaver.get('/')
  await other.get('/')
  const reply = await leaver.leave()
  expect(reply.status).toBe(204)
  expect(reply.setCookies).toEqual([expect.stringMatching(/^waiting-room-leave=; Max-Age=0/)])
  expect(await stats(stage.workerd, 'leave')).toMatchObject({ waiting: 1, totals: { left: 1 } })
  await leaver.get('/')
  expect(leaver.number).toBe(4)
})

test('admits the next visitor when a session is given up', async () => {
  const first = await stage.guest('next')
  const next = stage.visitor('next')
  expect((await next.get('/')).status).toBe(503)
  expect((await first.leave()).status).toBe(204)
  await untilStatus(200, () => next.get('/echo'))
  expect(next.claims).toMatchObject({ kind: 'pass', number: 2 })
  expect((await first.get('/')).status).toBe(503)
  expect(first.number).toBe(3)
})

test.each<[string, Headers]>([
  ['a page of another site', { 'Sec-Fetch-Site': 'cross-site' }],
  ['a page of a neighbouring host', { 'Sec-Fetch-Site': 'same-site' }],
  ['an older browser on another site', { Origin: 'https://evil.example' }],
  ['a page with an opaque origin', { Origin: 'null' }],
])('refuses to give up a place for %s', async (_who, headers) => {
  const visitor = new Visitor(stage.workerd, 'foreign.test', { Accept: 'text/html' })
  await visitor.get('/')
  const { number } = visitor
  for (const body of ['{"final":true}', '{}']) {
    const reply = await visitor.post('/__waiting-room/leave', body, headers)
    expect(reply.status).toBe(403)
    expect(reply.setCookies).toEqual([])
  }
  await visitor.get('/')
  expect(visitor.number).toBe(number)
  expect((await stats(stage.workerd, 'foreign')).totals?.left).toBe(0)
})

test('keeps the place when a page only announces its departure', async () => {
  const first = await stage.guest('hint')
  const next = stage.visitor('hint')
  await next.get('/')
  const reply = await first.post('/__waiting-room/leave', '{"final":false}', { 'Content-Type': 'text/plain' })
  expect(reply.status).toBe(204)
  expect((await first.get('/echo')).status).toBe(200)
  expect((await next.get('/')).status).toBe(503)
  expect(next.number).toBe(2)
})

test('reports a ticket that was given up elsewhere as gone once, and the next load joins again', async () => {
  await stage.guest('gone')
  const visitor = stage.visitor('gone')
  await visitor.get('/')
  const { claims } = visitor
  await visitor.leave()
  // Another tab: its ticket was confirmed long ago, so the object is called.
  visitor.cookies.set('waiting-room-gone', signed({ ...claims, seen: Math.floor(Date.now() / 1000) - 61 }))
  const poll = await visitor.get('/__waiting-room/status')
  expect(poll.json()).toMatchObject({ state: 'left', number: 2, position: null })
  expect(visitor.token).toBeUndefined()
  expect((await visitor.get('/')).status).toBe(503)
  expect(visitor.number).toBe(3)
})

test('leaves with the form of the waiting page, without JavaScript', async () => {
  await stage.guest('noscript')
  const visitor = stage.visitor('noscript')
  await visitor.get('/cart')
  const reply = await visitor.post('/__waiting-room/leave?return=%2Fcart', 'final=true', {
    'Content-Type': 'application/x-www-form-urlencoded',
    'Sec-Fetch-Site': 'same-origin',
    Origin: 'http://noscript.test',
  })
  expect(reply.status).toBe(200)
  expect(reply.headers['content-type']).toMatch(/^text\/html/)
  expect(visitor.token).toBeUndefined()
  expect(await stats(stage.workerd, 'noscript')).toMatchObject({ waiting: 0 })
})

test('refuses bodies that are too long or not an object, and changes nothing', async () => {
  const guest = await stage.guest('bodies')
  for (const body of ['[]', '{', '"final"', `{"final":true,"x":"${'x'.repeat(2000)}"}`]) {
    expect((await guest.post('/__waiting-room/leave', body)).status, body.slice(0, 20)).toBe(400)
  }
  expect(await stats(stage.workerd, 'bodies')).toMatchObject({ active: 1, totals: { left: 0 } })
})
