/** The rows of access keys in the object's storage. */
import { env, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { AccessStore } from '../../durable-objects/access-store.ts'
import { migrate } from '../../durable-objects/migrations.ts'
import type { AccessRow } from '../../src/core/access.ts'

const NOW_MS = Date.UTC(2040, 0, 1)
const HOUR_SECONDS = 3_600
let objects = 0

function withStore<T>(work: (open: () => AccessStore) => T): Promise<T> {
  const stub = env.WAITING_ROOM.getByName(`access-${objects++}`)
  return runInDurableObject(stub, (_, { storage }) => {
    migrate(storage.sql)
    return work(() => new AccessStore(storage.sql))
  })
}

function row(subject: string, changes: Partial<AccessRow> = {}): AccessRow {
  return {
    subject,
    keyId: subject,
    run: 1,
    uses: 1,
    used: 1,
    number: 1,
    holder: 0,
    joinKey: 'a',
    expSeconds: NOW_MS / 1000,
    revoked: false,
    atMs: NOW_MS,
    ...changes,
  }
}

/** The rows that are left. */
const left = (store: AccessStore, subjects: readonly string[]) =>
  store.rowsFor([
    {
      joins: subjects as string[],
      joinDetails: subjects.map((id) => ({ access: { id: id.slice(2), uses: 1, expSeconds: 0 } })),
    },
  ])

describe('the rows of access keys', () => {
  it('are read by subject, thousands at once', () =>
    withStore((open) => {
      const ids = Array.from({ length: 3_000 }, (_, i) => `k:${i}`)
      open().write(ids.map((subject) => row(subject)))
      const rows = left(open(), ids)
      expect(ids.filter((subject) => rows.get(subject) === undefined)).toEqual([])
      expect(left(open(), ['k:none']).get('k:none')).toBeUndefined()
    }))

  it('are deleted an hour after the key expired, a few with each tick, unless their place is alive', () =>
    withStore((open) => {
      const ids = Array.from({ length: 250 }, (_, i) => `k:${1000 + i}`)
      const store = open()
      store.write(ids.map((subject, i) => row(subject, { number: i + 1 })))
      const alive = [1, 50, 240]
      const remaining = () => {
        const rows = left(store, ids)
        return ids.filter((subject) => rows.get(subject) !== undefined).length
      }
      const tick = (afterSeconds: number) =>
        store.forgetExpired(NOW_MS + afterSeconds * 1000, ({ number }) => alive.includes(number))
      tick(HOUR_SECONDS - 1)
      expect(remaining()).toBe(250)
      const counts = [1, 2, 3, 4].map(() => {
        tick(HOUR_SECONDS + 1)
        return remaining()
      })
      expect(counts).toEqual([152, 52, 3, 3])
      alive.length = 0
      tick(HOUR_SECONDS + 1)
      expect(remaining()).toBe(0)
    }))

  it('of a new run count from zero, and revoked keys stay revoked', () =>
    withStore((open) => {
      const store = open()
      store.write([row('k:used'), row('k:revoked', { revoked: true }), row('p:moved', { holder: 2, number: 7 })])
      expect(store.moved(1)).toEqual([[7, 2]])
      expect(store.moved(2)).toEqual([])
      store.clear()
      const rows = left(store, ['k:used', 'k:revoked'])
      expect([rows.get('k:used'), rows.get('k:revoked')?.revoked]).toEqual([undefined, true])
      expect(store.revokedCount).toBe(1)
    }))
})
