/** The event in the status of visitors who wait through more than one. */
import { expect, it } from 'vitest'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { waitingStatus } from '../../src/gate/visitor-status.ts'
import { DrivenLine, START_MS } from '../core/support/driven-line.ts'
import { event } from '../core/support/events.ts'

const SHOP = { name: 'shop', prefix: '/__waiting-room' }
const HOUR_MS = 3_600_000

it('shows a rank only under the event that it was drawn in', () => {
  const first = event({ endAtMs: START_MS + HOUR_MS })
  const [lobbyAtMs, startAtMs, endAtMs] = [2, 3, 4].map((hours) => START_MS + hours * HOUR_MS) as [
    number,
    number,
    number,
  ]
  const second = event({ id: 'next', name: 'Next sale', secret: 'f'.repeat(64), lobbyAtMs, startAtMs, endAtMs })
  const line = new DrivenLine({ capacity: 1 }, [first, second])
  line.pass(60)
  const entries = line.join(9)
  const statusOf = (number: number) => {
    line.hear(entries)
    return waitingStatus(SHOP, new SnapshotView(takeSnapshot(line.line, line.nowMs)), { number })
  }
  for (let waited = 60; waited < 600; waited += 10) line.pass(10).hear(entries)
  const ranked = statusOf(5)
  expect(ranked.event).toMatchObject({ name: 'Autumn sale', entry: 5, entries: 9 })
  expect(ranked.event?.rank).toBe(ranked.number)
  for (let waited = 600; waited < 2.5 * 3_600; waited += 10) line.pass(10).hear(entries)
  expect(statusOf(5)).toMatchObject({
    state: 'lobby',
    position: expect.any(Number),
    event: { name: 'Next sale', entry: 5, rank: null, entries: null },
  })
})
