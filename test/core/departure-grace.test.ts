/**
 * How long a departed session keeps its slot: visitors return from a payment page on another host.
 */
import { describe, expect, it } from 'vitest'
import type { LineRules } from '../../src/core/rules.ts'
import { DrivenLine, keepPolling } from './support/driven-line.ts'

const BEACON = { beacon: true, touched: false }

/** A departed session, while other visitors keep calling for this long. */
function away(changes: Partial<LineRules>, seconds: number, beacon = true): DrivenLine {
  const line = new DrivenLine({ capacity: 1, ...changes })
  const [number, ...others] = line.join(3) as [number, ...number[]]
  if (beacon) line.claim(number, BEACON)
  line.depart(number)
  keepPolling(line, others, seconds)
  line.tick()
  return line
}

describe('a session whose page was left', () => {
  it.each<[string, Partial<LineRules>, number]>([
    ['4 minutes with a grace of 300 s', { sessionTimeoutSeconds: 300, departureGraceSeconds: 300 }, 240],
    ['4 minutes although silence alone would end it after 20 s', { departureGraceSeconds: 300 }, 240],
    ['29 minutes with the longest grace', { departureGraceSeconds: 1800 }, 1740],
    ['as long as its pass is valid, without grace', { sessionTimeoutSeconds: 80, departureGraceSeconds: 0 }, 55],
  ])('keeps its slot for %s', (_, changes, seconds) => {
    expect(away(changes, seconds).state(1)).toBe('active')
  })

  it.each<[string, Partial<LineRules>, number]>([
    ['the default', { sessionTimeoutSeconds: 300 }, 70],
    ['the default and a short timeout', {}, 30],
    ['a grace of 60 s', { sessionTimeoutSeconds: 300, departureGraceSeconds: 60 }, 80],
    ['no grace', { sessionTimeoutSeconds: 80, departureGraceSeconds: 0 }, 75],
  ])('loses it after %s', (_, changes, seconds) => {
    expect(away(changes, seconds).state(1)).toBe('absent')
  })

  it('becomes like any other session once it is heard again', () => {
    const line = away({ departureGraceSeconds: 300 }, 120)
    line.hear([1])
    keepPolling(line, [2, 3], 40)
    expect(line.state(1)).toBe('absent')
  })

  it.each([
    ['before a tick', false],
    ['after a tick', true],
  ])('keeps its slot through a restart %s', (_, ticks) => {
    const line = new DrivenLine({ capacity: 1, departureGraceSeconds: 300 })
    line.join(3)
    line.claim(1, BEACON)
    line.depart(1)
    if (ticks) line.tick()
    line.crash()
    keepPolling(line, [2, 3], 200)
    expect(line.state(1)).toBe('active')
    keepPolling(line, [2, 3], 130)
    expect(line.state(1)).toBe('absent')
  })

  it('forgets a departure that only shortens the silence limit at a restart', () => {
    const line = new DrivenLine({ capacity: 1, sessionTimeoutSeconds: 80 })
    line.join(3)
    line.claim(1, BEACON)
    line.depart(1)
    line.tick()
    line.crash()
    keepPolling(line, [2, 3], 75)
    expect(line.state(1)).toBe('active')
  })

  it('is not extended by gaps in listening', () => {
    const line = away({ departureGraceSeconds: 120 }, 60)
    for (let i = 0; i < 8; i++) {
      line.pass(100).hear([2, 3])
      line.tick()
    }
    expect(line.state(1)).not.toBe('active')
  })

  it('keeps a place in line for 10 s, whatever the grace', () => {
    const line = new DrivenLine({ capacity: 1, departureGraceSeconds: 1800 })
    line.join(3)
    line.depart(2)
    keepPolling(line, [1, 3], 20)
    expect(line.state(2)).toBe('absent')
  })
})

describe('a session that was cut off', () => {
  it.each([1, 100, 270])('is admitted at once after %d s if nobody waits', (seconds) => {
    const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds: 300 })
    line.join()
    line.claim(1, BEACON)
    for (let passed = 0; passed < 40; passed += 10) line.pass(10).tick()
    expect(line.state(1)).toBe('absent')
    for (let passed = 0; passed < seconds - 10; passed += 10) line.pass(10).tick()
    expect(line.claim(1)).toBe('active')
  })

  it('waits at the front if all slots are taken', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    keepPolling(line, [2, 3], 90)
    expect(line.states(1, 2, 3)).toEqual(['absent', 'offered', 'waiting'])
    expect(line.claim(1)).toBe('waiting')
  })
})
