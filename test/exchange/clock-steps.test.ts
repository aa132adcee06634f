/**
 * An isolate's clock is set back: earlier times count as old, and no request waits for the clock to
 * catch up.
 */
import { describe, expect, it } from 'vitest'
import { visit } from '../../src/gate/visit.ts'
import { PendingReports } from '../../src/room/pending-reports.ts'
import { parseRooms } from '../../src/settings/rooms.ts'
import { type PresentedToken, VerifiedTokens } from '../../src/tokens/presented.ts'
import { importSigningKeys } from '../../src/tokens/signing-keys.ts'
import { VirtualRoom } from './virtual-room.ts'

const [settings] = parseRooms([{ name: 'r', total_active_users: 1, new_users_per_minute: 60 }]).rooms ?? []
const keys = await importSigningKeys(`test:${'A'.repeat(43)}`)

const STEPS = [
  ['a second', 1_000],
  ['a minute', 60_000],
  ['an hour', 3_600_000],
  ['a day', 86_400_000],
] as const

async function ask(room: VirtualRoom, presented: PresentedToken[]) {
  if (settings === undefined) throw new Error('the settings cannot be used')
  const visiting = visit(
    {
      room: settings,
      client: room.client,
      keys,
      verified: new VerifiedTokens(),
      keepAlive: room,
      nowMs: room.nowMs,
      joinLimit: async () => null,
      joinDetails: async () => ({}),
      joinCheck: () => null,
      keyEntry: () => null,
      binding: null,
    },
    presented,
    { mayJoin: true },
  )
  await room.pass(1_500)
  return visiting
}

describe.each(STEPS)('after the clock is set back by %s', (_, stepMs) => {
  it('refreshes the snapshot', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    await room.pass(500)
    const calls = room.requests.length
    room.nowMs -= stepMs
    const refreshing = room.client.refresh(room.line.run, room)
    await room.pass(1_500)
    expect(await refreshing).toBe(true)
    expect(room.requests).toHaveLength(calls + 1)
  })

  it('keeps the snapshot fresh for requests that need no answer', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    await room.pass(3_000)
    room.client.keepFresh(room)
    await room.pass(500)
    const calls = room.requests.length
    room.nowMs -= stepMs
    room.client.keepFresh(room)
    await room.pass(1_500)
    expect(room.requests).toHaveLength(calls + 1)
  })

  it('confirms a ticket that was issued before', async () => {
    const room = new VirtualRoom({ capacity: 1 })
    await room.client.join(room)
    const joined = await ask(room, [])
    if (joined.state !== 'waiting') throw new Error(joined.state)
    room.nowMs -= stepMs + 1_700
    expect(await ask(room, [joined.ticket])).toMatchObject({ state: 'waiting', ticket: { renewed: true } })
  })

  it('renews a pass that was issued before, instead of accepting it for longer', async () => {
    const room = new VirtualRoom()
    const admitted = await ask(room, [])
    if (admitted.state !== 'admitted') throw new Error(admitted.state)
    room.nowMs -= stepMs + 1_700
    expect(await ask(room, [admitted.pass])).toMatchObject({ state: 'admitted', pass: { renewed: true } })
  })

  it('ends the wait of an unanswered request in time', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    room.holding = true
    const joining = room.client.join(room)
    await room.pass(100)
    room.nowMs -= stepMs
    await room.pass(stepMs + 20_000)
    expect((await joining).state).toBe('unreachable')
    expect(room.nowMs).toBeGreaterThan(0)
  })

  it('answers a waiting request within seconds', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    room.holding = true
    const joining = room.client.join(room)
    await room.pass(100)
    room.nowMs -= stepMs
    await room.pass(20)
    room.holding = false
    while (room.held.length > 0) room.release()
    await room.pass(5_000)
    expect((await joining).state).toBe('active')
  })

  it('does not keep an old report for ever', () => {
    const failed = new PendingReports()
    failed.hear(1, 1_000_000)
    const reports = new PendingReports()
    reports.putBack(failed, 1_000_000 - stepMs, 60_000)
    expect(reports.isEmpty).toBe(true)
  })
})
