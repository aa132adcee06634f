import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AlertRule,
  type AlertState,
  alertedEvent,
  minuteFigures,
  NO_ALERT,
  stepAlert,
} from '../../src/core/alert-rules.ts'
import type { RoomEvent } from '../../src/core/events.ts'
import { DrivenLine } from './support/driven-line.ts'

const rule = (changes: Partial<AlertRule> = {}): AlertRule => ({
  name: 'crowd',
  metric: 'waiting',
  bound: 'above',
  threshold: 10,
  forMinutes: 2,
  ...changes,
})

/** The states and messages over these minutes' values. */
function over(values: (number | null)[], changes: Partial<AlertRule> = {}) {
  let state: AlertState = NO_ALERT
  return values.map((value, minute) => {
    const step = stepAlert(rule(changes), state, value, minute)
    state = step.state
    return step.message === null ? state.state : `${state.state}: tell`
  })
}

describe('an alert rule', () => {
  it('fires after holding for its minutes in a row and resolves once it no longer holds', () => {
    expect(over([5, 11, 12, 13, 9, 9])).toEqual(['ok', 'pending', 'firing: tell', 'firing', 'resolved: tell', 'ok'])
  })

  it('of one minute fires at once', () => {
    expect(over([11, 11, 3], { forMinutes: 1 })).toEqual(['firing: tell', 'firing', 'resolved: tell'])
  })

  it('restarts its count after holding too briefly', () => {
    expect(over([11, 10, 11, 11])).toEqual(['pending', 'ok', 'pending', 'firing: tell'])
  })

  it('may watch for a value below its threshold', () => {
    expect(over([9, 9, 10], { bound: 'below' })).toEqual(['pending', 'firing: tell', 'resolved: tell'])
  })

  it('keeps its state while the value is unknown', () => {
    expect(over([11, null, 11, null, 9])).toEqual(['pending', 'pending', 'firing: tell', 'firing', 'resolved: tell'])
  })

  it('does not hold in an idle room, even with a lower bound', () => {
    const few = rule({ metric: 'admitted_per_minute', bound: 'below', threshold: 1, forMinutes: 1 })
    const firing = stepAlert(few, NO_ALERT, 0, 1)
    expect(firing.message).toBe('firing')
    expect(stepAlert(few, firing.state, 0, 2, true)).toMatchObject({
      message: 'resolved',
      state: { state: 'resolved' },
    })
    expect(stepAlert(few, NO_ALERT, 0, 2, true)).toMatchObject({ message: null, state: { state: 'ok' } })
  })

  it('fires again right after it resolved, if it holds again', () => {
    expect(over([11, 9, 11], { forMinutes: 1 })).toEqual(['firing: tell', 'resolved: tell', 'firing: tell'])
  })

  it('alternates between firing and resolved messages, whatever the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: 0, max: 20 }))),
        fc.integer({ min: 1, max: 4 }),
        (values, forMinutes) => {
          const told = over(values, { forMinutes }).filter((step) => step.endsWith('tell'))
          expect(told).toEqual(told.map((_, i) => (i % 2 === 0 ? 'firing: tell' : 'resolved: tell')))
        },
      ),
    )
  })
})

