/**
 * Visitors are admitted in order of arrival: twenty programs like curl (with cookies, without
 * JavaScript) wait for a room of three.
 */
import { expect, test } from 'vitest'
import { type JournalEntry, journal } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { CURL, type Visitor } from './support/visitor.ts'

const CAPACITY = 3
const CLIENTS = 20

const stage = useStage([room('crowd', CAPACITY), room('steps', CAPACITY)])

test('admits a crowd that reloads at random in order of arrival, three at a time', async () => {
  const crowd = Array.from({ length: CLIENTS }, () => stage.visitor('crowd', CURL))
  const receivedNumbers = new Map<Visitor, number>()
  let onSite = 0
  let most = 0
  await Promise.all(
    crowd.map(async (client) => {
      let reply = await client.get('/echo')
      receivedNumbers.set(client, client.number)
      while (reply.status === 503) {
        expect(client.number).toBe(receivedNumbers.get(client))
        reply = await client.get('/echo')
      }
      expect(reply.status).toBe(200)
      expect(client.number).toBe(receivedNumbers.get(client))
      most = Math.max(most, ++onSite)
      expect((await client.post('/echo', 'order')).status).toBe(200)
      onSite--
      expect((await client.leave()).status).toBe(204)
    }),
  )
  const { entries } = await journal(stage.workerd, 'crowd')
  const arrivals = numbersOf(entries, 'joined')
  expect(arrivals).toEqual(Array.from({ length: CLIENTS }, (_, i) => i + 1))
  expect([...receivedNumbers.values()].sort((a, b) => a - b)).toEqual(arrivals)
  expect(numbersOf(entries, 'admitted')).toEqual(arrivals)
  expect(mostAtOnce(entries)).toBe(CAPACITY)
  expect(most).toBeLessThanOrEqual(CAPACITY)
})

test('admits only the longest-waiting visitor when someone leaves', async () => {
  const waiting: Visitor[] = []
  const onSite: Visitor[] = []
  for (let i = 1; i <= CLIENTS; i++) {
    const client = stage.visitor('steps', CURL)
    const { status } = await client.get('/echo')
    expect(client.number).toBe(i)
    expect(status).toBe(i <= CAPACITY ? 200 : 503)
    if (i <= CAPACITY) onSite.push(client)
    else waiting.push(client)
  }
  while (onSite.length > 0) {
    // Not always the first of the visitors on the site.
    const [leaver] = onSite.splice(waiting.length % onSite.length, 1)
    await leaver?.leave()
    const next = waiting.shift()
    if (next === undefined) continue
    await untilStatus(200, () => next.get('/echo'))
    onSite.push(next)
    const statuses = await Promise.all(waiting.map((client) => client.get('/echo').then(({ status }) => status)))
    expect(statuses).toEqual(waiting.map(() => 503))
  }
  const { entries } = await journal(stage.workerd, 'steps')
  expect(numbersOf(entries, 'admitted')).toEqual(Array.from({ length: CLIENTS }, (_, i) => i + 1))
  expect(mostAtOnce(entries)).toBe(CAPACITY)
})

function numbersOf(entries: readonly JournalEntry[], event: JournalEntry['event']): number[] {
  return entries.filter((entry) => entry.event === event).map(({ number }) => number)
}

/** The highest number of slots held at any time, according to the object's journal. */
function mostAtOnce(entries: readonly JournalEntry[]): number {
  const inside = new Set<number>()
  let most = 0
  for (const { event, number } of entries) {
    if (event === 'admitted') inside.add(number)
    else if (event === 'left' || event === 'expired' || event === 'ended') inside.delete(number)
    most = Math.max(most, inside.size)
  }
  return most
}
