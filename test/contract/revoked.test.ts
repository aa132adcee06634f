/** Places that were taken away are told to whoever waits with them, at the next poll. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Desk } from './support/desk.ts'
import { room, useStage } from './support/stage.ts'
import { CURL } from './support/visitor.ts'

/** So long an isolate answers polls from the snapshot that it has: the shortest time between two polls of a page. */
const SNAPSHOT_MS = 2_000

const POLL = '/__waiting-room/status'

describe.concurrent('a ticket that is revoked while it waits', () => {
  const stage = useStage(['polls', 'reloads', 'program', 'lists'].map((name) => room(name, 1)))
  const revoke = (name: string, number: number) => new Desk(stage.workerd).act(name, 'revoke', { number })

  test('says so at the next poll of its page', async () => {
    await stage.guest('polls')
    const [revoked, next] = [stage.visitor('polls'), stage.visitor('polls')]
    await revoked.get('/')
    await next.get('/')
    expect((await revoke('polls', revoked.number)).status).toBe(200)
    await pause(SNAPSHOT_MS)
    expect((await revoked.get(POLL)).json()).toMatchObject({ state: 'expired', number: 2 })
    expect((await next.get(POLL)).json()).toMatchObject({ state: 'waiting', number: 3, position: 1 })
  })

  test('says so when its page is opened again', async () => {
    await stage.guest('reloads')
    const revoked = stage.visitor('reloads')
    await revoked.get('/')
    await revoke('reloads', revoked.number)
    await pause(SNAPSHOT_MS)
    await revoked.get('/')
    expect(revoked.holds).toBeUndefined()
  })

  test('says so to a program', async () => {
    const json = { Accept: 'application/json' }
    await stage.guest('program')
    const revoked = stage.visitor('program', { ...CURL, ...json })
    await revoked.get('/')
    await revoke('program', revoked.number)
    await pause(SNAPSHOT_MS)
    expect((await revoked.get('/')).json()).toMatchObject({ waitingRoom: { state: 'expired', number: 2 } })
  })

  test('says so of more than ride in a snapshot, too, of the newest at once', async () => {
    await stage.guest('lists')
    const visitors = Array.from({ length: 105 }, () => stage.visitor('lists'))
    for (const visitor of visitors) await visitor.get('/')
    for (const visitor of visitors) await revoke('lists', visitor.number)
    await pause(SNAPSHOT_MS)
    expect((await visitors.at(-1)?.get(POLL))?.json()).toMatchObject({ state: 'expired' })
  })
})