describe('the figures of a minute', () => {
  it('are means of gauges, sums of counts, and the longest wait', () => {
    const line = new DrivenLine({ capacity: 2 })
    line.join(4)
    line.tick()
    const first = line.line.takeSample()
    line.pass(10).leave(1)
    line.tick()
    const second = line.line.takeSample()
    expect(first).toMatchObject({ active: 2, waiting: 2, joined: 4, admitted: 2, left: 0, waitSecondsP90: 0 })
    expect(second).toMatchObject({ active: 2, waiting: 1, joined: 0, admitted: 1, left: 1, waitSecondsP50: 10 })
    expect(minuteFigures([first, second], false, false)).toMatchObject({
      waiting: 1.5,
      active: 2,
      utilization: 1,
      wait_seconds_p90: 10,
      admitted_per_minute: 3,
      expired_per_minute: 0,
      stalled: 0,
      room_errors: 0,
      origin_error_ratio: null,
      origin_latency_ms_p90: null,
      admission_factor: 1,
    })
  })

  it('count refusals, checks and the suspected share, which is unknown without joins', () => {
    const line = new DrivenLine({ capacity: 500 })
    line.exchange({
      joins: Array.from({ length: 400 }, (_, i) => `j${i}`),
      joinDetails: Array(400).fill({ network: 7 }),
    })
    const counts = { limited: 1, limitedByNetwork: 2, limitedByClient: 3, checksPassed: 4, checksFailed: 5 }
    line.exchange({ ...counts, checksOverlooked: 6, checksUnreachable: 7, infiniteAnswers: 8 })
    line.exchange({
      proofsSolved: 9,
      proofsRefused: 10,
      slowJoins: 11,
      keysRefused: 12,
      keysMissing: 13,
      keyPasses: 14,
    })
    line.pass(5)
    line.tick()
    const samples = [line.line.takeSample(), line.line.takeSample()]
    expect(minuteFigures(samples, false, false)).toMatchObject({
      limited_per_minute: 1,
      network_limited_per_minute: 2,
      client_limited_per_minute: 3,
      checks_passed_per_minute: 4,
      checks_failed_per_minute: 5,
      checks_unreachable_per_minute: 7,
      infinite_answers_per_minute: 8,
      proofs_solved_per_minute: 9,
      proofs_refused_per_minute: 10,
      slow_joins_per_minute: 11,
      keys_refused_per_minute: 12,
      keys_missing_per_minute: 13,
      key_passes_per_minute: 14,
      suspected_share: (200 + 6) / 400,
    })
    expect(minuteFigures(samples.slice(1), false, false)).toMatchObject({
      limited_per_minute: 0,
      suspected_share: null,
    })
    expect(minuteFigures([], null, true)).toMatchObject({ limited_per_minute: 0, suspected_share: null })
  })

  it("have the origin's error ratio over all samples and its highest latency, or null without requests", () => {
    const line = new DrivenLine()
    const asked = (requests: number, errors: number, bucket: number) => {
      const counts = Array.from({ length: bucket + 1 }, (_, i) => (i === bucket ? requests : 0))
      line.pass(10).exchange({ origin: { requests, errors, latency: { counts, sumMs: 0 } } })
      line.tick()
      return line.line.takeSample()
    }
    const samples = [asked(30, 0, 2), asked(10, 8, 0), asked(0, 0, 0)]
    expect(minuteFigures(samples, false, false)).toMatchObject({ origin_error_ratio: 0.2, origin_latency_ms_p90: 190 })
    expect(minuteFigures(samples.slice(2), false, false)).toMatchObject({ origin_error_ratio: null })
    expect(minuteFigures([], null, true)).toMatchObject({ origin_error_ratio: null, waiting: 0 })
  })

  it('are 0 without samples in an empty room and unknown in any other', () => {
    expect(minuteFigures([], false, true)).toMatchObject({ waiting: 0, admitted_per_minute: 0, stalled: 0 })
    expect(minuteFigures([], true, false)).toMatchObject({ waiting: null, admitted_per_minute: null, stalled: 1 })
    expect(minuteFigures([], null, false)).toMatchObject({ stalled: null })
  })
})

describe('the metrics of events', () => {
  const MINUTE_MS = 60_000
  const event = (name: string, startMinute: number, suspended = false) =>
    ({ name, startAtMs: startMinute * MINUTE_MS, endAtMs: (startMinute + 60) * MINUTE_MS, suspended }) as RoomEvent
  const sale = event('sale', 100)
  const namesAt = (minute: number, events: readonly RoomEvent[] = [sale]) =>
    (['event_starting', 'event_ended'] as const).map((metric) => alertedEvent(metric, events, minute * MINUTE_MS)?.name)

  it.each([
    [84.99, undefined, undefined],
    [85, 'sale', undefined],
    [99.99, 'sale', undefined],
    [100, undefined, undefined],
    [159.99, undefined, undefined],
    [160, undefined, 'sale'],
    [174.99, undefined, 'sale'],
    [175, undefined, undefined],
  ])('at minute %d of an event from 100 to 160: starting %s, ended %s', (minute, starting, ended) => {
    expect(namesAt(minute)).toEqual([starting, ended])
  })

  it('are about the event that is near, and about no suspended one', () => {
    const events = [event('off', 100, true), event('first', 100), event('second', 170)]
    expect(namesAt(90, events)).toEqual(['first', undefined])
    expect(namesAt(165, events)).toEqual(['second', 'first'])
  })
})

describe('a stalled room', () => {
  it('is one with free slots and waiting tickets but no event for two intervals', () => {
    const line = new DrivenLine({ capacity: 10, ratePerMinute: 6 })
    line.join(5)
    expect(line.line.isStalled(line.nowMs + 19_000)).toBe(false)
    expect(line.line.isStalled(line.nowMs + 20_000)).toBe(true)
  })

  it('is not one that is full, empty or set to queue all', () => {
    for (const changes of [{ capacity: 2 }, { mode: 'queue-all' as const }]) {
      const line = new DrivenLine(changes)
      line.join(5)
      expect(line.line.isStalled(line.nowMs + 600_000)).toBe(false)
    }
    expect(new DrivenLine().line.isStalled(Number.MAX_SAFE_INTEGER)).toBe(false)
  })
})

describe('the histogram of waits', () => {
  it('counts every admission once and survives a restart', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    for (const number of [1, 2]) {
      line.pass(8).hear([2, 3])
      line.leave(number)
    }
    line.crash()
    const { counts, sumSeconds } = line.line.waits.toStored()
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(line.line.totals.admitted)
    expect(counts.slice(0, 3)).toEqual([1, 1, 1])
    expect(sumSeconds).toBe(24)
  })
})
