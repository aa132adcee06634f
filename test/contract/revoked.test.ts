/** Visitors whose waiting place was revoked are told as soon as an isolate renews its snapshot. */
import { describe, expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { room, useStage } from './support/stage.ts'
import { untilJson } from './support/until.ts'
import { CURL, type Visitor } from './support/visitor.ts'

const POLL = '/__waiting-room/status'

describe.concurrent('a ticket that is revoked while it waits', () => {
  const stage = useStage(['polls', 'copies', 'reloads', 'program', 'lists'].map((name) => room(name, 1)))
  const revoke = (name: string, number: number) => new ApiClient(stage.workerd).act(name, 'revoke', { number })

  test('is reported when its page polls', async () => {
    await stage.guest('polls')
    const [revoked, next] = [stage.visitor('polls'), stage.visitor('polls')]
    await revoked.get('/')
    await next.get('/')
    expect((await revoke('polls', revoked.number)).status).toBe(200)
    await untilJson({ state: 'expired', number: 2 }, () => revoked.get(POLL))
    expect((await next.get(POLL)).json()).toMatchObject({ state: 'waiting', number: 3, position: 1 })
  })

  test('is reported to another copy of a ticket that was given up', async () => {
    await stage.guest('copies')
    const [first, next] = [stage.visitor('copies'), stage.visitor('copies')]
    await first.get('/')
    await next.get('/')
    const copy = stage.visitor('copies', { 'Waiting-Room-Token': `${first.token}` })
    expect((await copy.get(POLL)).json()).toMatchObject({ state: 'waiting', number: 2 })
    await first.leave()
    await untilJson({ state: 'left', number: 2 }, () => copy.get(POLL))
    expect((await next.get(POLL)).json()).toMatchObject({ state: 'waiting', number: 3, position: 1 })
  })

  test('is reported when its page is opened again', async ({ expect }) => {
    await stage.guest('reloads')
    const revoked = stage.visitor('reloads')
    await revoked.get('/')
    await revoke('reloads', revoked.number)
    await expect.poll(() => revoked.get('/').then(() => revoked.holds)).toBeUndefined()
  })

  test('is reported to a program', async ({ expect }) => {
    const json = { Accept: 'application/json' }
    await stage.guest('program')
    const revoked = stage.visitor('program', { ...CURL, ...json })
    await revoked.get('/')
    await revoke('program', revoked.number)
    const body = async () => (await revoked.get('/')).json()
    await expect.poll(body).toMatchObject({ waitingRoom: { state: 'expired', number: 2 } })
  })

  test('is reported even when a snapshot cannot list all revoked tickets, the newest first', async () => {
    await stage.guest('lists')
    const visitors = Array.from({ length: 105 }, () => stage.visitor('lists'))
    for (const visitor of visitors) await visitor.get('/')
    for (const visitor of visitors) await revoke('lists', visitor.number)
    await untilJson({ state: 'expired' }, () => (visitors.at(-1) as Visitor).get(POLL))
  })
})
