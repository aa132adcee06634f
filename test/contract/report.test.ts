/** The report of a time agrees with what the visitors saw and the operators did. */
import { describe, expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { stats } from './support/operator.ts'
import { until } from './support/operator-figures.ts'
import { room, useStage } from './support/stage.ts'

const DAY_MS = 24 * 3_600_000

const stage = useStage([
  room('told', 2, { check_interval_seconds: 5, heartbeat_timeout_seconds: 15, reclaim_grace_seconds: 0 }),
  room('untouched', 3),
])
const api = () => new ApiClient(stage.workerd)

interface Report {
  readonly totals: Readonly<Record<string, number>>
  readonly waits: { readonly count: number }
  readonly [name: string]: unknown
}

const report = async (name: string, query = '') => (await api().get(`/rooms/${name}/report${query}`)).json<Report>()

describe('a report', () => {
  test('counts the visitors, those who gave up and those who never came, and survives a crash', async () => {
    const visitors = Array.from({ length: 6 }, () => stage.visitor('told'))
    for (const visitor of visitors) await visitor.get('/echo')
    const [guest, leaver, noShow, quitter, silent, waiter] = visitors
    await quitter?.leave()
    await stage.workerd.restart()
    await api().call('PATCH', '/rooms/told/settings', { message: 'Hello' }, { 'If-Match': '*' })
    // Admitted, but does not come.
    await leaver?.leave()
    const polls = async () => {
      for (const visitor of [guest, waiter]) await visitor?.get('/echo')
      return stats(stage.workerd, 'told')
    }
    // The one who is silent in line gave up; the other did not come.
    await until(polls, ({ totals }) => totals?.expired === 2)
    expect([noShow, silent].map((visitor) => visitor?.holds)).toEqual(['ticket', 'ticket'])
    const known = await until(
      async () => {
        await polls()
        return report('told')
      },
      ({ totals }) => totals.expired === 2,
    )
    expect(known).toMatchObject({
      room: 'told',
      resolution: 'samples',
      step: '10m',
      totals: { joined: 6, left: 2, expired: 2 },
      noShows: 1,
      abandonment: { count: 2 },
      timeOnSite: { count: 1 },
      peakActive: 2,
      capacityUsedPeak: 1,
      turnedAway: 0,
      changes: [{ action: 'settings', who: 'admin', after: { message: 'Hello' } }],
      changesComplete: true,
    })
    expect(known.waits.count).toBe(known.totals.admitted)
  })

  test('has the same figures as CSV, the whole time first', async () => {
    const csv = await api().call('GET', '/rooms/told/report?format=csv', undefined, {})
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8; header=present')
    const [heads = [], all = [], step = []] = csv.text.split('\r\n').map((line) => line.split(','))
    const value = (row: readonly string[], column: string) => row[heads.indexOf(column)]
    const columns = ['row', 'joined', 'noShows', 'abandoned', 'turnedAway']
    expect(columns.map((column) => value(all, column))).toEqual(['all', '6', '1', '2', '0'])
    expect(value(step, 'row')).toBe('step')
    const accepted = await api().call('GET', '/rooms/told/report', undefined, { Accept: 'text/csv' })
    expect(accepted.text.split('\r\n')[0]).toBe(heads.join(','))
  })

  test('covers whole days when it begins before the samples, and says so', async () => {
    const from = Date.now() - 30 * DAY_MS
    const old = await report('told', `?from=${from}`)
    expect(old).toMatchObject({ resolution: 'days', step: '1d', totals: { joined: 6 }, noShows: 1 })
    expect(old.from).toBe(`${new Date(from).toISOString().slice(0, 10)}T00:00:00.000Z`)
    expect(String(old.to)).toMatch(/T00:00:00.000Z$/)
  })

  test('is empty for a room without visitors', async () => {
    expect(await report('untouched')).toMatchObject({ samples: 0, points: [], changes: [], waits: { count: 0 } })
  })

  test.each([
    ['format=xml', '"format" must be json or csv'],
    ['from=yesterday', 'ISO 8601'],
    [`from=${Date.now() - 402 * DAY_MS}`, 'at most 400 days'],
    ['from=2026-01-02&to=2026-01-01', 'before'],
  ])('is refused with %s, and the reason', async (query, reason) => {
    const reply = await api().get(`/rooms/told/report?${query}`)
    expect([reply.status, reply.json<{ detail: string }>().detail]).toEqual([400, expect.stringContaining(reason)])
  })
})
