import { abortAllDurableObjects } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/room/room-object.ts'
import type { SettingsPatch } from '../../src/settings/runtime-settings.ts'
import { passSeconds, TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

/** A room with 3 slots and 600 admissions a minute. */
const shop = () => new TestRoom('shop')

function operate(room: TestRoom, command: Command, who = 'ada') {
  return room.stub.operate(room.name, command, who)
}

function change(room: TestRoom, patch: SettingsPatch, etag: string | null = null) {
  return operate(room, { kind: 'settings', action: 'settings', patch, etag })
}

async function settingOf(room: TestRoom, key: keyof SettingsPatch) {
  return (await room.stub.settings(room.name)).settings[key]
}

describe("an operator's change", () => {
  it('takes effect before the first visitor comes', async () => {
    const room = shop()
    await change(room, { total_active_users: 1 })
    await abortAllDurableObjects()
    await room.join(2)
    expect(await room.stub.stats()).toMatchObject({ capacity: 1, active: 1, waiting: 1 })
  })

  it('survives a crash at any time after the answer', async () => {
    const room = shop()
    await room.join(5)
    await change(room, { paused: true, message: 'Back at noon' })
    await room.evict()
    expect(await room.stub.stats()).toMatchObject({ mode: 'paused', active: 3, waiting: 2 })
    const [audit] = await room.stub.audit(Number.MAX_SAFE_INTEGER, 10)
    expect(audit).toMatchObject({
      who: 'ada',
      action: 'settings',
      before: { paused: false, message: null },
      after: { paused: true, message: 'Back at noon' },
    })
    expect((await room.exchange()).snapshot).toMatchObject({ mode: 'paused', message: 'Back at noon' })
  })

  it('is shown next to the deployed value, and ends when it is cleared', async () => {
    const room = shop()
    await change(room, { total_active_users: 50 })
    expect(await settingOf(room, 'total_active_users')).toMatchObject({
      value: 50,
      deployed: 3,
      override: { by: 'ada', atMs: Date.now() },
    })
    await change(room, { total_active_users: null })
    expect(await settingOf(room, 'total_active_users')).toEqual({ value: 3, deployed: 3, override: null })
  })

  it('is dropped by a deploy that changes the same key, and by no other', async () => {
    const room = shop()
    await change(room, { total_active_users: 50, new_users_per_minute: 5 })
    // As if it had been set while another capacity was deployed.
    await room.inside(({ storage }) => {
      const [row] = storage.sql.exec('SELECT overrides FROM controls').toArray()
      const overrides = JSON.parse(row?.overrides as string)
      overrides.total_active_users.deployed = 4
      storage.sql.exec('UPDATE controls SET overrides = ?', JSON.stringify(overrides))
    })
    const before = (await room.stub.settings('shop')).etag
    await room.evict()
    expect(await room.stub.stats()).toMatchObject({ capacity: 3, newUsersPerMinute: 5 })
    expect((await room.stub.settings('shop')).etag).not.toBe(before)
    const [audit] = await room.stub.audit(Number.MAX_SAFE_INTEGER, 1)
    expect(audit).toMatchObject({
      who: 'deployment',
      before: { total_active_users: 50 },
      after: { total_active_users: 3 },
    })
  })

  it('is refused after another change', async () => {
    const room = shop()
    const { etag } = await room.stub.settings('shop')
    expect(await change(room, { paused: true }, etag)).toMatchObject({ state: 'done' })
    expect(await change(room, { paused: false }, etag)).toMatchObject({ state: 'refused', why: 'changed-meanwhile' })
    expect(await room.stub.stats()).toMatchObject({ mode: 'paused' })
    expect(await room.stub.audit(Number.MAX_SAFE_INTEGER, 10)).toHaveLength(1)
  })
})

describe('an operator', () => {
  it('admits the next by hand', async () => {
    const room = shop()
    await change(room, { queue_all: true })
    await room.join(5)
    expect(await operate(room, { kind: 'admit-next', count: 2 })).toMatchObject({ result: { admitted: 2 } })
    expect(await room.events('admitted')).toEqual([1, 2])
    const [audit] = await room.stub.audit(Number.MAX_SAFE_INTEGER, 1)
    expect(audit).toMatchObject({ action: 'admit-next', before: { waiting: 5 }, after: { waiting: 3, admitted: 2 } })
  })

  it.each([
    [{ paused: true }, 'paused'],
    [{ suspended: true }, 'suspended'],
  ] as const)('cannot do so with %o', async (patch, why) => {
    const room = shop()
    await change(room, patch)
    expect(await operate(room, { kind: 'admit-next', count: 1 })).toMatchObject({ state: 'refused', why })
  })

  it('revokes a number once', async () => {
    const room = shop()
    await room.join(4)
    expect(await operate(room, { kind: 'revoke', number: 2 })).toMatchObject({ result: { number: 2, was: 'active' } })
    expect(await room.claim(2)).toBe('gone')
    expect(await room.claim(4)).toBe('active')
    expect(await operate(room, { kind: 'revoke', number: 2 })).toMatchObject({ why: 'gone-already' })
    expect(await operate(room, { kind: 'revoke', number: 5 })).toMatchObject({ why: 'no-such-ticket' })
    expect(await room.stub.ticket(2)).toMatchObject({ state: 'gone', ended: 'revoked' })
  })

  it('resets the room: a new, empty run, and all old numbers void for good', async () => {
    const room = shop()
    await room.join(9)
    const { run } = room
    expect(await operate(room, { kind: 'reset' })).toMatchObject({ state: 'done' })
    await room.evict()
    const answer = await room.exchange({ claims: [{ number: 1, beacon: false, touched: false }] })
    expect(answer.run).toBeGreaterThan(run)
    expect(answer.claims).toEqual([{ state: 'void' }])
    expect(await room.join(1)).toEqual([1])
    const rows = await room.inside(({ storage }) => storage.sql.exec('SELECT segment FROM segments').toArray())
    expect(rows).toHaveLength(1)
    expect(await room.tick()).toBe(true)
  })

  it('resets an empty room whose clock went back, still with a higher run', async () => {
    const room = shop()
    await room.join(1)
    const { run } = room
    passSeconds(-3600)
    await operate(room, { kind: 'reset' })
    expect((await room.exchange()).run).toBe(run + 1)
  })

  it('keeps a bounded audit', async () => {
    const room = shop()
    await change(room, { paused: true })
    await room.inside(({ storage }) => {
      const numbers = 'WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) SELECT i FROM n'
      storage.sql.exec(
        `INSERT INTO audit (id, at_ms, who, action, before, after) SELECT i, 0, 'x', 'x', '{}', '{}' FROM (${numbers})`,
      )
    })
    await change(room, { paused: false })
    const count = await room.inside(({ storage }) => storage.sql.exec('SELECT COUNT(*) AS n FROM audit').toArray())
    expect(count).toEqual([{ n: 1000 }])
    const page = await room.stub.audit(1100, 3)
    expect(page.map(({ id }) => id)).toEqual([1099, 1098, 1097])
  })
})
