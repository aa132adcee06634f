import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { MigrateError, roomsInAnswer } from '../../scripts/migrate/cloudflare-rooms.ts'
import { CLOUDFLARE_EVENT_KEYS, migrateEvents } from '../../scripts/migrate/migrate-events.ts'
import { CLOUDFLARE_KEYS, migrateRoom } from '../../scripts/migrate/migrate-room.ts'
import { migrateRules } from '../../scripts/migrate/migrate-rules.ts'
import { parseRooms } from '../../src/settings/rooms.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** An API answer for a room with every setting. */
const ROOM = {
  id: '699d98642c564d2e855e9661899b7252',
  created_on: '2024-01-01T05:20:00.12345Z',
  modified_on: '2024-01-01T05:20:00.12345Z',
  name: 'production_webinar',
  description: 'Production - DO NOT MODIFY',
  host: 'shop.example.com',
  path: '/shop/checkout',
  queue_all: true,
  new_users_per_minute: 600,
  total_active_users: 1000,
  session_duration: 10,
  disable_session_renewal: false,
  suspended: false,
  json_response_enabled: true,
  queueing_method: 'fifo',
  queueing_status_code: 202,
  custom_page_html: '{{#waitTimeKnown}} {{waitTime}} mins {{/waitTimeKnown}}',
  default_template_language: 'es-ES',
  cookie_attributes: { samesite: 'auto', secure: 'auto' },
  cookie_suffix: '',
  additional_routes: [
    { host: 'shop2.example.com', path: '/shop/checkout' },
    { host: 'shop3.example.com', path: '/other' },
  ],
  enabled_origin_commands: ['revoke'],
  turnstile_mode: 'invisible',
  turnstile_action: 'log',
  next_event_prequeue_start_time: null,
  next_event_start_time: null,
  zone_id: '023e105f4ecef8ad9ca31a8372d0c353',
  zone_name: 'example.com',
}

/** A room with only the required settings. */
const PLAIN = { name: 'plain', host: 'a.example.com', total_active_users: 200, new_users_per_minute: 200 }

const RULES = {
  result: [
    { action: 'bypass_waiting_room', expression: 'ip.src in {10.20.30.40 192.0.2.0/24 2001:db8::/32}', enabled: true },
    { action: 'bypass_waiting_room', expression: '(http.request.uri.path eq "/health")', enabled: true },
    { action: 'bypass_waiting_room', expression: 'starts_with(http.request.uri.path, "/static/")', enabled: true },
    { action: 'bypass_waiting_room', expression: 'ip.geoip.country eq "DE"', description: 'Germany', enabled: true },
    { action: 'bypass_waiting_room', expression: 'ip.src eq 192.0.2.7 and ssl', description: 'TLS', enabled: true },
    { action: 'bypass_waiting_room', expression: 'ip.src eq 192.0.2.7', description: 'old', enabled: false },
  ],
  success: true,
  errors: [],
  messages: [],
}

/** An answer for an event with every key. */
const EVENT = {
  id: '25756b2dfe6e378a06b033b670413757',
  created_on: '2039-01-01T05:20:00.12345Z',
  modified_on: '2039-01-01T05:20:00.12345Z',
  name: 'production_webinar_event',
  description: 'Production event - DO NOT MODIFY',
  custom_page_html: null,
  disable_session_renewal: null,
  event_start_time: '2039-09-28T15:30:00.000Z',
  event_end_time: '2039-09-28T17:00:00.000Z',
  prequeue_start_time: '2039-09-28T15:00:00.000Z',
  new_users_per_minute: 600,
  total_active_users: 1000,
  queueing_method: 'fifo',
  session_duration: 10,
  shuffle_at_event_start: true,
  suspended: false,
  turnstile_action: 'log',
  turnstile_mode: 'off',
}

/** An event that inherits everything. */
const PLAIN_EVENT = {
  ...EVENT,
  name: 'plain',
  description: '',
  event_start_time: '2039-10-01T10:00:00Z',
  event_end_time: '2039-10-01T11:00:00Z',
  prequeue_start_time: null,
  new_users_per_minute: null,
  total_active_users: null,
  queueing_method: null,
  session_duration: null,
  shuffle_at_event_start: false,
}

