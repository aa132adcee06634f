/**
 * Runs the client that docs/clients.md recommends for programs, as a process that gets nothing but
 * its URL.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { issued, stats } from './support/operator.ts'
import type { Seen } from './support/origin.ts'
import { PATIENCE_MS } from './support/patience.ts'
import { room, useStage } from './support/stage.ts'
import { CURL, Visitor } from './support/visitor.ts'

const PROJECT = resolve(import.meta.dirname, '../..')
const CLIENT = resolve(PROJECT, 'examples/client.mjs')

// The client requests 127.0.0.1, so the room covers any host.
const stage = useStage([room('api', 1, { host: undefined })])

const url = () => `http://127.0.0.1:${stage.workerd.port}/echo?seat=7`

test('goes straight to the site when nobody waits, and gives its place back', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [CLIENT, url()], { timeout: PATIENCE_MS })
  expect(JSON.parse(stdout)).toMatchObject({ method: 'GET', url: '/echo?seat=7' } satisfies Partial<Seen>)
  expect(stderr).toBe('')
  expect(await stats(stage.workerd, 'api')).toMatchObject({ active: 0, waiting: 0 })
})

test('waits for its turn with one ticket, and then gets through', async () => {
  const guest = new Visitor(stage.workerd, '127.0.0.1')
  await guest.get('/echo')
  expect(guest.holds).toBe('pass')
  const before = await issued(stage.workerd, 'api')

  const client = spawn(process.execPath, [CLIENT, url()], { stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE_MS })
  let output = ''
  client.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  const ended = once(client, 'close')
  const [told] = (await once(client.stderr.setEncoding('utf8'), 'data')) as [string]
  expect(told).toMatch(/^waiting, position 1, asking again in \d+ s\n$/)
  expect(await stats(stage.workerd, 'api')).toMatchObject({ active: 1, waiting: 1 })

  await guest.leave()
  expect(await ended).toEqual([0, null])
  expect(JSON.parse(output)).toMatchObject({ url: '/echo?seat=7' })
  expect(await issued(stage.workerd, 'api')).toBe(before + 1)
  expect(await stats(stage.workerd, 'api')).toMatchObject({ active: 0, waiting: 0 })
})

test('lets curl leave without a Content-Type header', async () => {
  const program = new Visitor(stage.workerd, '127.0.0.1', CURL)
  await program.get('/echo')
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  await program.post('/__waiting-room/leave', '{"final":true}', form)
  expect(await stats(stage.workerd, 'api')).toMatchObject({ active: 0 })
})

test('is the client that the documentation shows', () => {
  const documented = readFileSync(resolve(PROJECT, 'docs/clients.md'), 'utf8')
  expect(documented).toContain(`\`\`\`js\n${readFileSync(CLIENT, 'utf8')}\`\`\`\n`)
})
