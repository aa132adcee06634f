/** The OpenAPI document passes a public linter, and every response matches it. */
import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { expect, inject, it } from 'vitest'
import { directoryAuditSchema, directorySchema, roomDocumentSchema } from '../../src/routes/api/document-schemas.ts'
import {
  alertsSchema,
  auditSchema,
  eventDetailsSchema,
  eventJsonSchema,
  eventsSchema,
  sessionSchema,
  settingsSchema,
} from '../../src/routes/api/operator-schemas.ts'
import { historySchema, whoCameSchema } from '../../src/routes/api/report-schemas.ts'
import { journalSchema, roomsSchema, statsSchema, ticketSchema } from '../../src/routes/api/room-schemas.ts'
import { ApiClient } from './support/api-client.ts'
import { PATIENCE_MS } from './support/patience.ts'
import { room, useStage } from './support/stage.ts'

const REDOCLY = resolve(import.meta.dirname, '../../node_modules/@redocly/cli/bin/cli.js')
const GALA = { name: 'Gala', event_start_time: '2040-01-01T10:00:00Z', event_end_time: '2040-01-01T12:00:00Z' }
const stage = useStage([room('main', 1, { alerts: [], events: [GALA] })])
const api = () => new ApiClient(stage.workerd)

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>
}

it('is OpenAPI 3.1 and passes the linter', async () => {
  const reply = await new ApiClient(stage.workerd, {}).get('/openapi.json')
  expect(reply.json<Document>().openapi).toBe('3.1.0')
  const folder = mkdtempSync(`${inject('scratch')}/openapi-`)
  writeFileSync(`${folder}/openapi.json`, reply.text.replace(/http:\/\/operator\.test[^/"]*/g, 'https://shop.invalid'))
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  const lint = promisify(execFile)(process.execPath, [REDOCLY, 'lint', 'openapi.json', '--format', 'json'], {
    cwd: folder,
    env,
    timeout: PATIENCE_MS,
  })
  const { stdout } = await lint.catch((error: { stdout: string }) => error)
  const { problems } = JSON.parse(stdout) as { problems: { ruleId: string; message: string; location: unknown[] }[] }
  expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([])
})

it('has operations for existing routes only', async () => {
  const { paths } = (await api().get('/openapi.json')).json<Document>()
  const calls = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => [method, path]))
  expect(calls.length).toBeGreaterThan(20)
  for (const [method, path] of calls as [string, string][]) {
    const reply = await new ApiClient(stage.workerd, {}).call(method.toUpperCase(), path.replace('{room}', 'main'))
    expect([method, path, reply.status], `${method} ${path}`).not.toContain(404)
    expect(reply.status).not.toBe(405)
  }
})

it.each([
  ['/rooms', roomsSchema],
  ['/rooms/main/stats', statsSchema],
  ['/rooms/main/history', historySchema],
  ['/rooms/main/who-came', whoCameSchema],
  ['/rooms/main/journal', journalSchema],
  ['/rooms/main/tickets/1', ticketSchema],
  ['/rooms/main/settings', settingsSchema],
  ['/rooms/main/audit', auditSchema],
  ['/rooms/main/events', eventsSchema],
  ['/rooms/main/events/gala-2040-01-01', eventJsonSchema],
  ['/rooms/main/events/gala-2040-01-01/details', eventDetailsSchema],
  ['/rooms/main/alerts', alertsSchema],
  ['/session', sessionSchema],
  ['/directory', directorySchema],
  ['/directory/audit', directoryAuditSchema],
  ['/rooms/main', roomDocumentSchema],
])('matches the response of GET %s for an empty and an occupied room', async (path, schema) => {
  const empty = await api().get(path)
  if (!path.includes('tickets')) v.parse(schema, empty.json())
  const guest = await stage.guest('main')
  await api().act('main', 'message', { text: 'hello' })
  const reply = await api().get(path)
  expect(reply.status).toBe(200)
  v.parse(schema, reply.json())
  await guest.leave()
})

it.each(['', '/'])('is also served as a readable page that needs no other host ("%s")', async (path) => {
  const reply = await new ApiClient(stage.workerd, {}).get(path)
  expect(reply.headers['content-type']).toMatch(/^text\/html/)
  expect(reply.headers['content-security-policy']).toMatch(/default-src 'none'.*script-src 'none'/)
  expect(reply.text).toContain('/rooms/{room}/actions/admit-next')
  expect(reply.text).not.toMatch(/<script|src=/)
})