const answer = (result: unknown) => JSON.stringify({ success: true, errors: [], messages: [], result })
const migrated = (changes: object) => migrateRoom({ ...PLAIN, ...changes })

/** `npm run migrate` with its file on standard input. */
function run(input: string, ...options: string[]) {
  const args = ['scripts/migrate.ts', '-', ...options]
  return spawnSync(process.execPath, args, { cwd: ROOT, input, encoding: 'utf8' })
}

describe('npm run migrate', () => {
  it('writes valid tables and reports what it could not carry over', () => {
    const { status, stdout, stderr } = run(answer([ROOM, PLAIN]), '--env', 'production')
    expect([status, stderr]).toEqual([0, ''])
    const written = parse(stdout) as unknown as { env: { production: { vars: { ROOMS: object[] } } } }
    const { rooms, problems } = parseRooms(written.env.production.vars.ROOMS)
    expect(problems).toEqual([])
    expect(rooms).toMatchObject([
      {
        name: 'production-webinar',
        routes: [
          { host: 'shop.example.com', path: '/shop/checkout' },
          { host: 'shop2.example.com', path: '/shop/checkout' },
          { host: 'shop3.example.com', path: '/other' },
        ],
        cookie_domain: 'example.com',
        total_active_users: 1000,
        new_users_per_minute: 600,
        idle_timeout_seconds: 600,
        default_language: 'es',
        session_heartbeat: 'beacon',
        queue_all: true,
        queueing_status_code: 202,
      },
      { name: 'plain', host: 'a.example.com', total_active_users: 200, new_users_per_minute: 200, queue_all: false },
    ])
    for (const told of ['production_webinar', 'custom_page_html', 'turnstile_mode']) {
      expect(stdout).toMatch(new RegExp(`^# .*${told}`, 'm'))
    }
  })

  it('reports invalid settings by key and exits with 1', () => {
    const { status, stdout, stderr } = run(answer({ ...PLAIN, path: '/läden' }))
    expect(status).toBe(1)
    expect(stdout).toContain('[[vars.ROOMS]]')
    expect(stderr).toMatch(/ROOMS\[0\]\.path: must begin with/)
  })

  it('exits with 0 and prints nothing to standard error when everything is carried over', () => {
    const fitting = { ...PLAIN, queueing_method: 'fifo', turnstile_mode: 'off', default_template_language: 'fr-FR' }
    expect(run(answer([PLAIN, fitting].map((room, i) => ({ ...room, name: `r${i}`, path: `/${i}` }))))).toMatchObject({
      status: 0,
      stderr: '',
    })
  })

  it.each<[string, object, RegExp]>([
    ['an unknown order', { queueing_method: 'lottery' }, /queueing_method = lottery is refused/],
    ['a strict cookie', { cookie_attributes: { samesite: 'strict' } }, /cookie_attributes\.samesite = strict/],
    ['a cookie that is not secure', { cookie_attributes: { secure: 'never' } }, /cookie_attributes\.secure/],
    ['another domain', { additional_routes: [{ host: 'b.example.org', path: '' }] }, /share no domain/],
    [
      'an event to come',
      { next_event_start_time: '2026-12-01T00:00:00Z' },
      /an event starts at 2026-12-01.*--events FILE/,
    ],
    ['a key that is newer than the script', { lottery_seed: 7 }, /lottery_seed is unknown/],
  ])('exits with 1 and lists on standard error: %s', (_, changes, told) => {
    const { status, stdout, stderr } = run(answer({ ...PLAIN, ...changes }))
    expect(status).toBe(1)
    expect(stderr).toMatch(/^These settings are refused here or have no counterpart/)
    expect(stderr).toMatch(told)
    expect(stderr).toContain('ROOMS[0] (plain): ')
    expect(stdout).toContain('[[vars.ROOMS]]')
    expect(stdout).toMatch(told)
  })

  it('lists every refused setting of every room, and every invalid one', () => {
    const rooms = [
      { ...PLAIN, queueing_method: 'lottery' },
      { ...PLAIN, name: 'second', path: '/läden', cookie_attributes: { samesite: 'lax' } },
    ]
    const { status, stderr } = run(answer(rooms))
    expect(status).toBe(1)
    for (const told of ['queueing_method', 'ROOMS[1] (second): cookie_attributes', 'ROOMS[1].path']) {
      expect(stderr).toContain(told)
    }
  })

  it('exits with 1 for an active bypass rule that is not carried over', () => {
    const rules = join(mkdtempSync(join(tmpdir(), 'migrate-')), 'rules.json')
    writeFileSync(rules, JSON.stringify(RULES))
    const { status, stderr } = run(answer(PLAIN), '--rules', rules)
    expect([status, stderr]).toEqual([1, expect.stringContaining('"TLS" is not carried over')])
    expect(stderr).not.toContain('"old"')
  })

  it('writes the events of a room as its tables, and lists what has no counterpart', () => {
    const events = join(mkdtempSync(join(tmpdir(), 'migrate-')), 'events.json')
    const odd = {
      ...PLAIN_EVENT,
      custom_page_html: '<p>',
      turnstile_mode: 'invisible',
      event_start_time: '2039-10-02T10:00:00Z',
    }
    writeFileSync(events, answer([EVENT, PLAIN_EVENT]))
    const room = { ...PLAIN, next_event_start_time: EVENT.event_start_time }
    const fine = run(answer(room), '--events', events)
    expect(fine).toMatchObject({ status: 0, stderr: '' })
    expect(fine.stdout).toContain('[[vars.ROOMS.events]]')
    const written = parse(fine.stdout) as unknown as { vars: { ROOMS: object[] } }
    const { rooms, problems } = parseRooms(written.vars.ROOMS)
    expect(problems).toEqual([])
    expect(rooms?.[0]?.events).toMatchObject([
      {
        name: 'production_webinar_event',
        description: 'Production event - DO NOT MODIFY',
        prequeue_start_time: '2039-09-28T15:00:00.000Z',
        event_start_time: '2039-09-28T15:30:00.000Z',
        event_end_time: '2039-09-28T17:00:00.000Z',
        shuffle_at_event_start: true,
        suspended: false,
        total_active_users: 1000,
        new_users_per_minute: 600,
        session_timeout_seconds: 600,
        queueing_method: 'fifo',
      },
      { name: 'plain', prequeue_start_time: null, total_active_users: null, session_timeout_seconds: null },
    ])
    writeFileSync(events, answer([{ ...odd, event_end_time: '2039-10-02T10:00:30Z', session_duration: 60 }]))
    const refused = run(answer(PLAIN), '--events', events)
    expect(refused.status).toBe(1)
    for (const told of [
      'ROOMS[0] (plain): event "plain": custom_page_html has no counterpart',
      'ROOMS[0] (plain): event "plain": turnstile_mode = invisible',
      'ROOMS[0].events.0.session_timeout_seconds: must be a whole number from 15 to 1800',
    ]) {
      expect(refused.stderr).toContain(told)
    }
  })

  it('takes events of a single room only', () => {
    const events = join(mkdtempSync(join(tmpdir(), 'migrate-')), 'events.json')
    writeFileSync(events, answer([EVENT]))
    expect(run(answer([PLAIN, { ...PLAIN, name: 'b', path: '/b' }]), '--events', events)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('--events is for a single room'),
    })
  })

  it('says which input it expects', () => {
    expect(run('no JSON')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('waiting_rooms/ROOM'),
    })
    expect(run('', '--nope').stderr).toContain('npm run --silent migrate')
  })
})

