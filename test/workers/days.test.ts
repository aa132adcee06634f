/** Daily figures: written before their samples go, and read beside those that are kept. */
import { describe, expect, it } from 'vitest'
import { SampleStore } from '../../durable-objects/sample-store.ts'
import { eachFigure, SAMPLED } from '../../src/core/figures.ts'
import type { FullSample } from '../../src/core/sample.ts'
import { DAY_MS, DAYS_KEPT } from '../../src/limits.ts'
import { TestRoom } from './support/room.ts'

const HOUR_MS = 3_600_000
/** The start of a day in UTC. */
const START_MS = 20_000 * DAY_MS

function sample(atMs: number, waiting: number, joined: number, waits: number[] | null = null): FullSample {
  const none = eachFigure(SAMPLED, () => 0)
  return {
    ...none,
    atMs,
    waiting,
    joined,
    capacity: 10,
    distributions: { waits, abandonedWaits: null, siteTimes: null },
  }
}

async function inObject<T>(look: (store: SampleStore, sql: SqlStorage) => Promise<T>): Promise<T> {
  const room = new TestRoom('shop')
  await room.join(1)
  return room.inside(async ({ storage }) => {
    // A tick would delete these samples, which are old by the clock.
    await storage.deleteAlarm()
    storage.sql.exec('DELETE FROM samples; DELETE FROM days')
    return look(new SampleStore(storage.sql), storage.sql)
  })
}

const days = async (store: SampleStore, from = START_MS, to = START_MS + 500 * DAY_MS) =>
  (await store.days.points(from, to, DAY_MS)).map(({ fromMs, highest, totals, distributions }) => [
    (fromMs - START_MS) / DAY_MS,
    highest.waiting,
    totals.joined,
    distributions.waits,
  ])
const rows = (sql: SqlStorage) =>
  sql
    .exec('SELECT day FROM days ORDER BY day')
    .toArray()
    .map(({ day }) => Number(day) - 20_000)

describe('daily figures', () => {
  it('come from samples while these are kept, and stay the same once these are deleted', async () => {
    await inObject(async (store, sql) => {
      store.write(sample(START_MS + HOUR_MS, 5, 2, [40, 0, 1]))
      store.write(sample(START_MS + 23 * HOUR_MS, 3, 4, [30, 1, 0, 2]))
      store.write(sample(START_MS + DAY_MS, 7, 1))
      const known = [
        [0, 5, 6, [70, 1, 1, 2]],
        [1, 7, 1, []],
      ]
      expect([await days(store), rows(sql)]).toEqual([known, []])
      // The first sample of the first day is a week old: the whole day gets its row, once.
      store.write(sample(START_MS + 7 * DAY_MS + 2 * HOUR_MS, 0, 0))
      expect([(await days(store)).slice(0, 2), rows(sql)]).toEqual([known, [0]])
      store.write(sample(START_MS + 8 * DAY_MS, 0, 0))
      store.write(sample(START_MS + 9 * DAY_MS, 0, 0))
      expect([(await days(store)).slice(0, 2), rows(sql)]).toEqual([known, [0, 1]])
      expect(sql.exec('SELECT COUNT(*) AS left FROM samples').one().left).toBe(3)
    })
  })

  it('survive a room that was empty for longer than samples are kept', async () => {
    await inObject(async (store, sql) => {
      for (const day of [0, 2, 3]) store.write(sample(START_MS + day * DAY_MS, day + 1, 1))
      store.write(sample(START_MS + 100 * DAY_MS, 9, 1))
      expect(rows(sql)).toEqual([0, 2, 3])
      expect(await days(store)).toEqual([
        [0, 1, 1, []],
        [2, 3, 1, []],
        [3, 4, 1, []],
        [100, 9, 1, []],
      ])
    })
  })

  it('are kept for 400 days', async () => {
    await inObject(async (store, sql) => {
      for (const day of [0, 10, 30]) store.write(sample(START_MS + day * DAY_MS, 1, 1))
      store.write(sample(START_MS + (DAYS_KEPT + 17) * DAY_MS + HOUR_MS, 1, 1))
      expect(rows(sql)).toEqual([10, 30])
    })
  })

  it('have steps shorter than a day only from samples', async () => {
    await inObject(async (store) => {
      store.write(sample(START_MS, 5, 2))
      store.write(sample(START_MS + 8 * DAY_MS, 6, 3))
      store.write(sample(START_MS + 8 * DAY_MS + HOUR_MS, 7, 4))
      const steps = await store.days.points(START_MS, START_MS + 9 * DAY_MS, HOUR_MS)
      expect(steps.map(({ fromMs, totals }) => [fromMs - START_MS - 8 * DAY_MS, totals.joined])).toEqual([
        [0, 3],
        [HOUR_MS, 4],
      ])
    })
  })
})

describe('a long period', () => {
  const week = async (store: SampleStore) => {
    for (let hour = 0; hour < 7 * 24; hour++) {
      store.write(sample(START_MS + hour * HOUR_MS, hour, 1, [1]))
      store.write(sample(START_MS + (hour + 0.5) * HOUR_MS, hour, 2, [2, 1]))
    }
  }

  it('is read in portions, between which the object does other things', async () => {
    await inObject(async (store) => {
      await week(store)
      let isRead = false
      const reading = store.days.points(START_MS, START_MS + 7 * DAY_MS, HOUR_MS).then((points) => {
        isRead = true
        return points
      })
      await new Promise((resume) => setTimeout(resume, 0))
      expect(isRead).toBe(false)
      expect(await reading).toHaveLength(7 * 24)
    })
  })

  it('has the same figures as its portions together, from any start', async () => {
    await inObject(async (store) => {
      await week(store)
      const [startMs, endMs] = [START_MS + HOUR_MS / 2, START_MS + 7 * DAY_MS - HOUR_MS]
      const whole = { joined: 7 * 24 * 3 - 1 - 3, waits: [7 * 24 * 3 - 1 - 3, 7 * 24 - 1] }
      for (const stepMs of [60_000, 600_000, HOUR_MS, DAY_MS]) {
        const points = await store.days.points(startMs, endMs, stepMs)
        expect(new Set(points.map(({ fromMs }) => fromMs)).size).toBe(points.length)
        const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
        expect(sum(points.map(({ totals }) => totals.joined))).toBe(whole.joined)
        const waits = [0, 1].map((place) => sum(points.map(({ distributions }) => distributions.waits[place] ?? 0)))
        expect(waits).toEqual(whole.waits)
        const history = await store.history(startMs, endMs, stepMs)
        if (stepMs < DAY_MS) expect(history.map(({ fromMs }) => fromMs)).toEqual(points.map(({ fromMs }) => fromMs))
      }
      const { arrivals, siteTimes } = await store.demand(startMs, endMs)
      expect([arrivals.length, siteTimes]).toEqual([7 * 24 * 2 - 3, []])
    })
  })
})
