import { describe, expect, it } from 'vitest'
import type { ExchangeRequest } from '../../src/core/exchange.ts'
import { agedRequest, asksOnlyForSnapshot, sizeOf } from '../../src/core/gathered.ts'
import { noObstacles } from '../../src/core/origin-report.ts'
import { aged, request } from './support/requests.ts'

/** A value for each field that carries something. */
const SOMETHING: { readonly [K in keyof ExchangeRequest]?: ExchangeRequest[K] } = {
  joins: ['key'],
  joinDetails: [{}],
  claims: [{ number: 1, beacon: false, touched: false }],
  leaves: [1],
  leaveHolders: [0],
  departures: aged([1]),
  departureHolders: [0],
  presence: aged([1]),
  touches: aged([1]),
  origin: { requests: 1, errors: 0, latency: { counts: [0], sumMs: 0 } },
  wantsLease: 2,
  leased: aged([1]),
  leasedDetails: [{}],
  unusedLent: Uint32Array.of(1),
  pagesWithoutBeacon: { ...noObstacles(), head: 1 },
  failures: 1,
  honoured: 1,
  limited: 1,
}

describe('a request of an isolate', () => {
  it('asks only for a snapshot if it carries nothing', () => {
    expect(asksOnlyForSnapshot(request())).toBe(true)
    const known = { room: 'r', isolate: 'j', run: 7, gatherers: 3, needsRun: 8 }
    const none = { touches: aged(), pagesWithoutBeacon: noObstacles(), limited: 0 }
    expect(asksOnlyForSnapshot(request({ ...known, ...none }))).toBe(true)
  })

  it.each(Object.entries(SOMETHING))('asks for more if it carries %s', (field, value) => {
    expect(asksOnlyForSnapshot(request({ [field]: value }))).toBe(false)
  })

  it.each([1, 'text', true, false, [0], { count: 1 }])('asks for more with a field of a later version: %j', (value) => {
    expect(asksOnlyForSnapshot({ ...request(), later: value } as ExchangeRequest)).toBe(false)
  })
})

describe('a request that waited', () => {
  const claims = [
    { number: 1, beacon: false, touched: false, ageMs: 5 },
    { number: 2, beacon: true, touched: true },
  ]
  const waited = request({
    claims,
    presence: aged([3, 4], [0, 70]),
    departures: aged([5], [10]),
    touches: aged([6], [20]),
    leased: aged([7], [30]),
    joins: ['key'],
  })

  it('has every age increased by that time, and nothing else changed', () => {
    expect(agedRequest(waited, 100)).toEqual({
      ...waited,
      claims: [
        { number: 1, beacon: false, touched: false, ageMs: 105 },
        { number: 2, beacon: true, touched: true, ageMs: 100 },
      ],
      presence: aged([3, 4], [100, 170]),
      departures: aged([5], [110]),
      touches: aged([6], [120]),
      leased: aged([7], [130]),
    })
  })

  it('is unchanged if the clock went back', () => {
    expect(agedRequest(waited, -100)).toEqual(waited)
  })

  it('counts each join, claim and report', () => {
    expect(sizeOf(request())).toBe(0)
    expect(sizeOf({ ...waited, leaves: [1], unusedLent: Uint32Array.of(8, 9) })).toBe(11)
  })
})
