/**
 * Figures keep their columns, their Analytics Engine positions and their names in the API and the
 * metrics.
 */
import { describe, expect, it } from 'vitest'
import { dataPointOf } from '../../durable-objects/minute-report.ts'
import { SampleStore } from '../../durable-objects/sample-store.ts'
import waitingRoom from '../../examples/grafana/waiting-room.json'
import { ANALYSED, FIGURES } from '../../src/core/figures.ts'
import { Line } from '../../src/core/line.ts'
import { lineStats } from '../../src/core/line-stats.ts'
import type { FullSample, Sample } from '../../src/core/sample.ts'
import { NO_RECENT_SITE } from '../../src/core/site-health.ts'
import { metricsText } from '../../src/routes/metrics.ts'
import { lineRules, parseRooms } from '../../src/settings/rooms.ts'
import { TestRoom } from './support/room.ts'

interface Panel {
  readonly type: string
  readonly title: string
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[]
}

const dashboard = waitingRoom as unknown as {
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string }[] }
}
const charts = dashboard.panels.filter(({ type }) => type === 'timeseries')
const asked = charts.flatMap(({ targets = [] }) =>
  targets.flatMap(({ expr }) => [...expr.matchAll(/waiting_room_\w+/g)].map(([name]) => name)),
)

const FIRST: Sample = {
  atMs: 60_000,
  active: 1,
  capacity: 2,
  waiting: 3,
  absent: 4,
  joined: 5,
  admitted: 6,
  expired: 7,
  left: 8,
  returned: 9,
  roomErrors: 10,
  waitSecondsP50: 11,
  waitSecondsP90: 12,
  originRequests: 13,
  originErrors: 14,
  originLatencyMsP90: 15,
  admissionFactor: 0.5,
  joinedFromCrowdedNetworks: 16,
  checksFailed: 17,
  limited: 18,
  limitedByNetwork: 19,
  limitedByClient: 20,
  limitedReturns: 21,
  joinedFromQuietNetworks: 22,
  joinedFromSharedNetworks: 23,
  joinedFromBusyNetworks: 24,
  checksPassed: 25,
  checksOverlooked: 26,
  checksUnreachable: 27,
  infiniteAnswers: 28,
  proofsSolved: 29,
  proofsRefused: 30,
  slowJoins: 31,
  keysRedeemed: 32,
  keysRefused: 33,
  keysMissing: 34,
  keyTakeOvers: 35,
  keyPasses: 36,
  noShows: 37,
  fullAnswers: 38,
}

/** Every figure is lower by 1, and the percentiles are unknown. */
const SECOND: Sample = {
  ...(Object.fromEntries(Object.entries(FIRST).map(([name, value]) => [name, (value ?? 0) - 1])) as unknown as Sample),
  atMs: 70_000,
  waitSecondsP50: null,
  waitSecondsP90: null,
  originLatencyMsP90: null,
  admissionFactor: 0.25,
}

const NO_DURATIONS: FullSample['distributions'] = { waits: null, abandonedWaits: null, siteTimes: null }

async function withSamples<T>(look: (store: SampleStore, sql: SqlStorage) => T | Promise<T>): Promise<T> {
  const room = new TestRoom('shop')
  await room.join(1)
  return room.inside(({ storage }) => {
    const store = new SampleStore(storage.sql)
    store.write({ ...FIRST, distributions: { ...NO_DURATIONS, waits: [90, 0, 1, 2] } })
    store.write({ ...SECOND, distributions: NO_DURATIONS })
    return look(store, storage.sql)
  })
}

