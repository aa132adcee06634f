/**
 * An object without people is idle: nothing pending keeps it in memory, where Cloudflare bills it.
 * The runtime removes an idle object from memory after 10 s, so its counter of calls starts over.
 */
import { expect, test } from 'vitest'
import { stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'

const EVERY_5_SECONDS = { check_interval_seconds: 5 }
const stage = useStage([room('emptied', 1, EVERY_5_SECONDS), room('placed', 1, { jurisdiction: 'eu' })])

/** Looking wakes the object, so the pauses grow until one is long enough. */
const FIRST_PAUSE_MS = 18_000

test('leaves the memory once the last visitor is gone', async () => {
  const guest = await stage.guest('emptied')
  await guest.leave()
  expect(await stats(stage.workerd, 'emptied')).toMatchObject({ active: 0, totals: { left: 1 } })
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 1.5) {
    await new Promise((resume) => setTimeout(resume, pauseMs))
    const { calls, totals } = await stats(stage.workerd, 'emptied')
    expect(totals?.left).toBe(1)
    if (calls === 0) break
  }
})

test('the local runtime serves a room with a jurisdiction', async () => {
  await stage.guest('placed')
  expect(await stats(stage.workerd, 'placed')).toMatchObject({ active: 1 })
})
