/** `npm run rooms` against a real Worker: plan, apply, export, and their exit statuses. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'smol-toml'
import { beforeAll, expect, inject, it } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { runRooms } from './support/rooms-script.ts'
import { room, useStage } from './support/stage.ts'

const PROJECT = resolve(import.meta.dirname, '../..')
const READER = 'reader-token-of-the-rooms-tests'
const stage = useStage([room('deployed', 5)], { adminToken: `ann:token-of-the-pipeline,rita:${READER}:read` })

let folder: string
beforeAll(() => {
  folder = mkdtempSync(`${inject('scratch')}/rooms-`)
})

const rooms = (...args: string[]) => runRooms(stage.workerd, args, 'token-of-the-pipeline')
const api = () => new ApiClient(stage.workerd, { Authorization: 'Bearer token-of-the-pipeline' })

function file(text: string, name = 'rooms.toml'): string {
  writeFileSync(`${folder}/${name}`, text)
  return `${folder}/${name}`
}

const table = (name: string, more = '') =>
  `[[rooms]]\nname = "${name}"\nhost = "${name}.test"\ntotal_active_users = 5\nnew_users_per_minute = 60\nforce_https = false\n${more}\n`

it('plans, applies, and then has nothing to do', async () => {
  const both = file(table('a', 'lanes = [{ name = "vip", weight = 5 }]') + table('b'))
  const planned = await rooms('plan', both)
  expect([planned.code, planned.errors]).toEqual([2, ''])
  expect(planned.out).toContain('+ a\n    + host = "a.test"')
  expect(planned.out).toContain('2 to create, 0 to change, 0 to delete, 0 unchanged')
  expect(await rooms('apply', both)).toMatchObject({ code: 0, errors: '' })
  expect(await rooms('plan', both)).toMatchObject({
    code: 0,
    out: '0 to create, 0 to change, 0 to delete, 2 unchanged',
  })
  const again = await rooms('apply', both, '--json')
  expect(JSON.parse(again.out)).toMatchObject({ steps: [], unchanged: ['a', 'b'], failures: [] })
  expect((await api().get('/rooms/a')).json()).toMatchObject({ lanes: [{ name: 'vip', weight: 5 }] })
})

it('shows what somebody else has changed, and puts it back', async () => {
  const one = file(table('drifting'))
  await rooms('apply', one)
  await api().call('PATCH', '/rooms/drifting', { total_active_users: 9, path: '/x' }, { 'If-Match': '*' })
  const planned = await rooms('plan', one)
  expect(planned.code).toBe(2)
  expect(planned.out).toMatch(/~ drifting {2}\(last changed by ann, \d{4}-/)
  expect(planned.out).toContain('    ~ total_active_users: 9 -> 5\n    - path = "/x"')
  expect((await rooms('apply', one)).code).toBe(0)
  expect((await rooms('plan', one)).code).toBe(0)
})

it('deletes only with --prune, and with --drain while people are in the room', async () => {
  await rooms('apply', file(table('busy') + table('idle')))
  const guest = await stage.guest('busy')
  const kept = file(table('kept'), 'kept.toml')
  await rooms('apply', kept)
  const planned = await rooms('plan', kept)
  expect(planned.code).toBe(0)
  expect(planned.out).toMatch(/kept without --prune: .*busy.*idle/)
  const refused = await rooms('apply', kept, '--prune')
  expect([refused.code, refused.errors]).toEqual([1, expect.stringMatching(/busy: The room is in use \(409\): 0 wait/)])
  expect((await api().get('/rooms/idle')).status).toBe(404)
  expect((await rooms('apply', kept, '--prune', '--drain')).code).toBe(0)
  await guest.leave()
  await expect.poll(async () => (await rooms('plan', kept, '--prune')).code).toBe(0)
})

it('moves a host and path from one room to another', async () => {
  const host = (name: string, of: string) => table(name).replace(`${name}.test`, `${of}.test`)
  await rooms('apply', file(host('old', 'moving')))
  const moved = file(host('new', 'moving') + host('old', 'former'))
  expect((await rooms('plan', moved)).code).toBe(2)
  expect(await rooms('apply', moved)).toMatchObject({ code: 0, errors: '' })
})

it('changes nothing if a document is invalid, or a room is deployed', async () => {
  const invalid = file(table('fine') + table('broken', 'colour = "red"') + table('deployed'))
  for (const command of ['plan', 'apply']) {
    const { code, errors } = await rooms(command, invalid)
    expect([code, errors]).toEqual([1, expect.stringContaining('broken: Bad body (400): "colour" there is no such')])
    expect(errors).toContain('deployed: is deployed: change it in wrangler.toml')
  }
  expect((await api().get('/rooms/fine')).status).toBe(404)
})

it('exports what it would apply, as TOML and as JSON', async () => {
  const { rooms: live } = (await api().get('/directory')).json<{ rooms: { source: string; name: string }[] }>()
  const names = live.filter(({ source }) => source === 'runtime').map(({ name }) => name)
  for (const name of ['out.toml', 'out.json']) {
    expect((await rooms('export', `${folder}/${name}`)).code).toBe(0)
    expect((await rooms('plan', `${folder}/${name}`, '--prune')).code).toBe(0)
  }
  const written = parse(readFileSync(`${folder}/out.toml`, 'utf8')) as { rooms: { name: string }[] }
  expect(written.rooms.map(({ name }) => name)).toEqual(names)
})

it('plans with a read-only token, which cannot apply', async () => {
  const one = file(table('read'))
  expect((await runRooms(stage.workerd, ['plan', one], READER)).code).toBe(2)
  const applied = await runRooms(stage.workerd, ['apply', one], READER)
  expect([applied.code, applied.errors]).toEqual([1, expect.stringContaining('read: This token is read-only (403)')])
})

it('runs as a script', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/rooms.ts', '--help'], { cwd: PROJECT })
  expect(stdout).toContain('plan|apply|export FILE')
})

it('says what to do when it cannot run', async () => {
  const one = file(table('x'))
  const failing: [Promise<{ code: number; errors: string }>, RegExp][] = [
    [rooms(), /Pass a command and one file/],
    [rooms('destroy', one), /There is no command destroy/],
    [rooms('plan', one, '--colour'), /Unknown option '--colour'/],
    [rooms('plan', `${folder}/none.toml`), /none.toml cannot be read: ENOENT/],
    [rooms('plan', file('x = ', 'bad.toml')), /bad.toml is not valid TOML/],
    [rooms('plan', file('[[vars.ROOMS]]', 'vars.toml')), /must have a list "rooms".*not vars/],
    [rooms('plan', file(table('a') + table('a'), 'twice.toml')), /two rooms are named a/],
    [runRooms(stage.workerd, ['plan', one], ''), /WAITING_ROOM_TOKEN is not set/],
    [runRooms(stage.workerd, ['plan', one], 'not-a-token-of-this-one'), /valid bearer token is required \(401\)/],
    [rooms('plan', one, '--url', 'http://127.0.0.1:9/'), /127.0.0.1:9\/api\/v1 cannot be reached/],
    [
      rooms('plan', one, '--url', `http://127.0.0.1:${stage.origin.url.split(':').at(-1)}`),
      /which is not an answer of the API/,
    ],
  ]
  for (const [run, message] of failing) {
    const { code, errors } = await run
    expect([code, errors]).toEqual([1, expect.stringMatching(message)])
  }
  expect(await rooms('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--prune') })
})
