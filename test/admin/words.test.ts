import { describe, expect, it } from 'vitest'
import { countdownText, readMoment } from '../../admin/times.ts'
import { actionText, badgesOf, changesText } from '../../admin/words.ts'

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
    [{ paused: true }, { paused: true }, 'No change (settings)', ''],
  ])('%j to %j reads as "%s", and names only what changed', (before, after, action, changes) => {
    expect([actionText(entry(before, after)), changesText(entry(before, after))]).toEqual([action, changes])
  })

  it('names actions by their button, and deploys as such', () => {
    expect(actionText(entry({ waiting: 3 }, { waiting: 1, asked: 2, admitted: 2 }, 'admit-next'))).toBe('Admit')
    expect(changesText(entry({ waiting: 3 }, { waiting: 1, asked: 2, admitted: 2 }, 'admit-next'))).toBe(
      'Waiting: 3 → 1, Requested: 2, Admitted: 2',
    )
    expect(actionText(entry({ total_active_users: 9 }, { total_active_users: 5 }, 'settings', 'deployment'))).toBe(
      'Deploy: Capacity',
    )
  })
})

it.each([
  [{ mode: 'open', closed: false, suspended: false }, ['Open']],
  [{ mode: 'paused', closed: true, suspended: false }, ['Paused', 'Closed']],
  [{ mode: 'queue-all', closed: false, suspended: true }, ['Suspended', 'Queue all']],
] as const)('the badges of %j are %j', (room, texts) => {
  expect(badgesOf(room).map(({ text }) => text)).toEqual(texts)
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
