/**
 * Which requests count as use of a session for `idle_timeout_seconds`. Runs in real time, with the
 * shortest allowed limit.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { journal } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import type { Visitor } from './support/visitor.ts'

const IDLE_SECONDS = 60
const USE_EVERY_MS = 5_000

const stage = useStage([
  room('used', 10, {
    idle_timeout_seconds: IDLE_SECONDS,
    session_heartbeat: 'requests',
    session_timeout_seconds: 300,
    check_interval_seconds: 5,
  }),
])

const IMAGE = { Accept: 'image/avif,image/webp,*/*', 'Sec-Fetch-Dest': 'image', 'Sec-Fetch-Mode': 'no-cors' }
const SCRIPT = { Accept: '*/*', 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'same-origin' }

const USES: Readonly<Record<string, (visitor: Visitor) => Promise<unknown>>> = {
  click: (visitor) => visitor.get('/page'),
  image: (visitor) => visitor.get('/echo', IMAGE),
  'call of a script': (visitor) => visitor.get('/echo', SCRIPT),
  form: (visitor) => visitor.post('/echo', 'a=1'),
}

async function ended(): Promise<number[]> {
  const { entries } = await journal(stage.workerd, 'used')
  return entries.filter(({ event }) => event === 'ended').map(({ number }) => number)
}

test('ends an unused session although its page polls, and keeps used sessions', async () => {
  const startMs = performance.now()
  const unused = await stage.guest('used')
  // Its next poll after the end joins again, with another number.
  const { number } = unused
  const used = await Promise.all(Object.values(USES).map(async (use) => ({ use, visitor: await stage.guest('used') })))
  // The used sessions began later, and have been used for longer than the limit when the first
  // session ends.
  while ((await ended()).length === 0) {
    await pause(USE_EVERY_MS)
    await Promise.all([unused.get('/__waiting-room/status'), ...used.map(({ use, visitor }) => use(visitor))])
  }
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(IDLE_SECONDS * 1000)
  await pause(2 * USE_EVERY_MS)
  expect(await ended()).toEqual([number])
})
