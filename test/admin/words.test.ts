import { describe, expect, it } from 'vitest'
import { ENTRY_SWITCHES } from '../../admin/entry-switches.ts'
import { countdownText, localText, readMoment, withOffset } from '../../admin/times.ts'
import { actionText, badgesOf, changesText } from '../../admin/words.ts'
import { ENTRY_KEYS, type EntryKey, entryEntries } from '../../src/settings/entry-settings.ts'

type Values = Readonly<Record<string, string | number | boolean | null>>

const entry = (before: Values, after: Values, action = 'settings', who = 'ada') => ({ who, action, before, after })

describe('an entry of the audit', () => {
  it.each([
    [{ paused: false }, { paused: true }, 'Pause', 'Paused: off → on'],
    [{ paused: true }, { paused: false }, 'Resume', 'Paused: on → off'],
    [{ queue_all: false }, { queue_all: true }, 'Queue all', 'Queue all: off → on'],
    [{ suspended: true }, { suspended: false }, 'End suspension', 'Suspended: on → off'],
    [{ closed: false, opens_at: null }, { closed: true, opens_at: null }, 'Close', 'Closed: off → on'],
    [
      { message: null, message_until: null },
      { message: 'Hi', message_until: null },
      'Show message',
      'Message: none → Hi',
    ],
    [{ message: 'Hi' }, { message: null }, 'Remove message', 'Message: Hi → none'],
    [
      { total_active_users: 1, new_users_per_minute: 60 },
      { total_active_users: 1500, new_users_per_minute: 60 },
      'Capacity',
      'Capacity: 1 → 1,500',
    ],
    [
      { paused: true, message: 'Hi' },
      { paused: false, message: null },
      'Resume, Remove message',
      'Paused: on → off, Message: Hi → none',
    ],
    [{ sold_out: false }, { sold_out: true }, 'Sold out', 'Sold out: off → on'],
    [{ join_limit: true }, { join_limit: false }, 'Join limits', 'Join limits: on → off'],
    [
      { turnstile_mode: 'off', turnstile_action: 'log' },
      { turnstile_mode: 'visible_managed', turnstile_action: 'infinite_queue' },
      'Check before joining, After a failed check',
      'Check before joining: off → visible, may ask for a click, After a failed check: join, counted → infinite queue',
    ],
    [{ sold_out: true }, { sold_out: false }, 'End sold out', 'Sold out: on → off'],
    [{ paused: true }, { paused: true }, 'No change (settings)', ''],
  ])('%j to %j reads as "%s", and names only what changed', (before, after, action, changes) => {
    expect([actionText(entry(before, after)), changesText(entry(before, after))]).toEqual([action, changes])
  })

  it('names actions by their button, and deploys as such', () => {
    expect(actionText(entry({}, { type: 'invite', count: 2 }, 'make-keys'))).toBe('Make access keys')
    expect(actionText(entry({}, { id: 'a', ended: 1 }, 'revoke-key'))).toBe('Revoke access key')
    expect(actionText(entry({ waiting: 3 }, { waiting: 1, asked: 2, admitted: 2 }, 'admit-next'))).toBe('Admit')
    expect(changesText(entry({ waiting: 3 }, { waiting: 1, asked: 2, admitted: 2 }, 'admit-next'))).toBe(
      'Waiting: 3 → 1, Requested: 2, Admitted: 2',
    )
    expect(actionText(entry({ total_active_users: 9 }, { total_active_users: 5 }, 'settings', 'deployment'))).toBe(
      'Deploy: Capacity',
    )
  })
})

