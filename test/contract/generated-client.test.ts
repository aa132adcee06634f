/** A client, generated from the OpenAPI document, creates, reads, changes and deletes a room. */
import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, it } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { PATIENCE_MS } from './support/patience.ts'
import { room, useStage } from './support/stage.ts'
import { ADMIN_TOKEN } from './support/worker-config.ts'

const GENERATOR = resolve(import.meta.dirname, '../../node_modules/oazapfts/dist/cli.js')
const stage = useStage([room('main', 1)])

interface Answer {
  readonly status: number
  readonly data: unknown
  readonly headers: Headers
}

/** The part of the generated module that the test uses: named by the operations' ids. */
interface Client {
  readonly defaults: { baseUrl: string; headers: Record<string, string> }
  putRoom(room: string, document: object, options?: object): Promise<Answer>
  getRoom(room: string): Promise<Answer>
  patchRoom(room: string, ifMatch: string, patch: object): Promise<Answer>
  deleteRoom(room: string, ifMatch: string, options?: object): Promise<Answer>
  getDirectory(): Promise<Answer>
}

it('the OpenAPI document is enough for a generated client to manage a room', async () => {
  const folder = mkdtempSync(`${inject('scratch')}/client-`)
  const document = (await new ApiClient(stage.workerd, {}).get('/openapi.json')).text
  writeFileSync(`${folder}/openapi.json`, document)
  const generate = [GENERATOR, `${folder}/openapi.json`, `${folder}/client.ts`]
  await promisify(execFile)(process.execPath, generate, { timeout: PATIENCE_MS })
  const client = (await import(/* @vite-ignore */ `${folder}/client.ts`)) as Client
  client.defaults.baseUrl = `http://127.0.0.1:${stage.workerd.port}/__waiting-room/api/v1`
  client.defaults.headers = { Authorization: `Bearer ${ADMIN_TOKEN}` }

  const sale = {
    host: 'sale.test',
    total_active_users: 5,
    new_users_per_minute: 60,
    lanes: [{ name: 'vip', weight: 5 }],
  }
  const created = await client.putRoom('sale', sale, { ifNoneMatch: '*' })
  expect([created.status, created.data]).toEqual([201, sale])
  const read = await client.getRoom('sale')
  expect([read.status, read.data]).toEqual([200, sale])
  const etag = String(read.headers.get('ETag'))
  const would = await client.putRoom('sale', { ...sale, path: '/a' }, { ifMatch: etag, dryRun: 'true' })
  expect(would).toMatchObject({ status: 200, data: { dryRun: true, changes: [{ key: 'path', after: '/a' }] } })
  const changed = await client.patchRoom('sale', etag, { total_active_users: 9, lanes: null })
  expect([changed.status, changed.data]).toEqual([
    200,
    { host: 'sale.test', total_active_users: 9, new_users_per_minute: 60 },
  ])
  expect(await client.patchRoom('sale', etag, {})).toMatchObject({ status: 412, data: { title: 'Changed meanwhile' } })
  expect(await client.putRoom('sale', { total_active_users: 0 })).toMatchObject({ status: 428 })
  expect((await client.getDirectory()).data).toMatchObject({ rooms: [{ name: 'main' }, { name: 'sale' }] })
  expect(await client.deleteRoom('sale', '*', { drain: 'true' })).toMatchObject({ status: 204 })
  expect(await client.getRoom('sale')).toMatchObject({ status: 404 })
})
