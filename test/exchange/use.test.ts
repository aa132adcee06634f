/** Use of a session rides along with presence when the room has an idle limit. */
import { describe, expect, it } from 'vitest'
import { parseRooms } from '../../src/settings/rooms.ts'
import { VirtualRoom } from './virtual-room.ts'

async function usedFor(room: VirtualRoom, seconds: number, everySeconds: number): Promise<string[]> {
  const { number } = (await room.client.join(room)) as { number: number }
  await room.pass(1_500)
  for (let passed = 0; passed < seconds; passed += everySeconds) {
    for (let second = 0; second < everySeconds; second += 5) {
      await room.pass(5_000)
      room.line.beginCall(room.nowMs)
      room.line.advance()
    }
    room.client.use(room.line.run, number, room)
    await room.pass(1_500)
  }
  return room.line.journal.of(number).map(({ event }) => event)
}

describe('use of a session', () => {
  it.each([
    [60, 10],
    [60, 50],
    [300, 45],
    [90, 5],
  ])('restarts an idle limit of %d s when it occurs every %d s', async (idleTimeoutSeconds, everySeconds) => {
    const room = new VirtualRoom({ idleTimeoutSeconds, sessionTimeoutSeconds: 600 })
    expect(await usedFor(room, 3 * idleTimeoutSeconds, everySeconds)).not.toContain('ended')
  })

  it('does not prevent the end when it is too rare', async () => {
    const room = new VirtualRoom({ idleTimeoutSeconds: 60, sessionTimeoutSeconds: 600 })
    expect(await usedFor(room, 200, 70)).toContain('ended')
  })

  it('is not reported when the room has no idle limit', async () => {
    const room = new VirtualRoom({ sessionTimeoutSeconds: 600 })
    await usedFor(room, 30, 5)
    expect(room.requests.some(({ touches }) => touches !== undefined)).toBe(false)
  })

  it('is reported with its age once the object can be reached again', async () => {
    const room = new VirtualRoom({ idleTimeoutSeconds: 60, sessionTimeoutSeconds: 600 })
    const { number } = (await room.client.join(room)) as { number: number }
    room.isCutOff = true
    room.client.use(room.line.run, number, room)
    await room.pass(30_000)
    room.isCutOff = false
    void room.client.refresh(room.line.run, room)
    await room.pass(5_000)
    const told = room.requests.findLast(({ touches }) => touches !== undefined)?.touches
    expect([...(told?.numbers ?? [])]).toEqual([number])
    expect(told?.agesMs[0]).toBeGreaterThanOrEqual(30_000)
  })

  it('is ignored when it belongs to another run', async () => {
    const room = new VirtualRoom({ idleTimeoutSeconds: 60 })
    const { number } = (await room.client.join(room)) as { number: number }
    room.client.use(room.line.run - 1, number, room)
    await room.pass(2_000)
    expect(room.requests.some(({ touches }) => touches !== undefined)).toBe(false)
  })
})

describe('idle_timeout_seconds', () => {
  const problemsOf = (idle: number) =>
    parseRooms([{ name: 'r', total_active_users: 1, new_users_per_minute: 1, idle_timeout_seconds: idle }]).problems

  it.each([1, 19, 20, 59])('rejects %d s, since use may be reported that late', (idle) => {
    expect(problemsOf(idle)).toEqual([
      'ROOMS[0].idle_timeout_seconds: must be 0 (off) or a whole number from 60 to 86400',
    ])
  })

  it.each([0, 60, 86_400])('accepts %d s', (idle) => expect(problemsOf(idle)).toEqual([]))
})