describe('an answer of the API', () => {
  it('may be of one room, of a list, or the room alone', () => {
    for (const text of [answer(PLAIN), answer([PLAIN]), JSON.stringify(PLAIN), JSON.stringify([PLAIN])]) {
      expect(roomsInAnswer(text)).toEqual([PLAIN])
    }
  })

  it.each([
    ['no JSON', '<html>', /^This is not JSON/],
    [
      'an error',
      '{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}',
      /10000: Authentication error/,
    ],
    ['an empty list', answer([]), /contains no room/],
    ['no room', answer([1]), /^Entry 1 is not a room/],
    ['nothing', answer(null), /^Entry 1 is not a room/],
    ['another thing', answer([{ name: 'x', host: 'y' }]), /: total_active_users, new_users_per_minute missing/],
    ['events', answer([{ name: 'x', event_start_time: 'z' }]), /^Entry 1 is an event: pass events with --events/],
    ['rules', JSON.stringify(RULES), /^Entry 1 is a rule: pass rules with --rules/],
  ])('is refused with %s, and the error names the expected input', (_, text, message) => {
    expect(() => roomsInAnswer(text)).toThrow(MigrateError)
    expect(() => roomsInAnswer(text)).toThrow(message)
  })
})

describe('a room', () => {
  it('without session renewal ends sessions after their duration', () => {
    const { room } = migrated({ session_duration: 5, disable_session_renewal: true })
    expect(room).toMatchObject({ session_max_seconds: 300 })
    expect(room).not.toHaveProperty('idle_timeout_seconds')
  })

  it.each(['random', 'passthrough', 'reject'])('that queues by %s keeps its method', (queueing_method) => {
    const { room, refused } = migrated({ queueing_method })
    expect([room.queueing_method, refused]).toEqual([queueing_method, []])
    expect(parseRooms([room]).problems).toEqual([])
  })

  it('with another path on its host needs no common domain', () => {
    const { room, notes } = migrated({ path: '/a', additional_routes: [{ host: 'A.example.com', path: '/b' }] })
    expect(room.routes).toEqual([
      { host: 'a.example.com', path: '/a' },
      { host: 'a.example.com', path: '/b' },
    ])
    expect([room.cookie_domain, notes]).toEqual([undefined, []])
    expect(parseRooms([room]).problems).toEqual([])
  })

  it('with hosts of different domains keeps only its own', () => {
    const { room, notes } = migrated({ additional_routes: [{ host: 'b.example.org', path: '' }] })
    expect(room).not.toHaveProperty('routes')
    expect(notes).toEqual([expect.stringContaining('share no domain')])
  })

  it.each([
    ['de-DE', 'de'],
    ['pt-BR', 'pt-BR'],
    ['zh-CN', 'zh-Hans'],
    ['zh-TW', 'zh-Hant'],
    ['ja-JP', 'ja'],
    ['ar-EG', 'ar'],
  ])('whose page language is %s keeps it', (default_template_language, default_language) => {
    const { room, notes } = migrated({ default_template_language })
    expect(room).toMatchObject({ default_language })
    expect(notes).toEqual([])
    expect(parseRooms([room]).problems).toEqual([])
  })

  it.each(['tl-PH', 'fa-IR', 'sr-BA', '../x'])('whose page language is %s gets a note and no setting', (tag) => {
    const { room, notes, refused } = migrated({ default_template_language: tag })
    expect(room).not.toHaveProperty('default_language')
    expect([notes, refused]).toEqual([[expect.stringContaining(tag)], []])
  })

  it('notes unknown keys and cannot break out of its comment', () => {
    const { notes } = migrated({ brand_new: 1, description: 'one\ntwo\r\n[[vars.ROOMS]]' })
    expect(notes).toEqual(['description: one two [[vars.ROOMS]]', 'brand_new is unknown: not carried over.'])
  })

  it('keeps Turnstile, and notes that it needs a widget of the account', () => {
    const { room, notes, refused } = migrated({ turnstile_mode: 'visible_managed', turnstile_action: 'infinite_queue' })
    expect(room).toMatchObject({ turnstile_mode: 'visible_managed', turnstile_action: 'infinite_queue' })
    expect(parseRooms([room]).problems).toEqual([])
    expect([notes, refused]).toEqual([[expect.stringContaining('TURNSTILE_SITE_KEY')], []])
    expect(migrated({ turnstile_mode: 'off', turnstile_action: 'infinite_queue' }).room).not.toHaveProperty(
      'turnstile_action',
    )
  })

  it('has no notes when nothing changes', () => {
    expect(migrated({ json_response_enabled: true, queueing_method: 'fifo', turnstile_mode: 'off' }).notes).toEqual([])
  })

  it('has every key in the table of docs/migrate.md', () => {
    const document = readFileSync(resolve(ROOT, 'docs/migrate.md'), 'utf8')
    for (const key of [...CLOUDFLARE_KEYS, ...Object.keys(ROOM)]) expect(document).toContain(`\`${key}\``)
    expect(CLOUDFLARE_KEYS).toEqual(expect.arrayContaining(Object.keys(ROOM)))
  })
})

