/**
 * 200 rooms are created, changed, drifted and deleted while a crowd waits in three of them. Nobody
 * loses a place, and all isolates agree within 5 s.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { expect, inject, test } from 'vitest'
import { writtenRooms } from '../../scripts/rooms/rooms-file.ts'
import { ApiClient } from './support/api-client.ts'
import { runRooms } from './support/rooms-script.ts'
import { room, useStage } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { CURL, Visitor } from './support/visitor.ts'
import type { Server } from './support/workerd.ts'

const ROOMS = 200
const CROWDED = ['r0', 'r1', 'r2']
const WAITING_IN_EACH = 12
/** The promise is 5 s; the rest is for a busy machine. */
const AGREE_WITHIN_MS = 5_000

const stage = useStage([room('deployed', 5)], { twin: true })

type Tables = Map<string, Readonly<Record<string, unknown>>>

function tables(capacityOf: (i: number) => number): Tables {
  const all = Array.from({ length: ROOMS }, (_, i) => room(`r${i}`, capacityOf(i)))
  return new Map(all.map(({ name, ...document }) => [name as string, document]))
}

async function rooms(command: string, wanted: Tables, ...options: string[]): Promise<number> {
  const file = `${mkdtempSync(`${inject('scratch')}/crowd-`)}/rooms.toml`
  writeFileSync(file, writtenRooms(wanted, false))
  const { code, errors } = await runRooms(stage.workerd, [command, file, ...options])
  expect(errors).toBe('')
  return code
}

/** Whether a newcomer of an isolate meets the room; the site answers 200. */
async function isCovered(server: Server, name: string): Promise<boolean> {
  const newcomer = new Visitor(server, `${name}.test`, CURL)
  const reply = await newcomer.get('/echo')
  if (newcomer.token === undefined) return reply.status !== 200
  await newcomer.leave()
  return true
}

async function untilAgreed(names: readonly string[], isExpected: boolean): Promise<number> {
  const startMs = performance.now()
  const { workerd } = stage
  const ask = () =>
    Promise.all([workerd, workerd.twin].flatMap((server) => names.map((name) => isCovered(server, name))))
  const agree = async () => (await ask()).every((covered) => covered === isExpected)
  await expect.poll(agree, { interval: 200 }).toBe(true)
  return performance.now() - startMs
}

test('nobody loses a place while 200 rooms are created, changed, and deleted', async () => {
  const { workerd } = stage
  const api = new ApiClient(workerd)
  // Both isolates know the list without the rooms.
  for (const server of [workerd, workerd.twin]) expect(await isCovered(server, 'r0')).toBe(false)

  const created = tables(() => 1)
  expect(await rooms('apply', created)).toBe(0)
  expect(await untilAgreed(['r1', 'r100', 'r199'], true)).toBeLessThan(AGREE_WITHIN_MS)

  const crowds = CROWDED.map((name) =>
    Array.from({ length: WAITING_IN_EACH }, (_, i) => {
      return new Visitor(i % 2 === 0 ? workerd : workerd.twin, `${name}.test`, CURL)
    }),
  )
  const everyone = crowds.flat()
  await Promise.all(everyone.map((visitor) => visitor.get('/echo')))
  const numbers = everyone.map(({ number }) => number)
  const poll = () => Promise.all(everyone.map((visitor) => visitor.get('/__waiting-room/status')))

  // Changed: two of three get another capacity. Drifted: by hand, and put back.
  const changed = tables((i) => (i === 2 ? 1 : 2))
  const changing = rooms('apply', changed)
  await poll()
  expect(await changing).toBe(0)
  await api.call('PATCH', '/rooms/r1', { total_active_users: 7, message: null }, { 'If-Match': '*' })
  expect(await rooms('plan', changed)).toBe(2)
  expect(await rooms('apply', changed)).toBe(0)
  expect(await rooms('plan', changed)).toBe(0)

  // All others go.
  const kept = new Map([...changed].slice(0, CROWDED.length))
  const deleting = rooms('apply', kept, '--prune', '--drain')
  await poll()
  expect(await deleting).toBe(0)
  expect(await untilAgreed(['r100', 'r199'], false)).toBeLessThan(AGREE_WITHIN_MS)

  // The places are those of the beginning, and lead to the site in their order.
  await poll()
  expect(everyone.map(({ number }) => number)).toEqual(numbers)
  await Promise.all(
    crowds.map(async (crowd) => {
      for (const visitor of [...crowd].sort((a, b) => a.number - b.number)) {
        await untilStatus(200, () => visitor.get('/echo'))
        expect((await visitor.leave()).status).toBe(204)
      }
    }),
  )
  expect(await rooms('apply', new Map(), '--prune', '--drain')).toBe(0)
})
