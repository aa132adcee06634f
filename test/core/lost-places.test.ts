import { describe, expect, it } from 'vitest'
import { LOST_PLACES_MAX, LOST_PLACES_SECONDS } from '../../src/core/limits.ts'
import { LostPlaces } from '../../src/core/lost-places.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { DrivenLine, keepPolling, START_MS } from './support/driven-line.ts'

const lostIn = (line: DrivenLine) => [...(takeSnapshot(line.line, line.nowMs).lostPlaces ?? [])]
const revoke = (line: DrivenLine, number: number) => line.operate((core) => core.places.leave(number, 'revoked'))

describe('the snapshot', () => {
  it('lists tickets revoked while waiting or absent', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(4)
    keepPolling(line, [1, 2, 3], 40)
    expect(line.state(4)).toBe('absent')
    revoke(line, 2)
    revoke(line, 4)
    expect(lostIn(line)).toEqual([2, 4])
    const view = new SnapshotView(takeSnapshot(line.line, line.nowMs))
    expect([2, 3, 4].map((number) => view.hasLostPlace(number))).toEqual([true, false, true])
  })

  it('lists tickets that were absent too often', () => {
    const line = new DrivenLine({ capacity: 1, returnsMax: 1 })
    line.join(2)
    for (let i = 0; i < 2; i++) {
      keepPolling(line, [1], 40)
      line.hear([2])
    }
    expect(lostIn(line)).toEqual([2])
  })

  it('lists tickets that were given up, separately, so that many of them displace no other', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(LOST_PLACES_MAX + 5)
    revoke(line, 2)
    for (let number = 3; number < LOST_PLACES_MAX + 5; number++) line.leave(number)
    line.crash()
    const view = new SnapshotView(takeSnapshot(line.line, line.nowMs))
    const last = LOST_PLACES_MAX + 4
    expect([2, last, last + 1].map((number) => view.hasLostPlace(number))).toEqual([true, true, false])
    expect([2, last, last + 1].map((number) => view.hasLeft(number))).toEqual([false, true, false])
  })

  it('does not list a ticket that was admitted', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    line.leave(1)
    revoke(line, 2)
    expect(lostIn(line)).toEqual([])
  })

  it('lists nothing of an older run, and the same after a restart', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    revoke(line, 3)
    line.crash()
    expect(lostIn(line)).toEqual([3])
    line.forget('lostPlaces')
    line.crash()
    expect(lostIn(line)).toEqual([])
    revoke(line, 2)
    const next = line.line.startOver(line.line.run + 1, line.nowMs)
    expect([...next.lostPlaces(line.nowMs)]).toEqual([])
  })
})

describe('the list', () => {
  it('keeps the newest up to its bound', () => {
    const lost = new LostPlaces()
    for (let number = 1; number <= LOST_PLACES_MAX + 5; number++) lost.add(number, START_MS)
    const numbers = lost.numbersFrom(0, START_MS)
    expect(numbers).toHaveLength(LOST_PLACES_MAX)
    expect(numbers[0]).toBe(6)
  })

  it.each([LOST_PLACES_SECONDS * 1000, 86_400_000, -1, -3_600_000])('forgets after %d ms', (passedMs) => {
    const lost = new LostPlaces()
    lost.add(7, START_MS)
    expect(lost.numbersFrom(0, START_MS + passedMs)).toHaveLength(0)
  })
})
