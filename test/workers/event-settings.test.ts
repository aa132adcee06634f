import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { eventSchema, slugOf, toRatePlan, toRoomEvent } from '../../src/settings/event-schema.ts'
import { lineRules, parseRooms, type RoomSettings } from '../../src/settings/rooms.ts'
import { deployedValues } from '../../src/settings/runtime-settings.ts'

const DAY = '2026-11-27'
const event = (changes: Record<string, unknown> = {}) => ({
  name: 'Autumn sale',
  prequeue_start_time: `${DAY}T09:00:00+01:00`,
  event_start_time: `${DAY}T10:00:00+01:00`,
  event_end_time: `${DAY}T12:00:00+01:00`,
  ...changes,
})
const room = (changes: Record<string, unknown>) => ({
  name: 'shop',
  total_active_users: 10,
  new_users_per_minute: 60,
  ...changes,
})
const problems = (...events: unknown[]) => parseRooms([room({ events })]).problems
const step = (minute: number, changes: Record<string, unknown> = {}) => ({
  at: new Date(Date.UTC(2026, 10, 27, 10, minute)).toISOString(),
  new_users_per_minute: 100,
  ...changes,
})

describe('an event', () => {
  it('needs a name, a start and an end; everything else is inherited or off', () => {
    const { name, event_start_time, event_end_time } = event()
    expect(problems({ name, event_start_time, event_end_time })).toEqual([])
    expect(v.parse(eventSchema, { name, event_start_time, event_end_time })).toEqual({
      name,
      description: null,
      prequeue_start_time: null,
      event_start_time,
      event_end_time,
      shuffle_at_event_start: false,
      suspended: false,
      total_active_users: null,
      new_users_per_minute: null,
      session_timeout_seconds: null,
      queueing_method: null,
      rate_plan: null,
      message: null,
    })
    expect(problems({})).toEqual([
      'ROOMS[0].events.0.name: is missing',
      'ROOMS[0].events.0.event_start_time: is missing',
      'ROOMS[0].events.0.event_end_time: is missing',
    ])
  })

  it('lies before the year 2100, because alarms reach no further than 2189', () => {
    const far = { prequeue_start_time: null, event_start_time: '2099-12-31T10:00:00Z' }
    expect(problems(event({ ...far, event_end_time: '2099-12-31T23:59:59Z' }))).toEqual([])
    expect(problems(event({ ...far, event_end_time: '9999-12-31T23:59:59Z' }))).toEqual([
      'ROOMS[0].events.0.event_end_time: must be before the year 2100',
    ])
  })

  it('becomes the event of the line', () => {
    const settings = v.parse(
      eventSchema,
      event({
        shuffle_at_event_start: true,
        total_active_users: 500,
        new_users_per_minute: 100,
        queueing_method: 'fifo',
        rate_plan: [step(0), step(5, { ramp: true, total_active_users: 50 })],
        message: 'Soon',
      }),
    )
    expect(toRoomEvent(settings, 'sale', 'ab')).toEqual({
      id: 'sale',
      name: 'Autumn sale',
      lobbyAtMs: Date.UTC(2026, 10, 27, 8),
      startAtMs: Date.UTC(2026, 10, 27, 9),
      endAtMs: Date.UTC(2026, 10, 27, 11),
      draw: true,
      secret: 'ab',
      suspended: false,
      capacity: 500,
      ratePerMinute: 100,
      sessionTimeoutSeconds: null,
      method: 'fifo',
      ratePlan: [
        { atMs: Date.UTC(2026, 10, 27, 10), ratePerMinute: 100, capacity: null, ramp: false },
        { atMs: Date.UTC(2026, 10, 27, 10, 5), ratePerMinute: 100, capacity: 50, ramp: true },
      ],
      message: 'Soon',
    })
  })

  it.each([
    'tomorrow',
    '2026-11-27',
    '2026-11-27T10:00:00',
    '2026-11-27T10:00',
    '2026-11-27 10:00:00+01:00',
    '2026-11-27T10:00:00+0100',
    '2026-11-27T10:00:00+01',
    '2026-02-30T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-11-27T24:00:00Z',
    '2026-11-27T10:00:60Z',
    1_800_000_000_000,
  ])('is refused with the start %j, which is no RFC 3339 time with an offset', (event_start_time) => {
    expect(problems(event({ event_start_time }))).toEqual([
      'ROOMS[0].events.0.event_start_time: must be an RFC 3339 time with its offset, such as "2026-11-27T10:00:00+01:00"',
    ])
  })

  it.each([
    [
      'an end less than a minute after the start',
      { event_end_time: `${DAY}T10:00:59+01:00` },
      'event_end_time',
      /1 minute/,
    ],
    [
      'a start less than 5 minutes after the lobby',
      { prequeue_start_time: `${DAY}T09:55:01+01:00` },
      'prequeue_start_time',
      /5 minutes/,
    ],
    [
      'a draw without a lobby',
      { prequeue_start_time: null, shuffle_at_event_start: true },
      'shuffle_at_event_start',
      /needs prequeue/,
    ],
    ['a capacity without a rate', { total_active_users: 5 }, 'new_users_per_minute', /go together/],
    ['a rate without a capacity', { new_users_per_minute: 5 }, 'total_active_users', /go together/],
    ['an unknown method', { queueing_method: 'lifo' }, 'queueing_method', /one of fifo, random, passthrough, reject/],
    ['an empty name', { name: '' }, 'name', /1 to 80/],
    ['a blank name', { name: ' ' }, 'name', /1 to 80/],
    ['a name of two lines', { name: 'a\nb' }, 'name', /without line breaks/],
    ['a long description', { description: 'x'.repeat(501) }, 'description', /0 to 500/],
    ['an unknown key', { shuffel: true }, 'shuffel', /there is no such setting/],
    ['steps that go back', { rate_plan: [step(5), step(5)] }, 'rate_plan', /must be sorted/],
    ['too many steps', { rate_plan: Array.from({ length: 51 }, (_, i) => step(i)) }, 'rate_plan', /at most 50/],
    ['an unknown key of a step', { rate_plan: [step(5, { rate: 5 })] }, 'rate_plan.0.rate', /no such setting/],
    ['a step without its time', { rate_plan: [{ new_users_per_minute: 5 }] }, 'rate_plan.0.at', /is missing/],
    ['an id with capitals', { id: 'Sale' }, 'id', /1 to 64/],
  ])('is refused with %s', (_, changes, key, remedy) => {
    expect(problems(event(changes))).toEqual([
      expect.stringMatching(new RegExp(`^ROOMS\\[0\\]\\.events\\.0\\.${key}: .*${remedy.source}`)),
    ])
  })

  it('may end exactly a minute after its start, and start exactly 5 minutes after its lobby opens', () => {
    const changes = { event_end_time: `${DAY}T09:01:00Z`, prequeue_start_time: `${DAY}T08:55:00Z` }
    expect(problems(event(changes))).toEqual([])
  })
})

