/**
 * An isolate that is cut off keeps its reports for as long as they can still preserve a slot or a
 * place.
 */
import { describe, expect, it } from 'vitest'
import type { LineRules } from '../../src/core/rules.ts'
import { VirtualRoom } from './virtual-room.ts'

/** The isolate hears a session and is then cut off for `seconds`, while the object ticks. */
async function cutOff(room: VirtualRoom, number: number, seconds: number, beacon: boolean): Promise<void> {
  room.client.claim(room.line.run, number, { beacon, touched: false }, room)
  await room.pass(2_000)
  room.isCutOff = true
  room.client.hear(room.line.run, number, room)
  for (let passed = 0; passed < seconds; passed += 2) {
    await room.pass(2_000)
    // Other isolates keep calling.
    room.line.beginCall(room.nowMs)
    if (passed % 10 === 0) room.line.advance()
    // Requests that need an answer lead the isolate's next call.
    void room.client.refresh(room.line.run, room)
  }
  room.isCutOff = false
  void room.client.refresh(room.line.run, room)
  await room.pass(5_000)
}

const heardAgeMs = (room: VirtualRoom, number: number) => {
  const told = room.requests.flatMap(({ presence }) =>
    [...presence.numbers].map((n, i) => [n, presence.agesMs[i] as number] as const),
  )
  return told.filter(([n]) => n === number).at(-1)?.[1] ?? 0
}

describe('presence heard just before the isolate was cut off', () => {
  it.each<[string, Partial<LineRules>, boolean, number]>([
    ['of a session without a beacon, for 26 s', {}, false, 26],
    ['of a session without a beacon, for 50 s', {}, false, 50],
    ['of a session with a beacon and a time-out of 80 s, for 64 s', { sessionTimeoutSeconds: 80 }, true, 64],
    ['of a session with a time-out of 600 s, for 300 s', { sessionTimeoutSeconds: 600 }, true, 300],
    ['in a room whose waiting time-out is the longest, for 200 s', { heartbeatTimeoutSeconds: 240 }, false, 50],
  ])('reaches the object afterwards: %s', async (_, changes, beacon, seconds) => {
    const room = new VirtualRoom({ capacity: 1, ...changes })
    const { number } = (await room.client.join(room)) as { number: number }
    await cutOff(room, number, seconds, beacon)
    expect(heardAgeMs(room, number)).toBeGreaterThan((seconds - 5) * 1000)
    room.line.beginInternalEvent(room.nowMs)
    room.line.advance()
    expect(room.line.tickets.active).toBe(1)
  })

  it('is dropped once it is older than every limit of the room', async () => {
    const room = new VirtualRoom({ capacity: 1, reclaimGraceSeconds: 300 })
    const { number } = (await room.client.join(room)) as { number: number }
    await cutOff(room, number, 90, false)
    expect(heardAgeMs(room, number)).toBeLessThan(60_000)
    expect(room.line.tickets.active).toBe(0)
  })
})
