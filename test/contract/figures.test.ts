/**
 * Stats, history and metrics agree with each other and with a count that the test keeps from
 * responses only.
 */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { parseMetrics } from './support/metrics-text.ts'
import { type Stats, stats } from './support/operator.ts'
import { type HistoryPoint, history, operate, until } from './support/operator-figures.ts'
import { room, useStage } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { Visitor } from './support/visitor.ts'

const CAPACITY = 2
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Long before any sample. */
const THEN = '2026-01-01T12:00:00Z'

const COUNTERS = ['joined', 'admitted', 'left', 'expired', 'returned'] as const
const GAUGES = ['waiting', 'active', 'absent'] as const
type Count = Readonly<Record<(typeof COUNTERS)[number] | (typeof GAUGES)[number], number>>

/** From Debian's package `prometheus`, if installed. */
const PROMTOOL = 'promtool'
const HAS_PROMTOOL = spawnSync(PROMTOOL, ['--version']).status === 0

describe('figures', () => {
  const stage = useStage([
    room('counted', CAPACITY, { check_interval_seconds: 5, heartbeat_timeout_seconds: 30 }),
    room('untouched', 3),
  ])
  const get = (path: string) => operate(stage.workerd, 'GET', path)

  test('agree with the count kept by the visitors after the runtime was killed', async () => {
    const join = async () => {
      const visitor = stage.visitor('counted')
      await visitor.get('/echo')
      return visitor
    }
    const [guest, leaver] = [await join(), await join()]
    const [next, quitter, fifth, sixth, silent] = [await join(), await join(), await join(), await join(), await join()]
    const visitors = [guest, leaver, next, quitter, fifth, sixth, silent]
    expect(visitors.map(({ holds }) => holds)).toEqual(visitors.map((_, i) => (i < CAPACITY ? 'pass' : 'ticket')))
    for (const visitor of [leaver, quitter]) expect((await visitor.leave()).status).toBe(204)
    await untilStatus(200, () => next.get('/echo'))
    // None of this has been sampled yet: a sample after the crash must include all of it.
    await stage.workerd.restart()
    // One waiting visitor falls silent, expires and returns; the others keep polling.
    const line = [fifth, sixth]
    const linePolls = async () => {
      for (const visitor of line) expect((await visitor.get('/echo')).status).toBe(503)
      return stats(stage.workerd, 'counted')
    }
    await until(linePolls, ({ totals }) => totals?.expired === 1)
    line.push(silent)
    await until(linePolls, ({ totals }) => totals?.returned === 1)

    const own: Count = {
      ...{ joined: visitors.length, admitted: CAPACITY + 1, left: 2, expired: 1, returned: 1 },
      ...{ waiting: line.length, active: CAPACITY, absent: 0 },
    }
    const agreed = { stats: own, '10s': own, '1m': own, '1h': own, metrics: own, waits: [own.admitted, own.admitted] }
    await nextTick(linePolls)
    expect(await views()).toEqual(agreed)
    await stage.workerd.restart()
    await nextTick(linePolls)
    expect(await views()).toEqual(agreed)
    expect(line.map(({ holds, number }) => [holds, number])).toEqual([5, 6, 7].map((number) => ['ticket', number]))
  })

  test('have a help text, type and room for every metric, and counters end in _total', async () => {
    const { status, headers, text } = await get('metrics')
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    const families = [...parseMetrics(text).values()]
    expect(families.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['waiting_room_up', 'waiting_room_waiting']),
    )
    for (const { name, type, samples } of families) {
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
      for (const asked of ['counted', 'untouched']) {
        expect([name, [...samples.keys()].some((key) => key.includes(`{room="${asked}"`))]).toEqual([name, true])
      }
    }
    const buckets = ['counted', 'untouched'].map((asked) => bucketsOf(text, asked))
    for (const counts of buckets) expect(counts).toEqual([...counts].sort((a, b) => a - b))
  })

  test.skipIf(!HAS_PROMTOOL)('are metrics that promtool accepts', async () => {
    const { text } = await get('metrics')
    const { status, stdout, stderr } = spawnSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  test.each(['metrics', 'api/v1/rooms/counted/stats', 'api/v1/rooms/counted/history', 'api/v1/rooms/counted/alerts'])(
    'require the right token: %s',
    async (path) => {
      for (const headers of [{}, { Authorization: 'Bearer not-the-token-of-the-tests' }]) {
        const stranger = new Visitor(stage.workerd, 'counted.test', headers)
        const { status, text } = await stranger.get(`/__waiting-room/${path}`)
        expect([status, text.includes('joined')]).toEqual([401, false])
      }
    },
  )

  const before = (ms: number) => new Date(Date.parse(THEN) - ms).toISOString()

  test.each([
    ['10s', DAY_MS, '24 hours'],
    ['1m', 7 * DAY_MS, '7 days'],
    ['1h', 7 * DAY_MS, '7 days'],
  ])('limit a history in steps of %s to its range, and name the limit in the refusal', async (step, ms, bound) => {
    const asked = (from: string) => get(`api/v1/rooms/counted/history?step=${step}&from=${from}&to=${THEN}`)
    const tooWide = await asked(before(ms + 1))
    expect(tooWide.status).toBe(400)
    expect(tooWide.headers['content-type']).toContain('application/problem+json')
    expect(tooWide.json().detail).toContain(bound)
    const widest = await asked(before(ms))
    expect([widest.status, widest.json().points]).toEqual([200, []])
  })

  test.each([
    ['step=1h', 7 * DAY_MS, 0],
    ['step=1m', 7 * DAY_MS, 1],
    ['step=10s', DAY_MS, 0],
    // The caller's clock is slow.
    ['step=1h', 7 * DAY_MS, 5 * 60_000],
  ])('accept a history with %s and without an end, %i ms before now by a clock that lags', async (query, ms, late) => {
    const reply = await get(`api/v1/rooms/counted/history?${query}&from=${Date.now() - ms - late}`)
    expect([reply.status, reply.json().detail]).toEqual([200, undefined])
  })

  test('refuse a history without an end that exceeds its range by more than clocks differ', async () => {
    const reply = await get(`api/v1/rooms/counted/history?step=10s&from=${Date.now() - 2 * DAY_MS}`)
    expect([reply.status, reply.json().detail]).toEqual([400, expect.stringContaining('24 hours')])
  })

  test.each([
    ['step=5s', '"step" must be 10s, 1m or 1h'],
    ['step=toString', '"step" must be'],
    ['from=yesterday', 'ISO 8601'],
    ['to=99999999999999999999', 'ISO 8601'],
    ['from=2026-13-45T00:00:00Z', 'ISO 8601'],
    ['from=room%201', 'ISO 8601'],
    [`from=${THEN}&to=${THEN}`, '"from" must be before "to"'],
    [`from=${THEN}&to=${before(1)}`, '"from" must be before "to"'],
  ])('refuse a history with %s and give the reason', async (query, reason) => {
    const reply = await get(`api/v1/rooms/counted/history?${query}`)
    expect([reply.status, reply.json().detail]).toEqual([400, expect.stringContaining(reason)])
  })

  /** Waits for the next sample of the room while the waiting visitors keep polling. */
  async function nextTick(linePolls: () => Promise<unknown>): Promise<void> {
    const taken = async () => {
      await linePolls()
      return sum(await history(stage.workerd, 'counted', 'step=1m'), 'samples')
    }
    const known = await taken()
    await until(taken, (samples) => samples > known)
  }

  /** Each of the operators' views in the same form. */
  async function views() {
    const figures = await stats(stage.workerd, 'counted')
    const { text } = await get('metrics')
    return {
      stats: counted(
        (name) => figures.totals?.[name] ?? Number.NaN,
        (name) => gaugeOf(figures, name),
      ),
      '10s': ofHistory(await history(stage.workerd, 'counted', 'step=10s')),
      '1m': ofHistory(await history(stage.workerd, 'counted', 'step=1m')),
      '1h': ofHistory(await history(stage.workerd, 'counted', 'step=1h')),
      metrics: counted(
        (name) => metric(text, `${name}_total`),
        (name) => metric(text, name),
      ),
      waits: [metric(text, 'wait_seconds', '_count'), bucketsOf(text, 'counted').at(-1)],
    }
  }
})

function counted(
  counter: (name: (typeof COUNTERS)[number]) => number,
  gauge: (name: (typeof GAUGES)[number]) => number,
): Record<string, number> {
  return Object.fromEntries([
    ...COUNTERS.map((name) => [name, counter(name)]),
    ...GAUGES.map((name) => [name, gauge(name)]),
  ])
}

function gaugeOf(figures: Stats, name: (typeof GAUGES)[number]): number {
  return (figures as unknown as Count)[name]
}

function ofHistory(points: readonly HistoryPoint[]): Record<string, number> {
  return counted(
    (name) => sum(points, name),
    (name) => points.at(-1)?.[name] ?? Number.NaN,
  )
}

function sum(points: readonly HistoryPoint[], figure: Exclude<keyof HistoryPoint, 'at'>): number {
  return points.reduce((total, point) => total + point[figure], 0)
}

/** One figure of the room `counted`. */
function metric(text: string, family: string, ending = ''): number {
  const name = `waiting_room_${family}`
  return parseMetrics(text).get(name)?.samples.get(`${name}${ending}{room="counted"}`) ?? Number.NaN
}

/** The counts of the wait histogram, in the order of the buckets; the last is "+Inf". */
function bucketsOf(text: string, asked: string): number[] {
  const samples = parseMetrics(text).get('waiting_room_wait_seconds')?.samples ?? new Map<string, number>()
  return [...samples]
    .filter(([key]) => key.startsWith(`waiting_room_wait_seconds_bucket{room="${asked}"`))
    .map(([, n]) => n)
}
