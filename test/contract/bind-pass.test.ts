/** Tickets and passes that are bound to the client they were issued to. */
import { expect, test } from 'vitest'
import { issued, stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { BROWSER, CURL, type Headers, type Visitor } from './support/visitor.ts'

const stage = useStage([
  room('free', 10),
  room('agent', 10, { bind_pass: 'agent' }),
  room('line', 1, { bind_pass: 'agent' }),
  room('network', 10, { bind_pass: 'agent-and-network' }),
])

const from = (address: string): Headers => ({ ...BROWSER, 'CF-Connecting-IP': address })

/** Another client with the cookies of this one. */
function thief(of: Visitor, name: string, own: Headers): Visitor {
  const visitor = stage.visitor(name, own)
  for (const [cookie, value] of of.cookies) visitor.cookies.set(cookie, value)
  return visitor
}

test('accepts a pass from any client unless the room binds passes', async () => {
  const guest = await stage.guest('free')
  expect((await thief(guest, 'free', CURL).post('/echo')).status).toBe(200)
})

test('ignores a pass that another client presents, and its holder keeps it', async () => {
  const guest = await stage.guest('agent')
  const before = stage.origin.requests.length
  const other = thief(guest, 'agent', CURL)
  expect((await other.post('/echo')).status).toBe(503)
  expect((await other.post('/__waiting-room/heartbeat')).status).toBe(410)
  await other.leave()
  expect(stage.origin.requests.length).toBe(before)
  expect((await guest.get('/echo')).status).toBe(200)

  const joining = thief(guest, 'agent', CURL)
  await joining.get('/')
  expect(joining.number).toBe(guest.number + 1)
  const carried = { 'Waiting-Room-Token': guest.token as string }
  expect((await stage.visitor('agent', CURL).post('/echo', '', carried)).status).toBe(503)
  await expect.poll(async () => (await stats(stage.workerd, 'agent')).totals).toMatchObject({ foreign: 5, left: 0 })
})

test('ignores a copied ticket: it neither claims a pass nor gives up the place', async () => {
  await stage.guest('line')
  const waiting = stage.visitor('line')
  await waiting.get('/')
  const copy = thief(waiting, 'line', CURL)
  expect((await copy.get('/__waiting-room/status')).json()).toMatchObject({ number: 3 })
  await thief(waiting, 'line', CURL).leave()
  await waiting.get('/')
  expect(waiting.number).toBe(2)
  expect(await issued(stage.workerd, 'line')).toBe(3)
})

test('accepts a changed address within the same network only', async () => {
  const guest = await stage.guest('network', from('203.0.113.7'))
  const at = (address: string) => thief(guest, 'network', from(address)).post('/echo')
  expect((await at('203.0.113.250')).status).toBe(200)
  expect((await at('203.0.114.7')).status).toBe(503)
  expect((await at('2001:db8::7')).status).toBe(503)
  const onSix = await stage.guest('network', from('2001:db8:1:2::3'))
  expect((await thief(onSix, 'network', from('2001:db8:1:ff::9')).post('/echo')).status).toBe(200)
  expect((await thief(onSix, 'network', from('2001:db8:2:2::3')).post('/echo')).status).toBe(503)
})

test('stores only a hash of the client in a token', async () => {
  const guest = await stage.guest('network', from('203.0.113.9'))
  expect(Object.keys(guest.claims as object).sort()).toEqual(expect.arrayContaining(['bind', 'room', 'run']))
  const { bind } = guest.claims as unknown as { bind: string }
  expect(bind).toMatch(/^n[\w-]{12}$/)
})
