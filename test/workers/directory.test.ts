/** The real directory and rooms' objects, in workerd. */
import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { DirectoryAnswer, DirectoryNamespace, DocumentWrite } from '../../src/directory/directory-object.ts'
import { DOCUMENT_MAX_BYTES, RUNTIME_ROOMS_MAX } from '../../src/directory/limits.ts'
import { type DocumentReader, readStored } from '../../src/settings/room-document.ts'
import { passSeconds, TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

const directory = () => (env.DIRECTORY as unknown as DirectoryNamespace).getByName('directory')

const table = (name: string, more: object = {}) => ({
  host: `${name}.example`,
  total_active_users: 1,
  new_users_per_minute: 600,
  ...more,
})

function write(name: string, document: unknown, more: Partial<DocumentWrite> = {}): Promise<DirectoryAnswer> {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  const change = { kind: 'put', name, text, condition: { kind: 'none' }, dryRun: false, who: 'ann' } as const
  return directory().write({ ...change, ...more })
}

const anyTag = { kind: 'match', tags: null } as const

function remove(name: string, how: 'if-empty' | 'drain' | 'now' = 'if-empty'): Promise<DirectoryAnswer> {
  return directory().remove({ name, how, condition: anyTag, dryRun: false, who: 'ann' })
}

const problemsOf = (answer: DirectoryAnswer) =>
  'problems' in answer ? answer.problems.map(({ key, problem }) => `${key}: ${problem}`) : []

async function create(name: string, more: object = {}): Promise<TestRoom> {
  expect(await write(name, table(name, more))).toMatchObject({ state: 'done', isNew: true, isReached: true })
  return new TestRoom(name)
}

describe('a stored document that a later deploy refuses', () => {
  const read: DocumentReader = (_, text) => {
    const fields = JSON.parse(text)
    const isRefused = 'alerts' in fields || 'bad' in fields
    return isRefused ? { ok: false, problems: [{ key: '', problem: '' }] } : { ok: true, document: fields }
  }

  it('still holds its visitors without its alerts, bypass rules and push', () => {
    const text = '{"path":"/a","alerts":[],"bypass":[]}'
    expect(readStored(read, 'fair', text)).toEqual({ ok: true, document: { path: '/a' } })
    expect(readStored(read, 'fair', '{"bad":1,"alerts":[]}').ok).toBe(false)
    expect(readStored(read, 'fair', '{"path":"/a","bypass":[]}')).toMatchObject({ document: { bypass: [] } })
  })
})

describe('a document', () => {
  it('is kept as it was written, and through an eviction', async () => {
    const text = '{\n "new_users_per_minute": 6e2, "total_active_users": 1.0,"host":"fair.example"}'
    await write('fair', text)
    await evictDurableObject(directory())
    expect(await directory().document('fair')).toMatchObject({ text, by: 'ann', draining: false })
  })

  it('is checked like a deployed room', async () => {
    const answer = await write('fair', { total_active_users: 0, new_users_per_minute: 1, colour: 'red' })
    expect(answer.state).toBe('invalid')
    expect(problemsOf(answer)).toEqual([
      expect.stringMatching(/^colour: there is no such setting/),
      expect.stringMatching(/^total_active_users: must be a whole number/),
    ])
    expect(problemsOf(await write('fair', '[]'))).toEqual([
      ': The document must be a JSON object with the keys of a room',
    ])
    expect(problemsOf(await write('fair', table('fair', { name: 'other' })))).toEqual([
      'name: must be "fair", the name in the address, or be left out',
    ])
    expect(problemsOf(await write('Fair', table('fair')))[0]).toMatch(/^name: must be 1 to 32/)
    expect(
      problemsOf(await write('fair', table('fair', { bypass: [{ header: 'X-A', secret: 'BYPASS_A' }] })))[0],
    ).toMatch(/^bypass.0.secret: BYPASS_A is not set/)
    expect(problemsOf(await write('fair', table('fair', { turnstile_mode: 'invisible' })))[0]).toMatch(
      /^TURNSTILE_SITE_KEY: is missing, but the room has a turnstile_mode/,
    )
    const long = { ...table('fair'), stats_push_url: `https://x.example/${'a'.repeat(DOCUMENT_MAX_BYTES)}` }
    expect(problemsOf(await write('fair', long))[0]).toMatch(/^: The document has \d+ bytes, 5000 at most/)
    expect(await directory().read(null)).toEqual({ version: 0, documents: [] })
  })

  it('cannot have the name, or the host and path, of another room', async () => {
    expect(await write('slow', table('slow'))).toMatchObject({ state: 'refused', why: 'deployed' })
    await create('one')
    expect(problemsOf(await write('two', table('one')))).toEqual([
      'path: "two" and "one" both cover one.example/: give one of them another host, path or condition',
    ])
    expect(problemsOf(await write('two', { ...table('slow') }))).toEqual([
      'path: "two" and "slow" both cover slow.example/: give one of them another host, path or condition',
    ])
    const twin = await write('two', table('one', { path: '/A', path_case_sensitive: false }))
    expect(twin.state).toBe('done')
    expect(problemsOf(await write('three', table('one', { path: '/a' })))[0]).toMatch(
      /^path: "three" and "two" have it in different spellings/,
    )
  })

  it('is written only under its condition', async () => {
    const absent = { kind: 'absent' } as const
    const tag = (...tags: string[]) => ({ condition: { kind: 'match', tags } }) as const
    expect(await write('fair', table('fair'), tag('v1'))).toMatchObject({ why: 'changed-meanwhile' })
    expect(await write('fair', table('fair'), { condition: anyTag })).toMatchObject({ why: 'no-such-room' })
    expect(await write('fair', table('fair'), { condition: absent })).toMatchObject({ isNew: true, version: 1 })
    expect(await write('fair', table('fair'), { condition: absent })).toMatchObject({
      why: 'changed-meanwhile',
      etag: 'v1',
    })
    expect(await write('fair', table('fair'))).toMatchObject({ why: 'condition-missing' })
    expect(await write('fair', table('fair', { path: '/a' }), tag('v7', 'v1'))).toMatchObject({ version: 2 })
    expect(await write('fair', { path: null }, { kind: 'patch', ...tag('v1') })).toMatchObject({
      why: 'changed-meanwhile',
    })
    const patched = await write('fair', { path: null, total_active_users: 5 }, { kind: 'patch', ...tag('v2') })
    expect(patched).toMatchObject({
      version: 3,
      changes: [
        { key: 'total_active_users', before: 1, after: 5 },
        { key: 'path', before: '/a' },
      ],
    })
    // The same text again is no change.
    const { text } = (patched as Extract<DirectoryAnswer, { state: 'done' }>).document ?? { text: '' }
    expect(await write('fair', text, tag('v3'))).toMatchObject({ state: 'done', version: 3, changes: [] })
  })

  it('is not stored by a dry run', async () => {
    const dryRun = true
    expect(await write('fair', table('fair'), { dryRun })).toMatchObject({ state: 'done', isNew: true, version: 0 })
    expect(await write('fair', { path: 'x' }, { dryRun })).toMatchObject({ state: 'invalid' })
    expect(await directory().document('fair')).toBeNull()
    expect(await directory().audit(1e9, 10)).toEqual([])
  })

  it('is refused when there are 1,000 already', async () => {
    await runInDurableObject(directory(), (_, { storage }) => {
      for (let i = 0; i < RUNTIME_ROOMS_MAX; i++) {
        storage.sql.exec(
          'INSERT INTO documents (name, text, version, given, draining, at_ms, who) VALUES (?, ?, ?, ?, 0, 0, ?)',
          `r${i}`,
          JSON.stringify(table(`r${i}`)),
          i + 1,
          i + 1,
          'ann',
        )
      }
    })
    await evictDurableObject(directory())
    expect(problemsOf(await write('more', table('more')))).toEqual([
      ': The directory has 1000 rooms and takes no more: delete one first',
    ])
    expect(await write('r7', table('r7', { path: '/a' }), { condition: anyTag })).toMatchObject({ state: 'done' })
    expect(await remove('r7')).toMatchObject({ state: 'done', document: null })
    expect(await write('more', table('more'))).toMatchObject({ state: 'done', isNew: true })
  })
})

describe('a runtime room', () => {
  it('serves by its document, and goes on with the same line under a changed one', async () => {
    const room = await create('fair')
    expect(await room.join(3)).toEqual([1, 2, 3])
    expect(await room.stub.stats()).toMatchObject({ active: 1, waiting: 2, capacity: 1 })
    const { run } = room
    await write('fair', table('fair', { total_active_users: 2 }), { condition: anyTag })
    expect(await room.stub.stats()).toMatchObject({ run, active: 2, waiting: 1, capacity: 2 })
    expect((await room.exchange()).snapshot.settingsVersion).toBe(2)
    expect(await room.join()).toEqual([4])
    await room.evict()
    expect(await room.stub.stats()).toMatchObject({ run, active: 2, waiting: 2, capacity: 2 })
    expect(await room.stub.audit(1e9, 10)).toMatchObject([
      { who: 'ann', action: 'document', after: { version: 2 } },
      { who: 'ann', action: 'document', after: { version: 1 } },
    ])
  })

  it('keeps the changes of operators until the document changes the same key', async () => {
    const room = await create('fair')
    await room.join()
    const operate = (patch: object) =>
      room.stub.operate('fair', { kind: 'settings', action: 'settings', patch, etag: null }, 'ben')
    await operate({ total_active_users: 7, message: 'hello' })
    await write('fair', table('fair', { new_users_per_minute: 60 }), { condition: anyTag })
    expect((await room.stub.settings('fair')).settings.total_active_users).toMatchObject({ value: 7, deployed: 1 })
    await write('fair', table('fair', { total_active_users: 3 }), { condition: anyTag })
    const { settings } = await room.stub.settings('fair')
    expect(settings.total_active_users).toMatchObject({ value: 3, override: null })
    expect(settings.message).toMatchObject({ value: 'hello' })
  })

  it('asks the directory when its object has no document yet', async () => {
    await create('fair')
    const room = new TestRoom('fair')
    await room.inside(({ storage }) => storage.sql.exec('DELETE FROM document'))
    await room.evict()
    expect(await room.join(2)).toEqual([1, 2])
    expect(await room.stub.stats()).toMatchObject({ active: 1, waiting: 1, capacity: 1 })
  })

  it('ignores a document that comes late', async () => {
    const room = await create('fair')
    const late = await directory().document('fair')
    await write('fair', table('fair', { total_active_users: 2 }), { condition: anyTag })
    if (late !== null) await room.stub.takeDocument('fair', late)
    await room.join()
    expect(await room.stub.stats()).toMatchObject({ capacity: 2 })
    await remove('fair', 'now')
    if (late !== null) await room.stub.takeDocument('fair', late)
    expect(await room.stub.stats()).toMatchObject({ capacity: 0 })
  })

  it('gets a document that it missed from the alarm of the directory', async () => {
    const room = await create('fair')
    await room.join()
    await runInDurableObject(directory(), (_, { storage }) => {
      storage.sql.exec(
        'UPDATE documents SET text = ?, version = 9',
        JSON.stringify(table('fair', { total_active_users: 4 })),
      )
      return storage.setAlarm(Date.now() + 1000)
    })
    await evictDurableObject(directory())
    passSeconds(2)
    await runDurableObjectAlarm(directory())
    expect(await room.stub.stats()).toMatchObject({ capacity: 4 })
    await runInDurableObject(directory(), async (_, { storage }) => expect(await storage.getAlarm()).toBeNull())
  })
})

describe('a deletion', () => {
  it('is refused while anybody waits or is on the site', async () => {
    const room = await create('fair')
    await room.join(2)
    expect(await remove('fair')).toEqual({ state: 'occupied', waiting: 1, active: 1 })
    expect(await directory().document('fair')).not.toBeNull()
    await room.exchange({ leaves: [1, 2] })
    expect(await remove('fair')).toMatchObject({ state: 'done', document: null })
    expect(await directory().document('fair')).toBeNull()
    expect(await remove('fair')).toMatchObject({ why: 'no-such-room' })
    expect(await remove('slow')).toMatchObject({ why: 'deployed' })
  })

  it('with drain turns newcomers away, admits everyone in line, and ends when the room is empty', async () => {
    const room = await create('fair')
    await room.join(2)
    expect(await remove('fair', 'drain')).toMatchObject({ state: 'done', document: { draining: true } })
    const { joins } = await room.exchange({ joins: ['late'] })
    expect(joins).toMatchObject([{ state: 'full', why: 'closed' }])
    // An operator cannot open it again.
    await room.stub.operate('fair', { kind: 'settings', action: 'open', patch: { closed: false }, etag: null }, 'ben')
    expect((await room.exchange({ joins: ['late'] })).joins).toMatchObject([{ why: 'closed' }])
    passSeconds(1)
    await room.exchange({ leaves: [1] })
    expect(await room.claim(2)).toBe('active')
    await runDurableObjectAlarm(directory())
    expect(await directory().document('fair')).toMatchObject({ draining: true })
    await room.exchange({ leaves: [2] })
    passSeconds(5)
    await runDurableObjectAlarm(directory())
    expect(await directory().document('fair')).toBeNull()
    expect(await directory().audit(1e9, 10)).toMatchObject([
      { action: 'delete', who: 'drained' },
      { action: 'drain', who: 'ann' },
      { action: 'create', who: 'ann' },
    ])
  })

  it('is cancelled by a new document', async () => {
    const room = await create('fair')
    await room.join()
    await remove('fair', 'drain')
    await write('fair', table('fair'), { condition: anyTag })
    expect((await room.exchange({ joins: ['late'] })).joins).toMatchObject([{ state: 'waiting' }])
  })

  it('with confirm voids every token, and a new room of the name starts afresh', async () => {
    const room = await create('fair')
    await room.join(2)
    const { run } = room
    await room.stub.operate('fair', { kind: 'settings', action: 'pause', patch: { paused: true }, etag: null }, 'ben')
    expect(await remove('fair', 'now')).toMatchObject({ state: 'done', document: null })
    expect(await room.stub.stats()).toMatchObject({ waiting: 0, active: 0, capacity: 0 })
    passSeconds(5)
    await create('fair', { total_active_users: 2 })
    const answer = await room.exchange({ run, claims: [{ number: 1, beacon: false, touched: false }] })
    expect(answer.claims).toMatchObject([{ state: 'void' }])
    expect(await room.join(2)).toEqual([1, 2])
    passSeconds(1)
    await room.hear(1, 2)
    expect(await room.stub.stats()).toMatchObject({ active: 2, capacity: 2, mode: 'open' })
  })

  it('remembers the jurisdiction, in which a room of the name must stay', async () => {
    await create('fair')
    const moved = await write('fair', table('fair', { jurisdiction: 'eu' }), { condition: anyTag })
    expect(problemsOf(moved)).toEqual(['jurisdiction: must stay unset: a room cannot move. Use another name'])
    await remove('fair')
    expect(problemsOf(await write('fair', table('fair', { jurisdiction: 'eu' })))[0]).toMatch(
      /^jurisdiction: must stay/,
    )
  })
})
