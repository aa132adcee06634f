import { describe, expect, it } from 'vitest'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { pollAfterSeconds } from '../../src/gate/visitor-status.ts'
import { DrivenLine } from './support/driven-line.ts'
import { event } from './support/events.ts'

/** One is admitted per second: 10 minutes are 600 people. */
const ONE_A_SECOND = { capacity: 100_000, ratePerMinute: 60, pollIntervalMaxSeconds: 30 }
const WAITING = 2000

/** A line that has admitted one visitor per second for a while, all of whom poll. */
function steadyLine(): { line: DrivenLine; everyone: number[] } {
  const line = new DrivenLine(ONE_A_SECOND)
  const everyone = line.join(WAITING)
  for (let second = 10; second <= 60; second += 10) {
    line.pass(10).hear(everyone)
    line.tick()
  }
  return { line, everyone }
}

const viewOf = ({ line, nowMs }: DrivenLine) => new SnapshotView(takeSnapshot(line, nowMs))

function pollOf(line: DrivenLine, number: number): number {
  const view = viewOf(line)
  return pollAfterSeconds(view, number, view.position(number), 0)
}

describe('polls far from the front', () => {
  it('use up to the longest interval where the expected wait is longer than 20 of them', () => {
    const { line } = steadyLine()
    const { frontier } = line.line
    expect(pollOf(line, frontier + 550)).toBe(5)
    expect(pollOf(line, frontier + 650)).toBe(23)
    const view = viewOf(line)
    expect(pollAfterSeconds(view, WAITING, view.position(WAITING), 0.999)).toBe(30)
  })

  it('are as frequent as near the front if the longest interval is 7 s', () => {
    const line = new DrivenLine({ ...ONE_A_SECOND, pollIntervalMaxSeconds: 7 })
    line.join(WAITING)
    line.pass(10).tick()
    expect(pollOf(line, WAITING)).toBe(5)
    expect(line.line.farFrom).toBe(Number.POSITIVE_INFINITY)
  })

  it('widen for newcomers beyond the border, too', () => {
    const { line } = steadyLine()
    const [late] = line.join(1) as [number]
    expect(pollOf(line, late)).toBe(23)
  })
})

describe('the silence limit', () => {
  it('is three intervals far from the front and the timeout near it', () => {
    const { line } = steadyLine()
    const near = line.line.frontier + 100
    // From one second to the next, so that the rate stays the same.
    for (let second = 1; second <= 110; second++) {
      line.pass(1).hear([WAITING - 2])
      if (second % 10 === 0) line.tick()
      if (second === 10) expect(line.state(near)).toBe('waiting')
      if (second === 30) expect(line.state(near)).toBe('absent')
      if (second === 80) expect(line.state(WAITING - 1)).toBe('waiting')
    }
    expect(line.states(WAITING - 2, WAITING - 1)).toEqual(['offered', 'absent'])
  })

  it('expires nobody who polls as told, even when the rate jumps', () => {
    const { line } = steadyLine()
    line.hear([WAITING])
    line.applyRuntimeRules({ ratePerMinute: 600_000 })
    line.pass(10).tick()
    line.pass(10).tick()
    expect(line.state(WAITING)).toBe('offered')
    line.pass(9).tick()
    expect(line.state(WAITING)).toBe('offered')
    expect(line.claim(WAITING)).toBe('active')
  })

  it('becomes the timeout once a ticket was near for three intervals', () => {
    const { line } = steadyLine()
    line.applyRuntimeRules({ ratePerMinute: 60_000, mode: 'paused' })
    for (let second = 10; second <= 130; second += 10) {
      line.pass(10).hear([WAITING])
      line.tick()
    }
    expect(pollOf(line, WAITING)).toBe(5)
    for (let second = 10; second <= 20; second += 10) {
      line.pass(10).hear([WAITING - 1])
      line.tick()
    }
    expect(line.state(WAITING)).toBe('absent')
  })

  it('stays long after a restart, and after a deploy that shortens the interval', () => {
    const { line } = steadyLine()
    line.hear([WAITING])
    line.tick()
    line.crash({ pollIntervalMaxSeconds: 7 })
    line.pass(10).tick()
    expect(pollOf(line, WAITING)).toBe(5)
    for (let second = 20; second <= 80; second += 10) {
      line.pass(10).hear([1])
      line.tick()
    }
    expect(line.state(WAITING)).toBe('waiting')
  })

  it('stays long for entries far from the front that a draw brings near it', () => {
    const line = new DrivenLine(ONE_A_SECOND, [event()])
    line.pass(60)
    const entries = line.join(1000)
    for (let second = 70; second <= 580; second += 10) {
      line.pass(10).hear(entries)
      line.tick()
    }
    expect(pollOf(line, 1000)).toBe(23)
    const isNear = (entry: number) => pollOf(line, entry) === 5
    const near = entries.filter(isNear)
    expect(near.length).toBeGreaterThan(500)
    for (let second = 585; second <= 605; second += 5) line.pass(5).hear(near)
    line.tick()
    const places = entries.map((entry) => line.line.course.lineNumber(entry))
    expect(places.slice(near.length).some((number) => number < 100)).toBe(true)
    expect(places.filter((number) => line.state(number) === 'absent')).toEqual([])
  })

  it('is the timeout in lanes beside the regular line', () => {
    const { line } = steadyLine()
    const joined = line.exchange({ joins: ['slow'], joinDetails: [{ lane: 'slow' }] }).joins[0] as { number: number }
    expect(line.state(joined.number)).toBe('waiting')
    expect(viewOf(line).isFar(joined.number)).toBe(false)
    for (let second = 10; second <= 30; second += 10) {
      line.pass(10).hear([WAITING])
      line.tick()
    }
    expect(line.states(joined.number, WAITING - 1)).toEqual(['absent', 'waiting'])
  })
})
