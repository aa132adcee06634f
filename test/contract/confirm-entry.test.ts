/** A visitor is called while nobody looks at the page: `confirm_entry_seconds`, over HTTP. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { journal, stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import type { Visitor } from './support/visitor.ts'

const POLL_MS = 500
const HELD_SECONDS = 15

const stage = useStage([
  room('held', 1, { confirm_entry_seconds: 600 }),
  room('missed', 1, { confirm_entry_seconds: HELD_SECONDS, check_interval_seconds: 5 }),
  room('off', 1),
])

interface Status {
  readonly state: string
  readonly number: number | null
  readonly enterBy?: string
  readonly serverTime?: string
}

const poll = async (visitor: Visitor, page: 'hidden' | '1') =>
  (await visitor.get('/__waiting-room/status', { 'Waiting-Room-Page': page })).json<Status>()

async function pollUntil(visitor: Visitor, page: 'hidden' | '1', state: string): Promise<Status> {
  for (;;) {
    const status = await poll(visitor, page)
    if (status.state === state) return status
    await pause(POLL_MS)
  }
}

/** The only slot is offered to a visitor whose page is hidden. */
async function called(name: string): Promise<Visitor> {
  const guest = await stage.guest(name)
  const visitor = stage.visitor(name)
  await visitor.get('/echo')
  await guest.leave()
  return visitor
}

test('holds the slot of a page that nobody looks at, and lets the visitor in by a poll of a visible page', async () => {
  const visitor = await called('held')
  const { number, enterBy = '', serverTime = '' } = await pollUntil(visitor, 'hidden', 'called')
  expect([number, visitor.holds]).toEqual([2, 'ticket'])
  const heldSeconds = (Date.parse(enterBy) - Date.parse(serverTime)) / 1000
  expect(heldSeconds).toBeGreaterThan(500)
  expect(heldSeconds).toBeLessThanOrEqual(600)
  expect(await stats(stage.workerd, 'held')).toMatchObject({ active: 1, offered: 1 })
  expect(await poll(visitor, '1')).toMatchObject({ state: 'admitted' })
  expect(visitor.holds).toBe('pass')
  // The button is a link to the requested address, which works without a poll, too.
  const next = stage.visitor('held')
  await next.get('/echo')
  await visitor.leave()
  await pollUntil(next, 'hidden', 'called')
  expect((await next.get('/echo')).status).toBe(200)
})

test('gives the slot to the next visitor when nobody comes, and counts a no-show', async () => {
  const visitor = await called('missed')
  const next = stage.visitor('missed')
  await next.get('/echo')
  // However late this answer comes, it tells the same end. The object counts whole seconds.
  const { enterBy = '' } = await pollUntil(visitor, 'hidden', 'called')
  await Promise.all([pollUntil(visitor, 'hidden', 'expired'), pollUntil(next, '1', 'admitted')])
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(enterBy) - 1000)
  const { totals } = await stats(stage.workerd, 'missed')
  expect(totals).toMatchObject({ noShows: 1 })
  const { entries } = await journal(stage.workerd, 'missed')
  expect(entries.filter(({ number }) => number === 2).map(({ event }) => event)).toEqual([
    'joined',
    'admitted',
    'missed',
  ])
  const report = await new ApiClient(stage.workerd).get('/rooms/missed/tickets/2')
  expect(report.json()).toMatchObject({ state: 'gone', ended: 'missed' })
})

test('lets a hidden page in at once in a room that holds no slots', async () => {
  expect(await pollUntil(await called('off'), 'hidden', 'admitted')).toMatchObject({ number: 2 })
})