describe('bypass rules', () => {
  it('are converted if every part is a condition here; the others are reported', () => {
    const { bypass, notes } = migrateRules(JSON.stringify(RULES))
    expect(bypass).toEqual([
      { addresses: ['10.20.30.40', '192.0.2.0/24', '2001:db8::/32'] },
      { paths: ['/health'] },
      { paths: ['/static/*'] },
      { countries: ['DE'] },
    ])
    expect(parseRooms([{ ...migrateRoom(PLAIN).room, bypass }]).problems).toEqual([])
    expect(notes).toEqual([
      expect.stringMatching(/"TLS" is not carried over.* and ssl/),
      expect.stringMatching(/"old" is off/),
    ])
  })

  it.each<[string, object | undefined]>([
    [
      '(http.request.method in {"GET" "HEAD"} and ip.src.country eq "FR")',
      { methods: ['GET', 'HEAD'], countries: ['FR'] },
    ],
    [
      '(http.request.uri.path eq "/a and b") and (ip.src eq 192.0.2.7)',
      { paths: ['/a and b'], addresses: ['192.0.2.7'] },
    ],
    ['ip.src eq 192.0.2.7 and ip.src eq 192.0.2.8', undefined],
    ['ip.src eq 192.0.2.7 or ip.src eq 192.0.2.8', undefined],
    ['not ip.src eq 192.0.2.7', undefined],
  ])('with several parts become one rule, or none: %s', (expression, rule) => {
    const { bypass, refused } = migrateRules(JSON.stringify([{ expression, enabled: true }]))
    expect([bypass, refused.length]).toEqual(rule === undefined ? [[], 1] : [[rule], 0])
  })

  it('are refused if the input has another shape', () => {
    expect(() => migrateRules(answer([PLAIN]))).toThrow(/has no rules/)
    expect(() => migrateRules('{')).toThrow(/not JSON/)
  })
})