describe('samples', () => {
  it('have one column for each figure', async () => {
    const row = await withSamples((_, sql) => sql.exec('SELECT * FROM samples WHERE at_ms = 60000').one())
    expect(JSON.stringify(row)).toBe(
      '{"at_ms":60000,"active":1,"capacity":2,"waiting":3,"absent":4,"joined":5,"admitted":6,"expired":7,"left_line":8,' +
        '"returned":9,"room_errors":10,"wait_p50":11,"wait_p90":12,"origin_requests":13,"origin_errors":14,' +
        '"origin_latency_p90_ms":15,"admission_factor":0.5,"limited":18,"limited_by_network":19,"limited_by_client":20,' +
        '"limited_returns":21,"joined_quiet":22,"joined_shared":23,"joined_busy":24,"joined_crowded":16,' +
        '"checks_passed":25,"checks_failed":17,"checks_overlooked":26,"checks_unreachable":27,"infinite_answers":28,' +
        '"proofs_solved":29,"proofs_refused":30,"slow_joins":31,"keys_redeemed":32,"keys_refused":33,"keys_missing":34,' +
        '"key_take_overs":35,"key_passes":36,"no_shows":37,"waits":"[90,0,1,2]","abandoned_waits":null,"site_times":null,' +
        '"full_answers":38}',
    )
  })

  it('are read as they were written', async () => {
    expect(await withSamples((store) => store.between(60_000, 70_001))).toEqual([FIRST, SECOND])
  })

  it('merge into steps with the last gauge, the sum of counts and the highest percentile', async () => {
    const [point] = await withSamples((store) => store.history(60_000, 70_001, 60_000))
    expect(JSON.stringify(point)).toBe(
      '{"fromMs":60000,"samples":2,"active":0,"capacity":1,"waiting":2,"absent":3,"joined":9,"admitted":11,"expired":13,' +
        '"left":15,"returned":17,"roomErrors":19,"waitSecondsP50":11,"waitSecondsP90":12,"originRequests":25,' +
        '"originErrors":27,"originLatencyMsP90":15,"admissionFactor":0.25,"joinedFromCrowdedNetworks":31,' +
        '"checksFailed":33,"noShows":73,"limited":35,"limitedByNetwork":37,"limitedByClient":39,"limitedReturns":41,' +
        '"fullAnswers":75,"joinedFromQuietNetworks":43,"joinedFromSharedNetworks":45,"joinedFromBusyNetworks":47,"checksPassed":49,' +
        '"checksOverlooked":51,"checksUnreachable":53,"infiniteAnswers":55,' +
        '"proofsSolved":57,"proofsRefused":59,"slowJoins":61,"keysRedeemed":63,"keysRefused":65,"keysMissing":67,' +
        '"keyTakeOvers":69,"keyPasses":71}',
    )
  })
})

describe('data points for Analytics Engine', () => {
  it('have each figure at its own position, and -1 for unknown percentiles', () => {
    const [first, second] = [dataPointOf('shop', FIRST), dataPointOf('shop', SECOND)]
    expect(first).toEqual({
      indexes: ['shop'],
      blobs: ['shop'],
      doubles: [60_000, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0.5, 16, 17],
    })
    expect(second.doubles).toEqual([70_000, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1, 12, 13, -1, 0.25, 15, 16])
    for (const name of ANALYSED) expect(first.doubles?.[(FIGURES[name].sample.double ?? 0) - 1]).toBe(FIRST[name])
  })
})

