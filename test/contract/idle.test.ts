/** What counts as use of a session for `idle_timeout_seconds`. Time itself is tested, with the shortest limit there is. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { journal } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import type { Visitor } from './support/visitor.ts'

const IDLE_SECONDS = 60
const USED_FOR_MS = (IDLE_SECONDS + 20) * 1000

const idle = (name: string) =>
  room(name, 10, {
    idle_timeout_seconds: IDLE_SECONDS,
    session_heartbeat: 'requests',
    session_timeout_seconds: 300,
    check_interval_seconds: 5,
  })

const IMAGE = { Accept: 'image/avif,image/webp,*/*', 'Sec-Fetch-Dest': 'image', 'Sec-Fetch-Mode': 'no-cors' }
const SCRIPT = { Accept: '*/*', 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'same-origin' }

describe.concurrent('a session with an idle limit', () => {
  const stage = useStage([idle('used')])

  async function eventsAfter(visitor: Visitor, use: (visitor: Visitor) => Promise<unknown>): Promise<string[]> {
    const number = visitor.number
    const untilMs = Date.now() + USED_FOR_MS
    while (Date.now() < untilMs) {
      await pause(10_000)
      await use(visitor)
    }
    const { entries } = await journal(stage.workerd, 'used')
    return entries.filter((entry) => entry.number === number).map(({ event }) => event)
  }

  test.each<[string, (visitor: Visitor) => Promise<unknown>]>([
    ['a click every 10 s', (visitor) => visitor.get('/page')],
    ['an image every 10 s', (visitor) => visitor.get('/echo', IMAGE)],
    ['a call of a script every 10 s', (visitor) => visitor.get('/echo', SCRIPT)],
    ['a form every 10 s', (visitor) => visitor.post('/echo', 'a=1')],
  ])('stays while it is used: %s', { timeout: 120_000 }, async (_, use) => {
    expect(await eventsAfter(await stage.guest('used'), use)).not.toContain('ended')
  })

  test('ends when nobody uses it, though its page polls', { timeout: 120_000 }, async () => {
    const guest = await stage.guest('used')
    expect(await eventsAfter(guest, () => guest.get('/__waiting-room/status'))).toContain('ended')
  })
})
