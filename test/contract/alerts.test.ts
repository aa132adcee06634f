/**
 * Covers the path from a crowd to an alert: samples, cron, rules, queue and a real HTTP receiver.
 * The Worker has the queues and the cron of wrangler.toml. Only the test triggers the cron,
 * possibly before the minute ends.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeployedWorker } from './support/deployed-worker.ts'
import { stats } from './support/operator.ts'
import {
  type AlertsView,
  alertsOf,
  type HistoryPoint,
  history,
  operate,
  testAlerts,
  until,
} from './support/operator-figures.ts'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { Visitor } from './support/visitor.ts'
import { type Delivered, verified, WebhookReceiver } from './support/webhook-receiver.ts'
import { ADMIN_TOKEN, SIGNING_KEY, SIGNING_KEY_ID } from './support/worker-config.ts'

const MINUTE_MS = 60_000
const IN_LINE = 5

const SECRET = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`
const OTHER_SECRET = `whsec_${Buffer.from('and another thirty-two of bytes!').toString('base64')}`

const crowdRule = { name: 'crowd', metric: 'waiting', above: 3, for_minutes: 2 }
const ROOMS = [
  room('busy', 1, { check_interval_seconds: 5, alerts: [{ ...crowdRule, channels: ['ops'] }] }),
  room('calm', 1, { alerts: [{ ...crowdRule, channels: ['duty', 'gone'] }] }),
  room('rough', 1, { alerts: [{ ...crowdRule, channels: ['broken'] }] }),
  // The object ticks less often than isolates report, so each tick finds reports.
  room('fragile', 10, { check_interval_seconds: 10, origin_error_ratio_max: 0.2 }),
]

describe.concurrent('alerts', () => {
  let origin: Origin
  let receiver: WebhookReceiver
  let worker: DeployedWorker
  beforeAll(async () => {
    origin = await Origin.start()
    receiver = await WebhookReceiver.start({
      '/ops': [500, 500, 204],
      '/duty': [204],
      '/gone': [410],
      '/broken': [503],
    })
    const channels = ['ops', 'duty', 'gone', 'broken']
    worker = await DeployedWorker.start({
      ROOMS,
      ORIGIN_URL: origin.url,
      SIGNING_KEYS: `${SIGNING_KEY_ID}:${SIGNING_KEY.toString('base64url')}`,
      ADMIN_TOKEN,
      ALERT_CHANNELS: channels.map((name) => ({ name, type: 'webhook', url: `${receiver.url}/${name}` })),
      ALERT_SECRETS: channels.map((name) => `${name}:${SECRET}`).join(),
    })
  })
  afterAll(async () => {
    await worker?.stop()
    await receiver?.stop()
    await origin?.stop()
  })

  // Takes a real minute, plus the retries of failed deliveries.
  test('sends one alert and one resolution for a two-minute crowd, despite duplicates and failures', async () => {
    const guest = await joined()
    const line = await Promise.all(Array.from({ length: IN_LINE }, joined))
    expect([guest, ...line].map(({ holds }) => holds)).toEqual(['pass', ...line.map(() => 'ticket')])

    const first = await sampledMinute(0)
    await repeat(() => worker.endMinute(first))
    expect(await crowd()).toMatchObject({ rules: [{ state: 'pending', value: IN_LINE }], deliveries: [] })
    const second = await sampledMinute(first + 1)
    expect(second).toBe(first + 1)
    await repeat(() => worker.endMinute(second))
    expect(await crowd()).toMatchObject({ rules: [{ state: 'firing', value: IN_LINE }] })

    const tries = await until(
      () => receiver.at('/ops'),
      ({ length }) => length === 3,
    )
    expect(tries.map(({ status }) => status)).toEqual([500, 500, 204])
    expect(new Set(tries.map(({ id, body }) => `${id} ${body}`)).size).toBe(1)
    const firing = tries[2] as Delivered
    expect(verified(firing, SECRET)).toEqual({
      type: 'waiting-room.alert.firing',
      timestamp: new Date((second + 1) * MINUTE_MS).toISOString(),
      data: { room: 'busy', rule: 'crowd', metric: 'waiting', bound: 'above', threshold: 3, value: IN_LINE },
    })
    expect(() => verified(firing, OTHER_SECRET)).toThrow()
    await until(crowd, ({ deliveries }) => deliveries[0]?.state === 'delivered')
    await repeat(() => worker.repeatAlert(messageOf(firing)))
    for (const minute of [first, second]) await worker.endMinute(minute)

    for (const visitor of [...line, guest]) expect((await visitor.leave()).status).toBe(204)
    expect(await stats(worker.front, 'busy')).toMatchObject({ waiting: 0, active: 0 })
    // The first minute that was empty from its start. Earlier minutes are reported as well.
    const empty = Math.max(second, Math.floor(Date.now() / MINUTE_MS)) + 1
    await repeat(() => worker.endMinute(empty))
    expect(await crowd()).toMatchObject({ rules: [{ state: 'resolved', value: 0 }] })
    await until(crowd, ({ deliveries }) => deliveries.every(({ state }) => state === 'delivered'))
    const resolved = receiver.at('/ops')[3] as Delivered
    expect(verified(resolved, SECRET)).toMatchObject({
      type: 'waiting-room.alert.resolved',
      data: { room: 'busy', rule: 'crowd', threshold: 3, value: 0 },
    })

    for (const minute of [first, second, empty]) await worker.endMinute(minute)
    for (const message of [firing, resolved]) await repeat(() => worker.repeatAlert(messageOf(message)))
    await queueIsDrained()
    const alerts = receiver.at('/ops').filter(({ id }) => !id.includes('.test.'))
    expect(alerts.map(({ id, status }) => [id, status])).toEqual([
      [firing.id, 500],
      [firing.id, 500],
      [firing.id, 204],
      [resolved.id, 204],
    ])
    expect((await crowd()).deliveries.filter(({ kind }) => kind !== 'test')).toMatchObject([
      { id: resolved.id, kind: 'resolved', channel: 'ops', state: 'delivered', attempts: 1, reason: null },
      { id: firing.id, kind: 'firing', channel: 'ops', state: 'delivered', attempts: 3, reason: null },
    ])
    await worker.endMinute(empty + 1)
    expect(await crowd()).toMatchObject({ rules: [{ state: 'ok' }] })
    expect(receiver.at('/ops').filter(({ id }) => !id.includes('.test.'))).toHaveLength(4)
  })

  test('delivers a test message, and shows a channel as disabled once its receiver answers 410', async () => {
    const [toDuty, toGone] = await testAlerts(worker.front, 'calm')
    const isSettled = ({ deliveries }: AlertsView) =>
      deliveries.every(({ state }) => state === 'delivered' || state === 'disabled')
    const view = await until(() => alertsOf(worker.front, 'calm'), isSettled)
    expect(receiver.at('/duty').map((request) => verified(request, SECRET))).toMatchObject([
      { type: 'waiting-room.alert.test', data: { room: 'calm' } },
    ])
    expect(view.deliveries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: toDuty, channel: 'duty', kind: 'test', state: 'delivered', attempts: 1 }),
        expect.objectContaining({ id: toGone, channel: 'gone', state: 'disabled', reason: 'answered 410' }),
      ]),
    )
    expect(view.channels).toEqual([
      { name: 'duty', type: 'webhook', disabled: null },
      { name: 'gone', type: 'webhook', disabled: { since: expect.any(String), reason: 'answered 410' } },
    ])

    await testAlerts(worker.front, 'calm')
    await until(
      () => alertsOf(worker.front, 'calm'),
      (seen) => isSettled(seen) && seen.deliveries.length === 4,
    )
    expect([receiver.at('/duty').length, receiver.at('/gone').length]).toEqual([2, 1])
  })

  test('shows a retried delivery, and reveals no URL or signing secret in a response or the log', async () => {
    await testAlerts(worker.front, 'rough')
    await until(
      () => alertsOf(worker.front, 'rough'),
      ({ deliveries }) => deliveries.some(({ state, reason }) => state === 'retrying' && reason === 'answered 503'),
    )
    const { text } = await operate(worker.front, 'GET', 'api/v1/rooms/rough/alerts')
    await until(
      () => worker.log,
      (log) => log.includes('alert_retried'),
    )
    for (const secret of [SECRET.slice('whsec_'.length), new URL(receiver.url).host]) {
      expect(text).not.toContain(secret)
      expect(worker.log).not.toContain(secret)
    }
  })

  test('stops admission while the site fails, and resumes once it recovers', async ({ onTestFinished }) => {
    const guest = new Visitor(worker.front, 'fragile.test')
    expect((await guest.get('/echo')).status).toBe(200)
    const fragileStats = async () => stats(worker.front, 'fragile')
    // Visitors are admitted at a tick that has heard of no failures.
    let isBroken = true
    const failing = (async () => {
      while (isBroken) await Promise.all([1, 2, 3, 4].map(() => guest.get('/failing')))
    })()
    onTestFinished(() => {
      isBroken = false
    })
    await until(fragileStats, ({ admissionFactor }) => admissionFactor === 0)
    const newcomer = new Visitor(worker.front, 'fragile.test', { Accept: 'application/json' })
    const turnedAway = await newcomer.get('/echo')
    expect([turnedAway.status, newcomer.holds]).toEqual([503, 'ticket'])
    expect(turnedAway.json()).toMatchObject({ waitingRoom: { state: 'waiting', position: 1, etaSeconds: null } })
    expect(await fragileStats()).toMatchObject({ active: 1, waiting: 1, capacity: 10 })
    const metrics = await operate(worker.front, 'GET', 'metrics')
    expect(metrics.text).toContain('waiting_room_admission_ratio{room="fragile"} 0\n')
    const logged = '"event":"admission_factor_changed","room":"fragile","admissionFactor":0'
    await until(
      () => worker.log,
      (log) => log.includes(logged),
    )

    isBroken = false
    await failing
    // The site keeps serving visitors, which shows that it recovers.
    const served = async () => {
      expect((await guest.get('/echo')).status).toBe(200)
      return newcomer.get('/echo')
    }
    // The factor rises in steps: the first step is less than 1.
    const factor = async () => (await served()) && (await fragileStats()).admissionFactor
    expect(await until(factor, (now = 0) => now > 0)).toBeLessThan(1)
    await until(served, ({ status }) => status === 200)
    expect(newcomer.holds).toBe('pass')
  })

  async function joined(): Promise<Visitor> {
    const visitor = new Visitor(worker.front, 'busy.test')
    await visitor.get('/echo')
    return visitor
  }

  const crowd = () => alertsOf(worker.front, 'busy')

  /** The first minute from now with a sample of the whole crowd. */
  async function sampledMinute(from: number): Promise<number> {
    const isSought = ({ at, waiting }: HistoryPoint) => Date.parse(at) >= from * MINUTE_MS && waiting === IN_LINE
    const point = await until(
      async () => (await history(worker.front, 'busy', 'step=1m')).find(isSought),
      (seen) => seen !== undefined,
    )
    return Date.parse(point?.at ?? '') / MINUTE_MS
  }

  /** When two messages in sequence have arrived, everything sent earlier has arrived too. */
  async function queueIsDrained(): Promise<void> {
    for (let i = 0; i < 2; i++) {
      const ids = await testAlerts(worker.front, 'busy')
      await until(crowd, ({ deliveries }) => deliveries.some(({ id, state }) => ids[0] === id && state === 'delivered'))
    }
  }
})

async function repeat(work: () => Promise<void>): Promise<void> {
  await Promise.all([work(), work()])
  await work()
}

/** Rebuilds the queue's message from the webhook. */
function messageOf(delivered: Delivered): object {
  const { type, timestamp, data } = verified(delivered, SECRET)
  const kind = type.replace('waiting-room.alert.', '')
  return { ...data, id: delivered.id, channel: 'ops', kind, atMs: Date.parse(timestamp) }
}