describe('the metrics', () => {
  it('have one family for each figure', () => {
    const [settings] = parseRooms([{ name: 'shop', total_active_users: 30, new_users_per_minute: 100 }]).rooms ?? []
    const stats = lineStats(Line.start(lineRules(settings), 0, 0), 0)
    const totals = { ...stats.totals }
    for (const [i, name] of (Object.keys(totals) as (keyof typeof totals)[]).entries()) totals[name] = i + 1
    const gauges = { active: 31, offered: 32, waiting: 33, absent: 34, lent: 35, admissionFactor: 0.5 }
    const loads = { calls: 20, gatheredCalls: 22, rowsWritten: 21 }
    const room = { ...stats, ...gauges, ...loads, totals, room: 'shop', recentSite: NO_RECENT_SITE }
    const text = metricsText([room], [['shop', 1]])
    const families = text.matchAll(
      /^# TYPE waiting_room_(\S+) (gauge|counter)\nwaiting_room_\1\{room="shop"\} (\S+)$/gm,
    )
    expect([...families].map(([, ...family]) => family.join(' '))).toEqual([
      'up gauge 1',
      'active gauge 31',
      'offered gauge 32',
      'lent gauge 35',
      'waiting gauge 33',
      'absent gauge 34',
      'capacity gauge 30',
      'admission_limit_per_second gauge 1.6666666666666667',
      'admission_ratio gauge 0.5',
      'joined_total counter 1',
      'admitted_total counter 2',
      'expired_total counter 3',
      'left_total counter 4',
      'returned_total counter 5',
      'no_shows_total counter 6',
      'ended_total counter 7',
      'forgotten_total counter 8',
      'lent_back_total counter 9',
      'call_errors_total counter 10',
      'honoured_passes_total counter 11',
      'origin_requests_total counter 12',
      'origin_errors_total counter 13',
      'limited_joins_total counter 14',
      'network_limited_joins_total counter 15',
      'client_limited_joins_total counter 16',
      'limited_returns_total counter 17',
      'full_answers_total counter 18',
      'joined_from_quiet_networks_total counter 19',
      'joined_from_shared_networks_total counter 20',
      'joined_from_busy_networks_total counter 21',
      'joined_from_crowded_networks_total counter 22',
      'foreign_tokens_total counter 23',
      'join_checks_passed_total counter 24',
      'join_checks_failed_total counter 25',
      'join_checks_overlooked_total counter 26',
      'join_checks_unreachable_total counter 27',
      'infinite_queue_answers_total counter 28',
      'proofs_of_work_solved_total counter 29',
      'proofs_of_work_refused_total counter 30',
      'slow_joins_total counter 31',
      'access_keys_redeemed_total counter 32',
      'access_keys_refused_total counter 33',
      'access_keys_missing_total counter 34',
      'access_key_take_overs_total counter 35',
      'access_key_passes_total counter 36',
      'calls_total counter 20',
      'gathered_calls_total counter 22',
      'rows_written_total counter 21',
    ])
  })
})

/** The metrics of a room with lanes, by family: those of a histogram have endings. */
function families(): Map<string, string> {
  const stats = lineStats(Line.start(lineRules(undefined), 0, 0), 0)
  const lanes = [{ name: 'members', waiting: 0, firstNumber: 1, nextNumber: 1, frontier: 1 }]
  const room = { ...stats, room: 'shop', calls: 0, gatheredCalls: 0, rowsWritten: 0, recentSite: NO_RECENT_SITE, lanes }
  const types = metricsText([room], [['shop', 1]]).matchAll(/^# TYPE (\S+) (\S+)$/gm)
  return new Map([...types].map(([, name = '', type = '']) => [name, type]))
}

describe('the Grafana dashboard', () => {
  it('asks for metrics of the rooms only', () => {
    const known = [...families()].flatMap(([name, type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    )
    expect(known).toEqual(expect.arrayContaining([...new Set(asked)]))
  })

  it('shows every metric', () => {
    const missing = [...families().keys()].filter((name) => !asked.some((each) => each.startsWith(name)))
    expect(missing).toEqual([])
  })

  it('has balanced expressions for the chosen rooms, and a letter for each', () => {
    for (const { title, targets = [] } of charts) {
      expect([title, targets.map(({ refId }) => refId)]).toEqual([title, targets.map((_, i) => 'ABCDEFGH'[i])])
      for (const { expr } of targets) {
        expect([expr, expr.split('(').length]).toEqual([expr, expr.split(')').length])
        expect(expr).toContain('{room=~"$room"}')
      }
    }
  })

  it('places its panels without an overlap, each with the chosen source', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(new Set(charts.map(({ datasource }) => datasource?.uid))).toEqual(new Set(['$source']))
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['source', 'room'])
  })
})
