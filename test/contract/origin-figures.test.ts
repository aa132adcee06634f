/** Stats, history, metrics and alerts report a site that fails and hangs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeployedWorker } from './support/deployed-worker.ts'
import { parseMetrics } from './support/metrics-text.ts'
import { stats } from './support/operator.ts'
import { history, operate, until } from './support/operator-figures.ts'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { Visitor } from './support/visitor.ts'
import { verified, WebhookReceiver } from './support/webhook-receiver.ts'
import { ADMIN_TOKEN, SIGNING_KEY, SIGNING_KEY_ID } from './support/worker-config.ts'

const MINUTE_MS = 60_000
const SECRET = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`
const RULE = { name: 'failing', metric: 'origin_error_ratio', above: 0.5, channels: ['ops'] }

describe("the origin's figures", () => {
  let origin: Origin
  let receiver: WebhookReceiver
  let worker: DeployedWorker
  beforeAll(async () => {
    origin = await Origin.start(0, {
      'unknown-method': (_request, response) => void response.writeHead(501).end(),
    })
    receiver = await WebhookReceiver.start({ '/ops': [204] })
    worker = await DeployedWorker.start({
      ROOMS: [room('covered', 1, { check_interval_seconds: 5, alerts: [RULE] }), room('aside', 1, { suspended: true })],
      ORIGIN_URL: origin.url,
      ORIGIN_TIMEOUT_SECONDS: 4,
      SIGNING_KEYS: `${SIGNING_KEY_ID}:${SIGNING_KEY.toString('base64url')}`,
      ADMIN_TOKEN,
      ALERT_CHANNELS: [{ name: 'ops', type: 'webhook', url: `${receiver.url}/ops` }],
      ALERT_SECRETS: `ops:${SECRET}`,
    })
  })
  afterAll(async () => {
    await worker?.stop()
    await receiver?.stop()
    await origin?.stop()
  })

  test('count 5xx responses and time-outs, and fire an alert rule', async () => {
    const guest = new Visitor(worker.front, 'covered.test')
    const asked = ['/echo', '/failing', '/silent', '/missing', '/failing', '/failing', '/unknown-method']
    const statuses: number[] = []
    for (const path of asked) statuses.push((await guest.get(path)).status)
    expect(statuses).toEqual([200, 500, 504, 404, 500, 500, 501])
    // Preflights are counted; requests to a suspended room are not.
    const headers = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'PUT' }
    const preflight = { method: 'OPTIONS', path: '/failing', headers }
    expect((await new Visitor(worker.front, 'covered.test').send(preflight)).status).toBe(500)
    const aside = new Visitor(worker.front, 'aside.test')
    expect((await aside.get('/failing')).status).toBe(500)
    expect((await aside.send(preflight)).status).toBe(500)

    const requests = asked.length + 1
    const expected = { originRequests: requests, originErrors: 5 }
    const points = await until(
      () => history(worker.front, 'covered', 'step=1m'),
      (seen) => sum(seen.map(({ originRequests }) => originRequests)) >= requests,
    )
    const counted = { originRequests: requests, originErrors: sum(points.map(({ originErrors }) => originErrors)) }
    expect(counted).toEqual(expected)
    expect(await stats(worker.front, 'covered')).toMatchObject({ totals: expected })
    const families = parseMetrics((await operate(worker.front, 'GET', 'metrics')).text)
    const metric = (family: string, sample = family) => families.get(family)?.samples.get(sample)
    const errors = 'waiting_room_origin_errors_total'
    expect(metric(errors, `${errors}{room="covered"}`)).toBe(5)
    expect(metric(errors, `${errors}{room="aside"}`)).toBe(0)
    const seconds = 'waiting_room_origin_response_seconds'
    expect(metric(seconds, `${seconds}_count{room="covered"}`)).toBe(requests)
    // The request that timed out is in a higher bucket.
    expect(metric(seconds, `${seconds}_bucket{room="covered",le="0.5"}`)).toBeLessThan(requests)

    // The requests may fall into two minutes. The alert is about the first minute above the
    // threshold.
    const ratio = ({ originRequests, originErrors }: (typeof points)[number]) => originErrors / (originRequests || 1)
    const bad = points.find((point) => ratio(point) > RULE.above)
    if (bad === undefined) throw new Error('no minute')
    await worker.endMinute(Date.parse(bad.at) / MINUTE_MS)
    const [call] = await until(
      () => receiver.at('/ops'),
      ({ length }) => length === 1,
    )
    if (call === undefined) throw new Error('no call')
    expect(verified(call, SECRET)).toMatchObject({
      type: 'waiting-room.alert.firing',
      data: { room: 'covered', rule: 'failing', metric: 'origin_error_ratio', value: ratio(bad) },
    })
  })
})

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
