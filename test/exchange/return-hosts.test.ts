/** The settings of redirect mode, and the settings that it restricts. */
import { describe, expect, test } from 'vitest'
import { returnNotes } from '../../scripts/checks/rooms.ts'
import { lineRules, parseRooms } from '../../src/settings/rooms.ts'

const room = (changes: Record<string, unknown> = {}) => ({
  name: 'shop',
  total_active_users: 10,
  new_users_per_minute: 60,
  session_timeout_seconds: 600,
  return_hosts: ['shop.example'],
  ...changes,
})
const problems = (changes: Record<string, unknown>) => parseRooms([room(changes)]).problems

test.each([
  'shop.example',
  'a.b.shop.example',
  'shop.example:8443',
  'localhost:3000',
  '127.0.0.1:80',
  'xn--bcher-kva.example',
])('return_hosts may have %s', (host) => {
  expect(problems({ return_hosts: [host] })).toEqual([])
})

test.each([
  '*',
  '*.shop.example',
  'https://shop.example',
  'shop.example/',
  'shop.example:443',
  'shop.example:0',
  'shop.example:65536',
  'shop.example:8443:1',
  'Shop.example',
  'shop.example.',
  'user@shop.example',
  'bücher.example',
  '127.1',
  '',
  7,
])('return_hosts cannot have %j', (host) => {
  expect(problems({ return_hosts: ['shop.example', host] })).toEqual([
    expect.stringMatching(/^ROOMS\[0\]\.return_hosts\.1: must be a host such as "shop\.example", in lower case/),
  ])
})

test('return_hosts are 20 at most', () => {
  const hosts = Array.from({ length: 21 }, (_, i) => `a${i}.example`)
  expect(problems({ return_hosts: hosts })).toEqual(['ROOMS[0].return_hosts: at most 20 hosts'])
})

describe('a room with return_hosts', () => {
  const event = { name: 'Sale', event_start_time: '2041-01-01T10:00:00Z', event_end_time: '2041-01-01T12:00:00Z' }

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'sessions that last',
      { session_timeout_seconds: 299 },
      /session_timeout_seconds: must be 300 or more with return/,
    ],
    [
      'them in events, too',
      { events: [{ ...event, session_timeout_seconds: 60 }] },
      /events: session_timeout_seconds must/,
    ],
    ['idle sessions that last', { idle_timeout_seconds: 300 }, /idle_timeout_seconds: must be 0 or at least/],
    [
      'one cookie per host',
      { host: 'wait.shop.example', cookie_domain: 'shop.example' },
      /cookie_domain: cannot be combined/,
    ],
  ])('needs %s', (_what, changes, problem) => {
    expect(problems(changes)).toEqual([expect.stringMatching(problem)])
    expect(problems({ ...changes, return_hosts: [] })).toEqual([])
  })

  test('keeps the slot of a visitor whose waiting page said goodbye', () => {
    const graceOf = (changes: Record<string, unknown>) =>
      lineRules(parseRooms([room(changes)]).rooms?.[0]).departureGraceSeconds
    expect(graceOf({})).toBe(600)
    expect(graceOf({ departure_grace_seconds: 900 })).toBe(900)
    expect(graceOf({ events: [{ ...event, session_timeout_seconds: 1200 }] })).toBe(1200)
    expect(graceOf({ return_hosts: [] })).toBe(10)
  })

  test('is noted by the settings check, since it needs a secret', () => {
    expect(returnNotes({ vars: { ROOMS: [room()] } })).toEqual([
      expect.stringContaining('"shop": the secret PASS_KEYS'),
    ])
    expect(returnNotes({ vars: { ROOMS: [room({ return_hosts: [] })] } })).toEqual([])
  })
})
