import { describe, expect, it } from 'vitest'
import { type Events, Refused, type RoomEvent } from '../../admin/api.ts'
import { draftOf, emptyStep, newEvent, patchOf } from '../../admin/event-draft.ts'
import { borderText, eventBadge, nextEvent, overridden, refusalText, sorted } from '../../admin/event-words.ts'

const NOW_MS = Date.parse('2026-11-27T09:30:00Z')
const SALE: RoomEvent = {
  id: 'sale-1',
  phase: 'none',
  source: 'api',
  changedAt: '2026-11-01T00:00:00Z',
  changedBy: 'ada',
  name: 'Sale',
  description: null,
  prequeue_start_time: '2026-11-27T09:00:00.123+01:00',
  event_start_time: '2026-11-27T10:00:00Z',
  event_end_time: '2026-11-27T12:00:00Z',
  shuffle_at_event_start: true,
  suspended: false,
  total_active_users: null,
  new_users_per_minute: null,
  session_timeout_seconds: null,
  queueing_method: null,
  rate_plan: null,
  message: null,
}
const sale = (changes: Partial<RoomEvent>): RoomEvent => ({ ...SALE, ...changes })
const step = (at: string, more = {}) => ({
  at,
  new_users_per_minute: 9,
  total_active_users: null,
  ramp: false,
  ...more,
})

describe('an event', () => {
  it.each([
    [{ prequeue_start_time: '2026-11-27T09:40:00Z' }, 'Upcoming', 'The lobby opens in 10 min 0 s.'],
    [{ prequeue_start_time: null }, 'Upcoming', 'Starts in 30 min 0 s.'],
    [{ phase: 'lobby' }, 'Lobby open', 'Starts in 30 min 0 s.'],
    [{ phase: 'drawing' }, 'Drawing', 'The draw is being made: this takes up to a minute.'],
    [{ phase: 'running' }, 'Running', 'Ends in 2 h 30 min.'],
    [{ suspended: true }, 'Suspended', 'Ignored until it is resumed.'],
  ] as const)('with %j has the badge "%s" and its next border: %s', (changes, badge, border) => {
    const event = sale(changes)
    expect([eventBadge(event, NOW_MS).text, borderText(event, NOW_MS)]).toEqual([badge, border])
  })

  it('that was still suspended at its end has ended', () => {
    const over = sale({ suspended: true, event_end_time: '2026-11-27T09:29:00Z' })
    expect([eventBadge(over, NOW_MS).text, borderText(over, NOW_MS)]).toEqual([
      'Ended',
      expect.stringMatching(/^Ended /),
    ])
  })
})

describe('the events of a room', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((id) => sale({ id, phase: id === 'c' ? 'none' : 'ended' }))
  const events = [a, b, c] as Events['events']

  it('are sorted: the next one first, ended ones apart with the latest first', () => {
    const { ahead, over } = sorted(events, NOW_MS)
    expect([ahead, over].map((list) => list.map(({ id }) => id))).toEqual([['c'], ['b', 'a']])
  })

  it('name the next one that is not suspended, unless one is under way', () => {
    const running = sale({ id: 'd', phase: 'running' })
    expect(nextEvent(events, NOW_MS)?.id).toBe('c')
    expect(nextEvent([...events, running], NOW_MS)?.id).toBe('d')
    expect(nextEvent([sale({ suspended: true })], NOW_MS)).toBe(null)
  })
})

it.each([
  [{ phase: 'lobby', total_active_users: 5, new_users_per_minute: 5 }, false, false],
  [{ phase: 'running' }, false, false],
  [{ phase: 'running', total_active_users: 5, new_users_per_minute: 5 }, true, true],
  [{ phase: 'running', rate_plan: [step('2026-11-27T09:31:00Z', { ramp: true })] }, false, false],
  [{ phase: 'running', rate_plan: [step('2026-11-27T09:30:00Z')] }, false, true],
  [
    {
      phase: 'running',
      rate_plan: [step('2026-11-27T09:00:00Z'), step('2026-11-27T10:00:00Z', { ramp: true, total_active_users: 5 })],
    },
    true,
    true,
  ],
] as const)('an event with %j sets the capacity: %j, the rate: %j', (changes, capacity, rate) => {
  expect(overridden(sale(changes as Partial<RoomEvent>), NOW_MS)).toEqual({ capacity, rate })
})

it.each([
  [
    new Refused(409, 'Conflict', 'x', [{ key: 'suspended', problem: 'is true: set it to false first' }]),
    '“Suspended” is true: set it to false first.',
  ],
  [
    new Refused(400, 'Bad body', 'x', [{ key: 'event_end_time', problem: 'must be 1 minute after event_start_time' }]),
    '“End” must be 1 minute after “Start”.',
  ],
  [new Refused(409, 'Conflict', 'x', [{ key: '', problem: 'The event has ended' }]), 'The event has ended.'],
  [new Refused(412, 'Changed'), 'Someone else has changed the event meanwhile. Check it, and try again.'],
  [new Refused(403, 'Read only', 'Use another token.'), 'Read only. Use another token.'],
])('a refusal uses the words of the page: %s', (refused, text) => {
  expect(refusalText(refused)).toBe(text)
})

describe('the form of an event', () => {
  it('changes nothing as long as no field changes, to the millisecond', () => {
    const event = sale({ rate_plan: [step('2026-11-27T10:30:00.5Z', { ramp: true })], queueing_method: 'reject' })
    expect(patchOf(draftOf(event), event)).toEqual({})
  })

  it('sends only changed keys, and null for an emptied field', () => {
    const event = sale({ message: 'Hi', total_active_users: 5, new_users_per_minute: 6 })
    const draft = { ...draftOf(event), message: ' ', total_active_users: '', new_users_per_minute: '' }
    expect(patchOf(draft, event)).toEqual({ message: null, total_active_users: null, new_users_per_minute: null })
    expect(patchOf({ ...draftOf(event), event_start_time: '2026-11-27T11:00' }, event)).toEqual({
      event_start_time: expect.stringMatching(/^2026-11-27T11:00:00[+-]\d\d:\d\d$/),
    })
  })

  it('sends a new event without the keys that are empty', () => {
    const start = { event_start_time: '2026-11-27T11:00', event_end_time: '2026-11-27T12:00' }
    const steps = [{ ...emptyStep(), at: '2026-11-27T11:30', new_users_per_minute: '7' }]
    expect(newEvent({ ...draftOf(null), ...start, name: ' Sale ', rate_plan: steps })).toEqual({
      name: 'Sale',
      event_start_time: expect.any(String),
      event_end_time: expect.any(String),
      shuffle_at_event_start: false,
      suspended: false,
      rate_plan: [{ at: expect.any(String), new_users_per_minute: 7, total_active_users: null, ramp: false }],
    })
  })
})
