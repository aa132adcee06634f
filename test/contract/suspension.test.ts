/**
 * A suspended room keeps everyone's session and place. The tests run in real time, with the
 * shortest time-outs that a room may have.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { journal } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { untilStatus } from './support/until.ts'

const SHORT = {
  session_timeout_seconds: 15,
  heartbeat_timeout_seconds: 15,
  check_interval_seconds: 5,
  reclaim_grace_seconds: 2,
}

/** Longer than the time-out, the grace period and two checks. */
const SUSPENDED_MS = 28_000

const BEAT = '/__waiting-room/heartbeat'

describe.concurrent('while a room is suspended', () => {
  const stage = useStage([room('short', 1, SHORT), room('beats', 1), room('off', 1, { suspended: true })])

  const api = () => new ApiClient(stage.workerd)
  const suspend = async (name: string, on: boolean) => {
    expect((await api().act(name, 'suspend', { on })).status).toBe(200)
    await untilStatus(on ? 200 : 503, () => stage.visitor(name).get('/'))
  }

  test('keeps every session and place, and continues unchanged afterwards', async () => {
    const guest = await stage.guest('short')
    await guest.post(BEAT)
    const [first, second] = [stage.visitor('short'), stage.visitor('short')]
    await first.get('/')
    await second.get('/')
    await suspend('short', true)
    await pause(SUSPENDED_MS)
    await suspend('short', false)
    expect((await guest.post(BEAT)).status).toBe(204)
    expect(guest.claims).toMatchObject({ kind: 'pass', number: 1 })
    const newcomer = stage.visitor('short')
    await newcomer.get('/')
    expect((await first.get('/__waiting-room/status')).json()).toMatchObject({ number: 2, position: 1 })
    expect((await second.get('/__waiting-room/status')).json()).toMatchObject({ number: 3, position: 2 })
    expect(newcomer.number).toBeGreaterThan(3)
    const { entries } = await journal(stage.workerd, 'short')
    const ended = entries.filter(({ event }) => event === 'expired' || event === 'forgotten')
    expect(ended.filter(({ number }) => number <= 3)).toEqual([])
  })

  test('answers a heartbeat with 204 and renews a pass or a ticket', async () => {
    const guest = await stage.guest('beats')
    const waiting = stage.visitor('beats')
    await waiting.get('/')
    await suspend('beats', true)
    for (const visitor of [guest, waiting]) {
      const { number, token } = visitor
      const beat = await visitor.post(BEAT)
      expect(beat.status).toBe(204)
      expect(beat.setCookies).toHaveLength(1)
      expect(visitor.number).toBe(number)
      expect(token).toBeDefined()
    }
    expect(waiting.holds).toBe('ticket')
  })

  test('answers heartbeats without a session with 204, but only from this site', async () => {
    const stranger = stage.visitor('off')
    expect((await stranger.post(BEAT)).status).toBe(204)
    expect((await stranger.post(BEAT, '{"touched":true}', { 'Content-Type': 'application/json' })).status).toBe(204)
    expect((await stranger.post(BEAT, '', { 'Waiting-Room-Token': 'no.token' })).status).toBe(204)
    expect((await stranger.post(BEAT, '', { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
    expect((await stranger.post(BEAT, '{')).status).toBe(400)
  })
})
