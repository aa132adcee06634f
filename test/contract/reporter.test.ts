/**
 * Error reports, as a real HTTP server in Sentry's place receives them. They contain nothing about
 * visitors.
 */
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, inject, test } from 'vitest'
import { DeployedWorker } from './support/deployed-worker.ts'
import { roomFiles } from './support/object-file.ts'
import { stats } from './support/operator.ts'
import { type Envelope, type Frame, SentryReceiver } from './support/sentry-receiver.ts'
import { room } from './support/stage.ts'
import { BROWSER, Visitor } from './support/visitor.ts'
import { WebhookReceiver } from './support/webhook-receiver.ts'
import { ADMIN_TOKEN, SIGNING_KEY, SIGNING_KEY_ID, type WorkerBindings } from './support/worker-config.ts'
import { Workerd } from './support/workerd.ts'

const WEAK_KEYS = `weak:${Buffer.alloc(31, 1).toString('base64url')}`

/** Private data that a visitor sends. None of it may be reported. */
const PRIVATE = {
  Cookie: 'session=cookie-of-a-visitor',
  Authorization: 'Bearer authorization-of-a-visitor',
  'Waiting-Room-Token': 'eyJhbGciOiJIUzI1NiJ9.eyJyb29tIjoic2hvcCJ9.c2lnbmF0dXJlLW9mLWEtdmlzaXRvcg',
  'CF-Connecting-IP': '203.0.113.77',
  'X-Forwarded-For': '203.0.113.77',
  'User-Agent': 'Browser-of-a-visitor/1.0',
  Referer: 'https://referrer-of-a-visitor.example/',
}
const QUERY = '/path-of-a-visitor?email=query-of-a-visitor@example.com'
const NEVER_REPORTED = /of-a-visitor|203\.0\.113\.77|eyJ|127\.0\.0\.1|cookie|authorization|shop\.test/i

const JSON_BODY = { 'Content-Type': 'application/json' }

const started: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop()
})

async function start(bindings: Partial<WorkerBindings> = {}) {
  const sentry = await SentryReceiver.start()
  started.push(sentry)
  const workerd = await Workerd.start({
    rooms: [room('shop', 10)],
    originUrl: 'http://127.0.0.1:9',
    sentryDsn: sentry.dsn,
    ...bindings,
  })
  started.push(workerd)
  return { sentry, workerd, visitor: new Visitor(workerd, 'shop.test', { ...BROWSER, ...PRIVATE }) }
}

async function oneOf(sentry: SentryReceiver, event: string): Promise<Envelope> {
  await expect.poll(() => sentry.of(event).length).toBeGreaterThan(0)
  return sentry.of(event)[0] as Envelope
}

/**
 * The source files of frames in the minified code, found through the source map uploaded with it.
 */
function sourcesOf(frames: readonly Frame[]): (string | undefined)[] {
  const map = new SourceMap(JSON.parse(readFileSync(`${inject('workerBuild')}/index.js.map`, 'utf8')))
  return frames.map(({ lineno = 1, colno = 1 }) => {
    const entry = map.findEntry(lineno - 1, colno - 1)
    return 'originalSource' in entry ? entry.originalSource.replace(/^(\.\.\/)+/, '') : undefined
  })
}

function expectNothingPrivate({ path, headers, body }: Envelope): void {
  expect(path).not.toMatch(NEVER_REPORTED)
  // The receiver's own address is in `Host`.
  expect(headers.replace(/^host\n.*$/im, '')).not.toMatch(NEVER_REPORTED)
  expect(body).not.toMatch(NEVER_REPORTED)
}

/** Makes every later write to this table fail, with an error text that contains private data. */
async function refuseWrites(workerd: Workerd, table: string): Promise<void> {
  await workerd.kill('SIGKILL')
  for (const file of roomFiles(workerd)) {
    const database = new DatabaseSync(join(workerd.storage, file))
    const text = `disk full for jane.of-a-visitor@example.com at 203.0.113.77, ${PRIVATE.Authorization}`
    database.exec(`CREATE TRIGGER refuse BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, '${text}'); END`)
    database.close()
  }
  await workerd.restart()
}

test('reports an error of the Worker, without data about the visitor', async () => {
  const { sentry, visitor } = await start({ signingKeys: WEAK_KEYS })
  expect((await visitor.post(QUERY, 'body-of-a-visitor')).status).toBe(500)
  const envelope = await oneOf(sentry, 'not_configured')
  expect(envelope.path).toMatch(/^\/api\/1\/envelope\/\?/)
  const { event } = envelope
  expect(event.tags).toEqual({ event: 'not_configured' })
  expect(event.exception.values).toHaveLength(1)
  const [exception] = event.exception.values
  expect(exception?.type).toMatch(/Error$/)
  expect(exception?.value).toMatch(/SIGNING_KEYS.*31 bytes/s)
  const frames = exception?.stacktrace?.frames ?? []
  expect(sourcesOf(frames)).toContain('src/tokens/signing-keys.ts')
  expect(Object.keys(event).toSorted()).toEqual([
    'event_id',
    'exception',
    'extra',
    'fingerprint',
    'level',
    'message',
    'platform',
    'release',
    'sdk',
    'tags',
    'timestamp',
  ])
  expect(event).toMatchObject({ platform: 'node', sdk: { settings: { infer_ip: 'never' } } })
  expectNothingPrivate(envelope)
  expect(envelope.body).not.toContain(WEAK_KEYS.slice(5, 30))
})

