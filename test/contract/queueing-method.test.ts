/** Queueing methods other than the order of arrival, as visitors and operators see them. */
import { expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { untilJson, untilStatus } from './support/until.ts'
import { CURL } from './support/visitor.ts'

const stage = useStage([
  room('observed', 2, { queueing_method: 'passthrough', turnstile_mode: 'off' }),
  room('closing', 1, { queueing_method: 'passthrough' }),
  room('switched', 1),
  room('refusing', 1, { queueing_method: 'reject' }),
  room('drawn', 1, { queueing_method: 'random' }),
  room('draws', 1, { queueing_method: 'random' }),
])

const BEAT = '/__waiting-room/heartbeat'
const STATUS = '/__waiting-room/status'
const JSON_READER = { ...CURL, Accept: 'application/json' }

async function setMethod(name: string, method: string): Promise<void> {
  const reply = await new ApiClient(stage.workerd).call(
    'PATCH',
    `/rooms/${name}/settings`,
    { queueing_method: method },
    { 'If-Match': '*' },
  )
  expect(reply.status).toBe(200)
}

test('passthrough sends everyone to the site and counts who would wait', async () => {
  const visitors = Array.from({ length: 5 }, () => stage.visitor('observed'))
  for (const visitor of visitors) {
    const reply = await visitor.get('/echo')
    expect(reply.status).toBe(200)
    expect(visitor.holds).toBe('pass')
    expect(reply.json<{ headers: Record<string, string> }>().headers['waiting-room-pass']).toBe(visitor.token)
  }
  expect(await stats(stage.workerd, 'observed')).toMatchObject({ active: 2, waiting: 3, capacity: 2 })
  const last = visitors[4] as (typeof visitors)[number]
  expect((await last.post(BEAT)).status).toBe(204)
  expect((await last.get(STATUS)).json()).toMatchObject({ state: 'admitted' })
  expect((await last.get('/echo', { Accept: 'image/png' })).status).toBe(200)
  // An image without a token is let through, too, and is nobody.
  expect((await stage.visitor('observed', { ...CURL, 'Sec-Fetch-Dest': 'image' }).get('/echo')).status).toBe(200)
  expect(await stats(stage.workerd, 'observed')).toMatchObject({ active: 2, waiting: 3, totals: { fullAnswers: 0 } })

  // A visitor who leaves makes room in the line, as if it held people.
  await (visitors[0] as (typeof visitors)[number]).post('/__waiting-room/leave', '{"final":true}')
  await untilJson({ active: 2, waiting: 2 }, () => new ApiClient(stage.workerd).get('/rooms/observed/stats'))
})

test('operators get advice once there are enough figures', async () => {
  await stage.guest('drawn')
  const reply = await new ApiClient(stage.workerd).get('/rooms/drawn/advice')
  expect(reply.json()).toMatchObject({ room: 'drawn', sessions: expect.any(Number), suggested: null })
})

test('passthrough lets visitors through whom the room would refuse', async () => {
  expect((await new ApiClient(stage.workerd).act('closing', 'close', {})).status).toBe(200)
  const visitor = stage.visitor('closing')
  expect((await visitor.get('/echo')).status).toBe(200)
})

test('a change to passthrough admits everyone who waits, and a change back restores their places', async () => {
  await stage.guest('switched')
  const [first, second] = [stage.visitor('switched', JSON_READER), stage.visitor('switched', JSON_READER)]
  for (const visitor of [first, second]) expect((await visitor.get('/echo')).status).toBe(503)
  expect((await first.get(STATUS)).json()).toMatchObject({ state: 'waiting', position: 1 })
  const ticket = first.token as string
  await setMethod('switched', 'passthrough')
  await untilStatus(200, () => first.get('/echo'))
  expect((await second.get('/echo')).status).toBe(200)
  expect((await second.get('/__waiting-room/status')).json()).toMatchObject({ state: 'admitted' })
  expect(await stats(stage.workerd, 'switched')).toMatchObject({ active: 1, waiting: 2 })

  await setMethod('switched', 'fifo')
  await untilStatus(503, () => stage.visitor('switched', JSON_READER).get('/echo'))
  // Their passes are valid for a minute at most; visitors without one wait at the old place.
  const again = await stage.visitor('switched', JSON_READER).get(STATUS, { 'Waiting-Room-Token': ticket })
  expect(again.json()).toMatchObject({ state: 'waiting', number: first.number, position: 1 })
})

test('reject refuses newcomers who would wait, without a ticket, and admits them while a slot is free', async () => {
  const guest = await stage.guest('refusing')
  const visitor = stage.visitor('refusing', JSON_READER)
  const reply = await visitor.get('/echo')
  expect([reply.status, visitor.token]).toEqual([503, undefined])
  expect(reply.json()).toMatchObject({
    cfWaitingRoom: { queueIsFull: true, queueingMethod: 'reject', isRejectQueue: true, isFIFOQueue: false },
    waitingRoom: { state: 'full', number: null },
  })
  expect(await stats(stage.workerd, 'refusing')).toMatchObject({ waiting: 0 })
  expect((await visitor.get(STATUS)).json()).toMatchObject({ state: 'full' })
  await guest.post('/__waiting-room/leave', '{"final":true}')
  await untilStatus(200, () => visitor.get('/echo'))
  // The counts ride along with the call that admitted the visitor, or with a later one.
  const fullAnswers = async () => (await stats(stage.workerd, 'refusing')).totals?.fullAnswers
  await expect.poll(fullAnswers).toBeGreaterThanOrEqual(2)
})

test('random gives numbers in random order, shows positions, and admits everyone once', async () => {
  const guest = await stage.guest('draws')
  const crowd = Array.from({ length: 12 }, () => stage.visitor('draws', JSON_READER))
  for (const visitor of crowd) await visitor.get('/echo')
  const numbers = crowd.map(({ number }) => number as number)
  expect(numbers).not.toEqual(numbers.toSorted((a, b) => a - b))
  const told = await crowd[3]?.get(STATUS)
  const ahead = numbers.filter((number) => number < (numbers[3] as number)).length
  expect(told?.json()).toMatchObject({ state: 'waiting', position: ahead + 1, method: 'random' })
  const [next] = crowd.toSorted((a, b) => (a.number as number) - (b.number as number))
  await guest.post('/__waiting-room/leave', '{"final":true}')
  await untilStatus(200, () => (next as (typeof crowd)[number]).get('/echo'))
})