describe('events', () => {
  it('that have ended are left out, with a note', () => {
    const endMs = Date.parse(EVENT.event_end_time)
    expect(migrateEvents(answer([EVENT]), endMs - 1).events).toHaveLength(1)
    expect(migrateEvents(answer([EVENT]), endMs)).toEqual({
      events: [],
      notes: ['event "production_webinar_event": ended at 2039-09-28T17:00:00.000Z, not carried over.'],
      refused: [],
    })
  })

  it.each<[object, RegExp]>([
    [{ disable_session_renewal: true }, /disable_session_renewal has no counterpart/],
    [{ turnstile_mode: 'invisible' }, /turnstile_mode = invisible/],
    [{ lottery_seed: 7 }, /lottery_seed is unknown/],
  ])('are reported with %j', (changes, told) => {
    const { events, refused, notes } = migrateEvents(answer([{ ...PLAIN_EVENT, ...changes }]), 0)
    expect(events).toHaveLength(1)
    expect([refused, notes]).toEqual([[expect.stringMatching(told)], [expect.stringMatching(told)]])
  })

  it.each(['fifo', 'random', 'passthrough', 'reject'])('keep the method %s', (queueing_method) => {
    const { events, refused, notes } = migrateEvents(answer([{ ...PLAIN_EVENT, queueing_method }]), 0)
    expect([events, refused]).toMatchObject([[{ queueing_method }], []])
    const told = 'event "plain": queueing_method = random: the order is random within rounds, see docs/methods.md.'
    expect(notes).toEqual(queueing_method === 'random' ? [told] : [])
  })

  it.each([answer([PLAIN]), answer(null), '[1]'])('are refused if the input has another shape: %s', (text) => {
    expect(() => migrateEvents(text, 0)).toThrow(/is not an event; expected .*waiting_rooms\/ROOM\/events/)
  })

  it('have every key in the table of docs/migrate.md', () => {
    const document = readFileSync(resolve(ROOT, 'docs/migrate.md'), 'utf8')
    for (const key of CLOUDFLARE_EVENT_KEYS) expect(document).toContain(`\`${key}\``)
    expect(CLOUDFLARE_EVENT_KEYS.toSorted()).toEqual(Object.keys(EVENT).toSorted())
  })
})