describe('the events of a room', () => {
  const later = event({
    name: 'Second sale',
    prequeue_start_time: `${DAY}T12:00:00+01:00`,
    event_start_time: `${DAY}T13:00:00+01:00`,
    event_end_time: `${DAY}T14:00:00+01:00`,
  })

  it('may follow each other without a gap', () => {
    expect(problems(later, event())).toEqual([])
  })

  it('are refused where they overlap, the lobby included; the other one is named', () => {
    const early = { ...later, prequeue_start_time: `${DAY}T11:59:59+01:00` }
    expect(problems(event(), early)).toEqual([
      'ROOMS[0].events.1.event_start_time: overlaps the event "Autumn sale" (2026-11-27T09:00:00+01:00 to 2026-11-27T12:00:00+01:00): choose other times, or suspend one of the two',
    ])
    expect(problems(event(), { ...early, suspended: true })).toEqual([])
    expect(problems(event({ suspended: true }), early)).toEqual([])
  })

  it('are told apart by their ids', () => {
    expect(problems(event(), { ...later, name: 'Autumn  Sale!' })).toEqual([
      expect.stringMatching(/^ROOMS\[0\]\.events\.1: another event has the id "autumn-sale-2026-11-27", too: set id/),
    ])
    expect(problems(event(), { ...later, name: 'Autumn sale', id: 'second' })).toEqual([])
  })

  it('are 200 at most', () => {
    const many = Array.from({ length: 201 }, (_, i) => ({
      name: `n${i}`,
      event_start_time: new Date(Date.UTC(2026, 0, 1, i)).toISOString(),
      event_end_time: new Date(Date.UTC(2026, 0, 1, i + 1)).toISOString(),
    }))
    expect(problems(...many)).toContainEqual('ROOMS[0].events: at most 200 events')
  })

  it('have session time-outs above the check interval', () => {
    const settings = room({ check_interval_seconds: 16, events: [event({ session_timeout_seconds: 15 })] })
    expect(parseRooms([settings]).problems).toEqual([
      'ROOMS[0].check_interval_seconds: must be below session_timeout_seconds of each event',
    ])
  })

  it.each([
    ['Autumn sale', 'autumn-sale'],
    ['  Été à Paris! ', 'ete-a-paris'],
    ['开售', 'event'],
    [`${'long '.repeat(12)}`, 'long-long-long-long-long-long-long-long'],
  ])('with the name %j have the id %s', (name, id) => {
    expect(slugOf(name)).toBe(id)
  })
})

describe('the rate plan of a room', () => {
  it('reaches the rules of the line', () => {
    const { rooms } = parseRooms([room({ rate_plan: [step(0), step(30, { ramp: true })] })])
    expect(lineRules(rooms?.[0]).ratePlan).toEqual(toRatePlan(rooms?.[0]?.rate_plan ?? []))
    expect(lineRules(rooms?.[0]).ratePlan).toMatchObject([{ ramp: false }, { ramp: true, ratePerMinute: 100 }])
    expect(lineRules(parseRooms([room({})]).rooms?.[0]).ratePlan).toEqual([])
  })
})

it('sold_out is a setting of operators that reaches the rules of the line', () => {
  const [shop] = parseRooms([room({})]).rooms ?? []
  const values = deployedValues(shop as RoomSettings)
  expect(lineRules(shop, values).soldOut).toBe(false)
  expect(lineRules(shop, { ...values, sold_out: true }).soldOut).toBe(true)
})

describe('the draw beacon', () => {
  const hash = '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'
  const beacon = (changes: Record<string, unknown>) =>
    parseRooms([room({ draw_beacon: { url: 'https://api.drand.sh', hash, ...changes } })]).problems

  it('is a chain of drand, over https or on this machine', () => {
    expect(beacon({})).toEqual([])
    expect(beacon({ url: 'http://127.0.0.1:8080' })).toEqual([])
  })

  it.each([
    [{ url: 'http://api.drand.sh' }, 'url: must begin with https://'],
    [{ url: 'https://user:secret@api.drand.sh' }, 'url: must not contain a user'],
    [{ url: 'https://10.0.0.1' }, 'url: must not point at a private'],
    [{ url: 7 }, 'url: must be an https:// URL'],
    [{ hash: hash.slice(1) }, 'hash: must be the 64 hex characters'],
    [{ round: 1 }, 'round: there is no such setting'],
  ])('is refused with %j', (changes, problem) => {
    expect(beacon(changes)).toEqual([expect.stringContaining(`ROOMS[0].draw_beacon.${problem}`)])
  })
})