describe('an audit entry of an event', () => {
  const sale = (values: Values) => ({ event: 'sale-1', ...values })

  it.each([
    ['event-create', {}, { name: 'Sale', total_active_users: 5 }, 'Create event', 'sale-1: Name: Sale, Capacity: 5'],
    ['event-change', { message: null }, { message: 'Hi' }, 'Change event', 'sale-1: Message: none → Hi'],
    ['event-change', { suspended: false }, { suspended: true }, 'Suspend event', 'sale-1: Suspended: off → on'],
    ['event-change', { suspended: true }, { suspended: false }, 'Resume event', 'sale-1: Suspended: on → off'],
    ['event-start', { prequeue_start_time: null }, { prequeue_start_time: null }, 'Start event now', 'sale-1: '],
    ['event-delete', { name: 'Sale' }, { name: null }, 'Delete event', 'sale-1: Name: Sale → none'],
    ['event-delete', { message: 'Hi' }, { message: null }, 'Restore deployed event', 'sale-1: Message: Hi → none'],
  ])('%s from %j to %j', (action, before, after, text, changes) => {
    const values = { who: 'ada', action, before: sale(before), after: sale(after) }
    expect([actionText(values), changesText(values)]).toEqual([text, changes])
  })

  it('shows times and the steps of a rate plan in the reader’s time zone', () => {
    const plan = JSON.stringify([
      { at: '2026-11-27T10:00:00Z', new_users_per_minute: 1000, total_active_users: null, ramp: false },
      { at: '2026-11-27T11:00:00Z', new_users_per_minute: 5, total_active_users: 7, ramp: true },
    ])
    const [before, after] = [sale({ rate_plan: null, event_start_time: '2026-11-27T10:00:00Z' }), sale({})]
    const text = changesText({ before, after: { ...after, rate_plan: plan, event_start_time: '2026-11-27T12:00:00Z' } })
    expect(text).toMatch(/Rate plan: none → .*Nov 27.*: 1,000 per minute; .*: ramp to 5 per minute, capacity 7/)
    expect(text).toMatch(/Start: .*Nov 27.* → .*Nov 27/)
  })
})

const OPEN = { mode: 'open', closed: false, suspended: false, soldOut: false } as const

it.each([
  [OPEN, false, ['Open']],
  [{ ...OPEN, mode: 'paused', closed: true }, false, ['Paused', 'Closed']],
  [{ ...OPEN, mode: 'queue-all', suspended: true }, false, ['Suspended', 'Queue all']],
  // Admission stands still in these, but no operator has paused it.
  [{ ...OPEN, mode: 'paused', soldOut: true }, false, ['Sold out']],
  [{ ...OPEN, mode: 'paused' }, true, []],
] as const)('the badges of %j (held by an event: %j) are %j', (room, isHeld, texts) => {
  expect(badgesOf(room, isHeld).map(({ text }) => text)).toEqual(texts)
})

describe('a local time', () => {
  it.each(['2026-11-27T10:30', '2026-11-27T10:30:05', '2026-11-27T10:30:05.250'])('%s is a moment', (local) => {
    const text = withOffset(local)
    expect(text).toMatch(/^2026-11-27T10:30:0[05](\.250)?[+-]\d\d:\d\d$/)
    expect(Date.parse(text)).toBe(new Date(local).getTime())
    expect(localText(text)).toBe(local)
  })

  it('stays as it is if it is not a time', () => {
    expect(withOffset('12345-01-01T10:00')).toBe('12345-01-01T10:00')
  })
})

describe('a future time', () => {
  const nowMs = new Date(2026, 10, 27, 8, 0).getTime()

  it.each([
    ['', 'none'],
    ['not a time', 'none'],
    ['2026-11-27T07:59', 'past'],
    ['2026-11-27T08:00', 'past'],
    ['2020-02-29T12:00', 'past'],
    ['2026-11-27T08:01', 'ahead'],
  ])('%j is read as %s', (text, state) => {
    expect(readMoment(text, nowMs).state).toBe(state)
  })

  it('has a note with the time until then', () => {
    expect(readMoment('2026-11-27T10:30', nowMs)).toMatchObject({ note: expect.stringMatching(/, in 2 h 30 min$/) })
  })

  it.each([
    [-5, '0 s'],
    [999, '0 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h 0 min'],
    [90_061_000, '1 d 1 h'],
  ])('%i ms are shown as %s', (ms, text) => {
    expect(countdownText(ms)).toBe(text)
  })
})

describe('the switches of fair entry', () => {
  it('cover every setting of fair entry that the API can change, with all its values', () => {
    expect(ENTRY_SWITCHES.map(({ name }) => name).sort()).toEqual([...ENTRY_KEYS].sort())
    for (const { name, values } of ENTRY_SWITCHES) {
      const schema = entryEntries[name as EntryKey]
      const numbers = name === 'proof_of_work_bits' ? Array.from({ length: 25 }, (_, bits) => bits) : null
      const options = 'options' in schema ? schema.options : (numbers ?? [false, true])
      expect(values.map(({ value }) => value)).toEqual(options)
    }
  })
})
