/** The end of a stay counts as a visitor who gave up, a no-show, or a session of some length. */
import { describe, expect, it } from 'vitest'
import { SITE_TIME_BUCKETS_SECONDS, WAIT_BUCKETS_SECONDS } from '../../src/core/limits.ts'
import { DrivenLine, keepPolling } from './support/driven-line.ts'

/** Durations by the upper bound of their bucket; Infinity: beyond the highest. */
function found(line: DrivenLine, name: 'abandonedWaits' | 'siteTimes'): number[] {
  const bounds = name === 'siteTimes' ? SITE_TIME_BUCKETS_SECONDS : WAIT_BUCKETS_SECONDS
  const { counts } = line.line.distributions[name].toStored()
  return counts.flatMap((count, i) => new Array<number>(count).fill(bounds[i] ?? Number.POSITIVE_INFINITY))
}

const noShows = (line: DrivenLine) => line.line.totals.noShows

describe('visitors who give up', () => {
  it('are counted by the time from joining until they left the line', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    keepPolling(line, [1, 2, 3], 50)
    line.leave(3)
    expect(found(line, 'abandonedWaits')).toEqual([60])
    line.leave(2)
    expect(line.line.distributions.abandonedWaits.toStored().sumSeconds).toBe(100)
  })

  it('are counted once they can no longer return, by the time until their silence was noticed', () => {
    const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds: 300 })
    line.join(2)
    keepPolling(line, [1], 320)
    expect(found(line, 'abandonedWaits')).toEqual([])
    keepPolling(line, [1], 20)
    expect(line.state(2)).toBe('gone')
    expect(found(line, 'abandonedWaits')).toEqual([30])
  })

  it('are counted when found silent in a room without a grace', () => {
    const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds: 0 })
    line.join(130)
    keepPolling(line, [1], 40)
    expect(found(line, 'abandonedWaits')).toEqual(new Array(129).fill(30))
  })

  it('are not those who came back, were admitted, or were removed by an operator', () => {
    const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds: 60 })
    line.join(4)
    keepPolling(line, [1, 3, 4], 40)
    line.hear([2])
    line.operate((each) => each.places.leave(3, 'revoked'))
    line.leave(1)
    expect(line.state(2)).toBe('offered')
    line.claim(2)
    keepPolling(line, [4], 200)
    expect([line.state(2), found(line, 'abandonedWaits')]).toEqual(['gone', []])
  })

  it('are known after a crash between silence and end', () => {
    const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds: 100 })
    line.join(3)
    keepPolling(line, [1, 3], 40)
    line.crash()
    keepPolling(line, [1, 3], 200)
    expect([line.state(2), found(line, 'abandonedWaits').length]).toEqual(['gone', 1])
  })
})

describe('no-shows', () => {
  it('are visitors who were admitted and fell silent or left before they came', () => {
    const line = new DrivenLine({ capacity: 2 })
    line.join(6)
    line.leave(1, 2)
    expect(line.states(3, 4)).toEqual(['offered', 'offered'])
    line.leave(3)
    expect(noShows(line)).toBe(1)
    keepPolling(line, [5, 6], 40)
    expect([line.state(4), noShows(line)]).toEqual(['absent', 2])
    keepPolling(line, [5, 6], 400)
    expect([line.state(4), found(line, 'abandonedWaits')]).toEqual(['gone', []])
  })

  it('are not those whom an operator removed, nor lent slots that come back', () => {
    const line = new DrivenLine({ capacity: 10, leaseBelow: 0.7 })
    line.exchange({ wantsLease: 3 })
    keepPolling(line, [], 100)
    expect([line.line.tickets.occupied, noShows(line)]).toEqual([0, 0])
    const full = new DrivenLine({ capacity: 1 })
    full.join(2)
    full.leave(1)
    full.operate((each) => each.places.leave(2, 'revoked'))
    expect(noShows(full)).toBe(0)
  })
})

describe('the time on the site', () => {
  it('lasts from the first claim until the visitor leaves', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    keepPolling(line, [1, 2], 40)
    line.leave(1)
    line.claim(2)
    keepPolling(line, [2], 100)
    line.leave(2)
    expect(found(line, 'siteTimes')).toEqual([60, 120])
  })

  it('lasts until the visitor was heard last, not until the silence was noticed', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    keepPolling(line, [1, 2], 30)
    keepPolling(line, [2], 90)
    expect([line.state(1), found(line, 'siteTimes')]).toEqual(['absent', [30]])
  })

  it('is known after a crash, of a session that started before', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    keepPolling(line, [1, 2], 50)
    line.crash()
    keepPolling(line, [1, 2], 50)
    line.leave(1)
    expect(found(line, 'siteTimes')).toEqual([120])
  })

  it('ends with a session limit', () => {
    const line = new DrivenLine({ capacity: 1, sessionMaxSeconds: 100 })
    line.join(1)
    keepPolling(line, [1], 120)
    expect([line.state(1), found(line, 'siteTimes')]).toEqual(['gone', [120]])
  })
})
