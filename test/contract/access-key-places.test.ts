/** Places of access keys that move: to another device, and to another lane. */
import { describe, expect, test } from 'vitest'
import { accessKey, newId } from './support/access-keys.ts'
import { ApiClient } from './support/api-client.ts'
import { FORM, KEY_COOKIE, opened, openLink, SAME_ORIGIN, TAKEN, takeOver } from './support/key-links.ts'
import { Lobby } from './support/lobby.ts'
import { stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { Visitor } from './support/visitor.ts'

const INVITED = { require_access_key: true }
const stage = useStage(
  [
    room('devices', 1, INVITED),
    room('site', 50, INVITED),
    room('lanes', 1, {
      lanes: [
        { name: 'members', first: true },
        { name: 'friends', weight: 5 },
      ],
    }),
    room('crowded', 1, { ...INVITED, max_waiting: 1 }),
    room('lobby', 1, { lanes: [{ name: 'members', first: true }] }),
  ],
  { twin: true },
)

const totals = async (name: string): Promise<Readonly<Record<string, number>>> =>
  (await stats(stage.workerd, name)).totals ?? {}
const api = () => new ApiClient(stage.workerd)

describe('a second device', () => {
  test('takes the place over after a confirmation, and the first one says so', async () => {
    await opened(stage, 'devices', accessKey('devices'))
    const key = accessKey('devices', { type: 'person', person: newId() })
    const [phone, waiting] = await opened(stage, 'devices', key)
    expect(waiting.text).toContain('You are in line')
    const laptop = new Visitor(stage.workerd.twin, 'devices.test')
    const page = await openLink(laptop, key)
    expect(page.status).toBe(409)
    expect(page.text).toContain(TAKEN)
    expect(page.text).toContain(`ticket number ${phone.number}`)
    // A reload asks again and takes nothing.
    expect((await laptop.get('/echo')).text).toContain(TAKEN)
    expect(laptop.token).toBeUndefined()

    const confirmed = await takeOver(laptop, page)
    expect([confirmed.status, confirmed.headers.location]).toEqual([303, '/echo'])
    expect(laptop.number).toBe(phone.number)
    expect((await laptop.get('/echo')).text).toContain('You are in line')
    expect((await takeOver(laptop, page)).status).toBe(303)

    const { token } = phone
    await expect
      .poll(async () => (await phone.get('/__waiting-room/status')).json<{ state: string }>().state)
      .toBe('moved')
    phone.cookies.set('waiting-room-devices', token as string)
    const told = await phone.get('/echo')
    expect(told.text).toContain('Your place moved to another device')
    // The phone can neither give the place up nor use it.
    phone.cookies.set('waiting-room-devices', token as string)
    await phone.leave()
    expect((await laptop.get('/echo')).text).toContain('You are in line')
    expect(await totals('devices')).toMatchObject({ keyTakeOvers: 1, keysRedeemed: 2, left: 0 })
  })

  test('ends the session of the first one on the site', async () => {
    const key = accessKey('site')
    const [phone] = await opened(stage, 'site', key)
    const laptop = stage.visitor('site')
    await takeOver(laptop, await openLink(laptop, key))
    expect((await laptop.get('/echo')).status).toBe(200)
    await expect.poll(async () => (await phone.get('/echo')).text).toContain('Your place moved to another device')
    expect((await stats(stage.workerd, 'site')).active).toBe(1)
  })

  test('finds its place in a room that is full or closed, like the browser whose answer was lost', async () => {
    await opened(stage, 'crowded', accessKey('crowded'))
    const key = accessKey('crowded')
    const phone = stage.visitor('crowded')
    await phone.get(`/echo?wr_key=${key}`)
    const cookie = phone.cookies.get(KEY_COOKIE) as string
    await phone.get('/echo')
    const [late, full] = await opened(stage, 'crowded', accessKey('crowded'))
    expect(full.text).toContain('The line is full')
    expect(late.cookies.get(KEY_COOKIE)).toBeDefined()
    const findsPlace = async () => {
      const again = stage.visitor('crowded')
      again.cookies.set(KEY_COOKIE, cookie)
      await again.get('/echo')
      expect(again.number).toBe(phone.number)
      expect((await opened(stage, 'crowded', key))[1].text).toContain(TAKEN)
    }
    await findsPlace()
    const closed = await api().call('PATCH', '/rooms/crowded/settings', { closed: true }, { 'If-Match': '*' })
    expect(closed.status).toBe(200)
    await expect.poll(async () => (await late.get('/echo')).text).toContain('closed')
    await findsPlace()
    const laptop = stage.visitor('crowded')
    await takeOver(laptop, await openLink(laptop, key))
    expect(laptop.number).toBe(phone.number)
  })

  test('keeps one live place per person, whichever key is used', async () => {
    const person = newId()
    const [first] = await opened(stage, 'site', accessKey('site', { type: 'person', person }))
    const [, page] = await opened(stage, 'site', accessKey('site', { type: 'person', person }))
    expect(page.text).toContain(TAKEN)
    await first.leave()
    const [again] = await opened(stage, 'site', accessKey('site', { type: 'person', person }))
    expect(again.holds).toBe('pass')
  })

  test('is not taken over by another site, nor without a key', async () => {
    const key = accessKey('site')
    await opened(stage, 'site', key)
    const laptop = stage.visitor('site')
    await openLink(laptop, key)
    const path = '/__waiting-room/take-over?room=site&return=/echo'
    const foreign = await laptop.post(path, '', { ...FORM, 'Sec-Fetch-Site': 'cross-site' })
    expect(foreign.status).toBe(403)
    expect((await totals('site')).keyTakeOvers).toBe(1)
    const nobody = await stage.visitor('site').post(path, '', { ...FORM, ...SAME_ORIGIN })
    expect([nobody.status, nobody.headers.location]).toEqual([303, '/echo'])
    expect((await totals('site')).keyTakeOvers).toBe(1)
  })
})

describe('a priority key', () => {
  const priority = (claims: object = {}) => accessKey('lanes', { type: 'priority', ...claims })
  const statusOf = async (visitor: Visitor) =>
    (await visitor.get(`/__waiting-room/status?room=${visitor.host.split('.')[0]}`)).json<{
      state: string
      number: number
      position: number
      lane?: string
    }>()

  test('leads to the first lane, moves a waiting visitor there, and raises no other number', async () => {
    await stage.guest('lanes')
    const [first, second] = [stage.visitor('lanes'), stage.visitor('lanes')]
    await first.get('/echo')
    await second.get('/echo')
    const [member] = await opened(stage, 'lanes', priority())
    expect(await statusOf(member)).toMatchObject({ state: 'waiting', lane: 'members', number: 1, position: 1 })
    const key = priority()
    await openLink(second, key)
    expect(await statusOf(second)).toMatchObject({ state: 'waiting', lane: 'members', number: 2, position: 2 })
    expect(await statusOf(first)).toMatchObject({ state: 'waiting', number: 2, position: 1 })
    expect((await stats(stage.workerd, 'lanes')).waiting).toBe(3)
    // The link again: the place stays, and no use is lost.
    await openLink(second, key)
    expect(await statusOf(second)).toMatchObject({ lane: 'members', number: 2 })
    await openLink(second, priority())
    expect(await statusOf(second)).toMatchObject({ lane: 'members', number: 2 })
    expect((await totals('lanes')).keysRedeemed).toBe(2)
    // A lane behind the present one is no better.
    await openLink(member, priority({ lane: 'friends' }))
    expect(await statusOf(member)).toMatchObject({ lane: 'members', number: 1 })
    const [friend] = await opened(stage, 'lanes', priority({ lane: 'friends' }))
    expect(await statusOf(friend)).toMatchObject({ lane: 'friends', position: 1 })
    const [skipper] = await opened(stage, 'lanes', accessKey('lanes', { type: 'skip', counted: true }))
    expect(await statusOf(skipper)).toMatchObject({ lane: 'skip', position: 1 })
    expect((await api().act('lanes', 'admit-next', { count: 1 })).status).toBe(200)
  })

  test('moves an entry out of a draw, and admits it before the drawn entries', async () => {
    const lobby = await Lobby.open(stage.workerd, 'lobby')
    const [entry, other] = await lobby.join(2)
    if (entry === undefined || other === undefined) throw new Error('nobody joined')
    await openLink(entry, accessKey('lobby', { type: 'priority' }))
    expect(await statusOf(entry)).toMatchObject({ state: 'lobby', lane: 'members' })
    await lobby.start()
    await expect.poll(async () => (await statusOf(entry)).state, { timeout: 60_000 }).toBe('admitted')
    expect((await statusOf(other)).state).toBe('waiting')
  })
})
