/**
 * Visitors while the directory of the runtime rooms is out of reach: at isolates that have its
 * list, at new ones, and at new ones of a location whose cache has the list.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { buildWith } from './support/build-with.ts'
import { LocationCache } from './support/location-cache.ts'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { CURL, Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const PROGRAM = { ...CURL, Accept: 'application/json' }
const rooms = [room('deployed', 1)]
const { name: _, ...document } = room('sale', 1)

let origin: Origin
let workerd: Workerd
let cache: LocationCache

/** With one visitor on the site of each room, so that the next one waits. */
async function start(more: { locationCache?: string } = {}): Promise<void> {
  workerd = await Workerd.start({ rooms, originUrl: origin.url, twin: true, ...more }, buildWith('lost-directory.js'))
  const created = await new ApiClient(workerd).call('PUT', '/rooms/sale', document)
  expect(created.status).toBe(201)
  for (const name of ['sale', 'deployed']) expect((await visitor(name).get('/echo')).status).toBe(200)
}

const visitor = (name: string) => new Visitor(workerd, `${name}.test`, PROGRAM)
const elsewhere = (name: string) => new Visitor(workerd.twin, `${name}.test`, PROGRAM)
const directory = (state: 'lost' | 'hangs' | 'reached') => visitor('deployed').get(`/test-directory/${state}`)
const restart = (state: 'lost' | 'hangs') => workerd.restart({ secrets: { TEST_DIRECTORY: state } })

beforeAll(async () => {
  origin = await Origin.start(0)
  cache = await LocationCache.start()
})
beforeEach(() => () => workerd?.stop())
afterAll(async () => {
  await cache?.stop()
  await origin?.stop()
})

test('isolates that have the list keep it, and read changes when the directory comes back', async () => {
  await start()
  const waiting = elsewhere('sale')
  await untilStatus(503, () => waiting.get('/echo'))
  await directory('lost')
  await expect
    .poll(async () => {
      expect((await elsewhere('sale').get('/echo')).status).toBe(503)
      return workerd.log
    })
    .toContain('directory_unreachable')
  // The change is stored, and the room's object has it. The isolate hears of it later.
  const changed = await new ApiClient(workerd).call('PATCH', '/rooms/sale', { path: '/other' }, { 'If-Match': '*' })
  expect(changed.status).toBe(200)
  expect((await elsewhere('sale').get('/echo')).status).toBe(503)
  await directory('reached')
  await untilStatus(200, () => elsewhere('sale').get('/echo'))
})

test.each(['lost', 'hangs'] as const)(
  'new isolates serve the deployed rooms only (the directory: %s)',
  async (state) => {
    await start()
    const waiting = visitor('sale')
    await untilStatus(503, () => waiting.get('/echo'))
    const { number } = waiting
    await restart(state)
    for (const from of [visitor, elsewhere]) {
      expect((await from('deployed').get('/echo')).status).toBe(503)
      // Nothing says that a room covers it.
      expect((await from('sale').get('/echo')).status).toBe(200)
    }
    // The waiting page takes this for a room that is gone, and loads the site.
    expect((await waiting.get('/__waiting-room/status?room=sale')).status).toBe(404)
    await directory('reached')
    await untilStatus(503, () => waiting.get('/echo'))
    expect(waiting.number).toBe(number)
  },
)

test('new isolates use the list in the cache of their location', async () => {
  await start({ locationCache: cache.address })
  await expect
    .poll(async () => {
      await visitor('sale').get('/echo')
      return cache.textOf('/list')
    })
    .toContain('sale.test')
  for (const state of ['lost', 'hangs'] as const) {
    await restart(state)
    expect((await elsewhere('sale').get('/echo')).status).toBe(503)
    expect((await visitor('sale').get('/echo')).status).toBe(503)
  }
})
