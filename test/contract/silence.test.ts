/**
 * Visitors who vanish without a message are detected, not a moment early, even if the runtime was
 * killed meanwhile. Visitors who return keep their number. The tests run in real time, with the
 * shortest time-outs that a room may have.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { journal } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import type { Visitor } from './support/visitor.ts'

const TIMEOUT_SECONDS = 15
const POLL_MS = 500

const ROOMS = [
  room('quiet', 1, {
    session_timeout_seconds: TIMEOUT_SECONDS,
    heartbeat_timeout_seconds: TIMEOUT_SECONDS,
    check_interval_seconds: 5,
  }),
]

interface Status {
  readonly state: string
  readonly number: number
  readonly position: number
}

describe.concurrent('silence', () => {
  const stage = useStage(ROOMS)
  test('ends a session whose beacon falls silent, and admits the next visitor', async () => {
    const vanishing = await stage.guest('quiet')
    const next = stage.visitor('quiet')
    expect((await next.get('/echo')).status).toBe(503)
    const lastHeardMs = Date.now()
    expect((await vanishing.post('/__waiting-room/heartbeat')).status).toBe(204)
    await pollUntil(next, ({ state }) => state === 'admitted')
    expect(Date.now() - lastHeardMs).toBeGreaterThanOrEqual(TIMEOUT_SECONDS * 1000)
    const { entries } = await journal(stage.workerd, 'quiet')
    expect(entries.filter(({ number }) => number === 1).map(({ event }) => event)).toContain('expired')
    // The returning visitor keeps the old number, and waits because the slot is taken.
    expect((await vanishing.get('/echo')).status).toBe(503)
    expect(vanishing.claims).toMatchObject({ kind: 'ticket', number: 1 })
    await next.leave()
    await pollUntil(vanishing, ({ state }) => state === 'admitted')
    expect(vanishing.number).toBe(1)
  })

  const killed = useStage(ROOMS)
  test('passes over a silent waiting visitor, even if the runtime was killed meanwhile', async () => {
    await killed.guest('quiet')
    const [silent, other] = [killed.visitor('quiet'), killed.visitor('quiet')]
    const lastHeardMs = Date.now()
    await silent.get('/')
    await other.get('/')
    expect([silent.number, other.number]).toEqual([2, 3])
    await killed.workerd.restart()
    expect(await poll(other)).toMatchObject({ state: 'waiting', number: 3, position: 2 })
    await pollUntil(other, ({ position }) => position === 1)
    expect(Date.now() - lastHeardMs).toBeGreaterThanOrEqual(TIMEOUT_SECONDS * 1000)
    // The place was only passed over, not lost.
    await silent.get('/')
    expect(await pollUntil(other, ({ position }) => position === 2)).toMatchObject({ state: 'waiting', number: 3 })
    expect(await poll(silent)).toMatchObject({ state: 'waiting', number: 2, position: 1 })
  })
})

async function poll(visitor: Visitor): Promise<Status> {
  return (await visitor.get('/__waiting-room/status')).json<Status>()
}

/** Polls as the waiting page does, only more often. The test's time-out bounds it. */
async function pollUntil(visitor: Visitor, isDone: (status: Status) => boolean): Promise<Status> {
  for (;;) {
    const status = await poll(visitor)
    if (isDone(status)) return status
    await pause(POLL_MS)
  }
}
