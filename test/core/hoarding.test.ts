/** How often a place survives absence, and what holding many places costs. */
import { describe, expect, it } from 'vitest'
import { RETURNS_MAX, returnsOf } from '../../src/core/ticket-state.ts'
import { DrivenLine, keepPolling } from './support/driven-line.ts'

const GUEST = 1

/** Numbers from 2 on wait. The first is always heard; the others are silent for this long. */
function absent(line: DrivenLine, seconds: number, others: number[] = []): void {
  keepPolling(line, [GUEST, ...others], seconds)
}

function lineOf(returnsMax: number, waiting = 3): DrivenLine {
  const line = new DrivenLine({ capacity: 1, returnsMax, checkIntervalSeconds: 10 })
  line.join(waiting + 1)
  return line
}

describe('a ticket that returns from absence', () => {
  it.each([1, 2, 3, RETURNS_MAX])(
    'keeps its number for %d returns if that is the limit, and is then gone',
    (returnsMax) => {
      const line = lineOf(returnsMax)
      for (let i = 0; i < returnsMax; i++) {
        absent(line, 60)
        line.hear([2])
        expect(line.state(2)).toBe('waiting')
      }
      absent(line, 60)
      expect(line.claim(2)).toBe('gone')
      expect(line.line.totals).toMatchObject({ limitedReturns: 1 })
      expect(line.line.journal.of(2).at(-1)?.event).toBe('forgotten')
    },
  )

  it('keeps its number without limit if the limit is 0', () => {
    const line = lineOf(0)
    for (let i = 0; i < 20; i++) {
      absent(line, 60)
      line.hear([2])
    }
    expect(line.state(2)).toBe('waiting')
  })

  it('is at the front again, but gets no slot that was given away meanwhile', () => {
    const line = lineOf(3, 4)
    absent(line, 60, [3, 4, 5])
    line.leave(GUEST)
    expect(line.states(2, 3, 4, 5)).toEqual(['absent', 'offered', 'waiting', 'waiting'])
    line.claim(3)
    expect(line.claim(2)).toBe('waiting')
    expect(line.line.tickets.waitingBefore(2)).toBe(0)
    line.hear([2, 4, 5])
    line.leave(3)
    expect(line.states(2, 4, 5)).toEqual(['offered', 'waiting', 'waiting'])
  })

  it('may return as often as at first after a session', () => {
    const line = new DrivenLine({ capacity: 1, returnsMax: 1 })
    line.join(2)
    keepPolling(line, [1], 60)
    line.hear([2])
    line.leave(1)
    expect(line.claim(2)).toBe('active')
    for (let passed = 0; passed < 90; passed += 10) line.pass(10).tick()
    expect(line.state(2)).toBe('absent')
    expect(line.claim(2)).toBe('active')
  })

  it('keeps its number of returns over a restart', () => {
    const line = lineOf(2)
    absent(line, 60)
    line.hear([2])
    line.tick()
    line.crash()
    expect(returnsOf(line.line.tickets.segmentOf(2)?.states[2] ?? 0)).toBe(1)
    absent(line, 60)
    line.hear([2])
    absent(line, 60)
    expect(line.claim(2)).toBe('gone')
  })

  it('does not return by a message that is too old', () => {
    const line = lineOf(1)
    absent(line, 60)
    line.hear([2], 25_000)
    expect(line.state(2)).toBe('absent')
    line.hear([2])
    expect(line.state(2)).toBe('waiting')
  })
})

describe('holding 1,000 places for an hour', () => {
  const HOUR_SECONDS = 3_600
  const PLACES = 1_000

  /** The fewest messages that keep every place. */
  function wordsNeeded(returnsMax: number): number {
    const line = new DrivenLine({ capacity: 1, returnsMax })
    const numbers = line.join(PLACES + 1).slice(1)
    let [words, returns, saidAt] = [0, 0, 0]
    for (let second = 1; second <= HOUR_SECONDS; second++) {
      line.pass(1)
      if (second % 5 === 0) line.hear([GUEST])
      const mayReturn = returnsMax === 0 || returns < returnsMax
      if (second - saidAt === (mayReturn ? 315 : 19)) {
        if (line.state(2) === 'absent') returns++
        line.hear(numbers)
        words += numbers.length
        saidAt = second
      }
      if (second % 10 === 0) line.tick()
    }
    expect(line.states(...numbers).every((state) => state === 'waiting' || state === 'absent')).toBe(true)
    return words
  }

  it('takes 142,000 polls with at most 3 returns, and 11,000 without a bound', () => {
    expect([wordsNeeded(3), wordsNeeded(0)]).toEqual([142_000, 11_000])
  })
})