test('reports an object that aborts at every event through its callers, with its room', async () => {
  const { sentry, workerd, visitor } = await start()
  await visitor.get('/')
  expect(visitor.number).toBe(1)
  await refuseWrites(workerd, 'line')
  await new Visitor(workerd, 'shop.test', { ...BROWSER, ...PRIVATE }).get(QUERY)
  const { event } = await oneOf(sentry, 'room_aborted')
  expect(event.tags).toEqual({ event: 'room_aborted', room: 'shop' })
  expect(event.exception.values[0]?.value).toMatch(/disk full for \[removed\] at \[removed\], Bearer \[removed\]/)
  for (const sent of sentry.envelopes) expectNothingPrivate(sent)
  expect(new Set(sentry.envelopes.map((sent) => sent.event.event_id)).size).toBe(sentry.envelopes.length)
  expect(workerd.log).not.toMatch(/of-a-visitor|203\.0\.113\.77/)
})

test('reports an alarm that aborts its object at the next start', async () => {
  const { sentry, workerd, visitor } = await start({ rooms: [room('shop', 10, { check_interval_seconds: 5 })] })
  await visitor.get('/')
  await refuseWrites(workerd, 'samples')
  // An operator polls all the time without reading or writing, so the object restarts soon after it
  // aborts.
  const reported = () => stats(workerd, 'shop').then(() => sentry.of('room_aborted').length)
  await expect.poll(reported, { interval: 200 }).toBeGreaterThan(0)
  const [envelope] = sentry.of('room_aborted') as [Envelope]
  expect(envelope.event.tags).toEqual({ event: 'room_aborted', room: 'shop' })
  const frames = envelope.event.exception.values[0]?.stacktrace?.frames ?? []
  expect(sourcesOf(frames)).toContain('durable-objects/waiting-room.ts')
  expectNothingPrivate(envelope)
})

test('reports an error of a queue', async () => {
  const [sentry, receiver] = [await SentryReceiver.start(), await WebhookReceiver.start({ '/ops': [410] })]
  started.push(sentry, receiver)
  const worker = await DeployedWorker.start({
    ROOMS: [room('shop', 10, { alerts: [{ name: 'crowd', metric: 'waiting', above: 3, channels: ['ops'] }] })],
    ORIGIN_URL: 'http://127.0.0.1:9',
    SIGNING_KEYS: `${SIGNING_KEY_ID}:${SIGNING_KEY.toString('base64url')}`,
    ADMIN_TOKEN,
    ALERT_CHANNELS: [{ name: 'ops', type: 'webhook', url: `${receiver.url}/ops` }],
    ALERT_SECRETS: `ops:whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`,
    SENTRY_DSN: sentry.dsn,
  })
  started.push(worker)
  const operator = new Visitor(worker.front, 'shop.test', { Authorization: `Bearer ${ADMIN_TOKEN}`, ...JSON_BODY })
  await operator.post('/__waiting-room/api/v1/rooms/shop/alerts/test', '{"channel":"ops"}')
  const envelope = await oneOf(sentry, 'alert_disabled')
  expect(envelope.event.tags).toEqual({ event: 'alert_disabled', room: 'shop', channel: 'ops', kind: 'test' })
  expect(envelope.event.extra).toEqual({ attempts: 1 })
  expectNothingPrivate(envelope)
})

test('reports a fault that hits every request only a few times', async () => {
  const { sentry, workerd, visitor } = await start({ signingKeys: WEAK_KEYS })
  await Promise.all(Array.from({ length: 40 }, () => visitor.get('/')))
  await expect.poll(() => workerd.log.match(/"event":"not_configured"/g)).toHaveLength(40)
  await expect.poll(() => sentry.envelopes.length).toBe(5)
})

test.each([
  ['hangs', null, 'http'],
  ['fails', 500, 'http'],
  ['is unreachable', 200, 'closed'],
])('neither fails nor delays a response when the receiver %s', async (_what, status, server) => {
  const { sentry, workerd, visitor } = await start({ signingKeys: WEAK_KEYS })
  sentry.status = status
  if (server === 'closed') await started.shift()?.stop()
  expect((await visitor.get('/')).status).toBe(500)
  const answeredMs = performance.now()
  await expect.poll(() => workerd.log).toContain('"event":"error_not_reported"')
  // A hanging receiver is cut off after 5 s. A delayed response would have come only then.
  if (status === null) expect(performance.now() - answeredMs).toBeGreaterThan(1_000)
  expect(workerd.log).not.toContain('publickey')
  expect((await visitor.get('/')).status).toBe(500)
})

test('sends nothing without SENTRY_DSN, and an unusable one only turns reports off', async () => {
  const { sentry, workerd, visitor } = await start({ signingKeys: WEAK_KEYS })
  const { hostname, port } = new URL(sentry.dsn)
  for (const sentryDsn of ['', `http://${hostname}:${port}/key-without-its-place`]) {
    await workerd.restart({ sentryDsn })
    workerd.log = ''
    expect((await visitor.get('/')).status).toBe(500)
    await expect.poll(() => workerd.log).toContain('"event":"not_configured"')
    expect(workerd.log).not.toMatch(/error_not_reported|key-without-its-place/)
  }
  // The same receiver gets the next error once the DSN is back.
  await workerd.restart({ sentryDsn: sentry.dsn })
  await visitor.get('/')
  await oneOf(sentry, 'not_configured')
  expect(sentry.envelopes).toHaveLength(1)
})
