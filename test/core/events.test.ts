import { describe, expect, it } from 'vitest'
import { commitmentOf } from '../../src/core/draw.ts'
import type { LineRules } from '../../src/core/rules.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { DrivenLine, START_MS } from './support/driven-line.ts'
import { event } from './support/events.ts'

/** Lets this many seconds pass; these visitors are heard every 10 s. */
function wait(line: DrivenLine, seconds: number, numbers: number[]): void {
  for (let passed = 0; passed < seconds; passed += 10) {
    line.pass(10)
    line.hear(numbers)
    line.tick()
  }
}

function entriesOf(count: number, changes = {}): { line: DrivenLine; entries: number[] } {
  const line = new DrivenLine({ capacity: 3 }, [event(changes)])
  line.pass(60)
  return { line, entries: line.join(count) }
}

const stateOf = (line: DrivenLine, number: number) => line.line.tickets.stateOf(line.line.course.lineNumber(number))
const view = (line: DrivenLine) => new SnapshotView(takeSnapshot(line.line, line.nowMs))

describe('the lobby of an event', () => {
  it('admits nobody before the start, although slots are free', () => {
    const { line, entries } = entriesOf(5)
    wait(line, 530, entries)
    expect(line.line.tickets.occupied).toBe(0)
    expect(line.line.tickets.waiting).toBe(5)
    expect(view(line).snapshot.event).toMatchObject({ phase: 'lobby', draw: true, firstEntry: 1, entriesEnd: null })
  })

  it('admits nobody by hand', () => {
    const { line } = entriesOf(5)
    expect(line.operate((each) => each.admitByHand(3))).toBe(0)
  })

  it('publishes the commitment of the secret when it opens, not before', () => {
    const line = new DrivenLine({}, [event()])
    expect(line.line.course.isCommitted('sale')).toBe(false)
    line.pass(60)
    line.tick()
    expect(line.line.course.draws.commitmentOf(event())).toBe(commitmentOf(event().secret))
  })

  it('keeps the commitment over a restart', () => {
    const { line } = entriesOf(1)
    line.crash()
    expect(line.line.course.isCommitted('sale')).toBe(true)
    expect(line.line.course.draws.firstEntryOf(event())).toBe(1)
  })
})

describe('the draw', () => {
  it('gives each entry one line number of the entries, in another order than that of arrival', () => {
    const { line, entries } = entriesOf(200)
    wait(line, 540, entries)
    const numbers = entries.map((entry) => line.line.course.lineNumber(entry))
    expect(numbers.toSorted((a, b) => a - b)).toEqual(entries)
    expect(numbers).not.toEqual(entries)
  })

  it('admits by rank', () => {
    const { line, entries } = entriesOf(20)
    wait(line, 540, entries)
    const first = entries.filter((entry) => line.line.course.lineNumber(entry) <= 3)
    expect(first.map((entry) => line.claim(entry))).toEqual(['active', 'active', 'active'])
    expect(line.line.tickets.occupied).toBe(3)
  })

  it('publishes everything that is needed to recompute it', () => {
    const { line, entries } = entriesOf(20)
    wait(line, 540, entries)
    expect(view(line).snapshot.draws).toEqual([
      expect.objectContaining({ event: 'sale', first: 1, end: 21, secret: event().secret, ahead: 0, beacon: null }),
    ])
    expect(view(line).snapshot.event?.phase).toBe('running')
  })

  it('moves each ticket with its state: absent entries keep their rank and come back to it', () => {
    const { line, entries } = entriesOf(20)
    const [absent = 0, ...present] = entries
    wait(line, 440, entries)
    wait(line, 100, present)
    expect(stateOf(line, absent)).toBe(4)
    line.hear([absent])
    const number = line.line.course.lineNumber(absent)
    expect([1, 2]).toContain(stateOf(line, absent))
    expect(line.line.tickets.waitingBefore(number)).toBeLessThan(number)
  })

  it('puts later arrivals behind all entries', () => {
    const { line, entries } = entriesOf(20)
    wait(line, 540, entries)
    const [late = 0] = line.join()
    expect(late).toBe(21)
    expect(line.line.course.lineNumber(late)).toBe(21)
  })

  it('keeps those who waited before the lobby in front of the entries', () => {
    const line = new DrivenLine({ capacity: 2 }, [event()])
    const early = line.join(5)
    wait(line, 60, early)
    const entries = line.join(5)
    wait(line, 540, [...early, ...entries])
    expect(early.map((number) => line.line.course.lineNumber(number))).toEqual(early)
    expect(line.line.course.draws.resultOf(event())).toMatchObject({ first: 6, end: 11, ahead: 3 })
  })

  it('survives a restart with the same numbers', () => {
    const { line, entries } = entriesOf(50)
    wait(line, 540, entries)
    const numbers = entries.map((entry) => line.line.course.lineNumber(entry))
    line.crash()
    expect(entries.map((entry) => line.line.course.lineNumber(entry))).toEqual(numbers)
    expect(() => line.line.verifyAll()).not.toThrow()
  })

  it('is made by the next event if the alarm was dead at the start', () => {
    const { line, entries } = entriesOf(10)
    wait(line, 530, entries)
    line.pass(100)
    line.hear(entries)
    expect(line.line.course.draws.resultOf(event())).toMatchObject({ first: 1, end: 11 })
  })

  it('answers a repeated join with the issued number', () => {
    const { line } = entriesOf(0)
    const key = 'the same key'
    const [before] = line.exchange({ joins: [key] }).joins
    line.join(30)
    wait(line, 530, [1])
    line.pass(11)
    const [after] = line.exchange({ joins: [key] }).joins
    expect(before).toMatchObject({ number: 1 })
    expect([undefined, 1]).toContain(after !== undefined && 'number' in after ? after.number : undefined)
  })

  it('renumbers many segments and leaves every count as it was', () => {
    const line = new DrivenLine({}, [event()])
    line.pass(60)
    for (let i = 0; i < 5; i++) line.join(10_000)
    line.operate((each) => each.places.leave(20_000))
    line.pass(541)
    line.exchange()
    expect(line.line.tickets.waiting + line.line.tickets.occupied).toBe(49_999)
    expect(line.line.tickets.stateOf(line.line.course.lineNumber(20_000))).toBe(0)
    expect(() => line.line.verifyAll()).not.toThrow()
  })
})

describe('a draw with public randomness', () => {
  const chain = {
    url: 'https://beacon.example',
    hash: 'a'.repeat(64),
    genesisSeconds: 1_600_000_000,
    periodSeconds: 30,
  }

  function drawing(): { line: DrivenLine; entries: number[] } {
    const { line, entries } = entriesOf(10)
    line.operate((each) => {
      each.course.draws.chain = chain
    })
    wait(line, 540, entries)
    return { line, entries }
  }

  it('announces a round strictly after the start', () => {
    const { line } = entriesOf(1)
    line.operate((each) => {
      each.course.draws.chain = chain
    })
    const { round = 0 } = view(line).snapshot.event?.beacon ?? {}
    const roundSeconds = chain.genesisSeconds + (round - 1) * chain.periodSeconds
    expect(roundSeconds).toBeGreaterThan(event().startAtMs / 1000)
    expect(roundSeconds).toBeLessThanOrEqual(event().startAtMs / 1000 + 30)
  })

  it('waits after the start, admits nobody, and takes no more entries', () => {
    const { line } = drawing()
    expect(line.line.course.draws.isDrawing).toBe(true)
    expect(view(line).snapshot.event).toMatchObject({ phase: 'drawing', firstEntry: 1, entriesEnd: 11 })
    expect(line.line.tickets.occupied).toBe(0)
    const [late = 0] = line.join()
    line.operate((each) => each.course.provideRandomness(each.course.draws.awaitedRound?.round ?? 0, 'b'.repeat(64)))
    expect(line.line.course.draws.resultOf(event())).toMatchObject({ end: 11, randomness: 'b'.repeat(64) })
    expect(line.line.course.lineNumber(late)).toBe(late)
  })

  it('does not wait for an empty lobby', () => {
    const { line } = entriesOf(0)
    line.operate((each) => {
      each.course.draws.chain = chain
    })
    line.pass(541)
    line.tick()
    expect(line.line.course.draws.resultOf(event())).toMatchObject({ first: 1, end: 1, beacon: null })
  })

  it('ignores the randomness of another round', () => {
    const { line } = drawing()
    line.operate((each) => each.course.provideRandomness(1, 'b'.repeat(64)))
    expect(line.line.course.draws.isDrawing).toBe(true)
  })

  it('is made from the secret alone after 60 s', () => {
    const { line, entries } = drawing()
    wait(line, 60, entries)
    expect(line.line.course.draws.resultOf(event())).toMatchObject({ randomness: null, beacon: { url: chain.url } })
    expect(line.line.tickets.occupied).toBe(3)
  })

  it('keeps waiting through a restart', () => {
    const { line } = drawing()
    line.crash()
    expect(line.line.course.draws.isDrawing).toBe(true)
  })
})

describe('changes of an event', () => {
  it('delays the start: the lobby stays open, and nobody is admitted', () => {
    const { line, entries } = entriesOf(5)
    line.setEvents([event({ startAtMs: START_MS + 1_200_000 })])
    wait(line, 600, entries)
    expect(line.line.tickets.occupied).toBe(0)
    expect(line.line.course.draws.resultOf(event())).toBeNull()
    wait(line, 540, entries)
    expect(line.line.course.draws.resultOf(event())).toMatchObject({ first: 1, end: 6 })
  })

  it('a suspended lobby is an ordinary line, in order of arrival', () => {
    const { line, entries } = entriesOf(5)
    line.setEvents([event({ suspended: true })])
    expect(entries.map((number) => line.claim(number))).toEqual(['active', 'active', 'active', 'waiting', 'waiting'])
  })

  it('a lobby that resumes draws among those who still wait', () => {
    const { line, entries } = entriesOf(5)
    line.setEvents([event({ suspended: true })])
    line.claim(1)
    line.setEvents([event()])
    expect(view(line).snapshot.event?.phase).toBe('lobby')
    wait(line, 540, entries)
    expect(line.line.course.draws.resultOf(event())).toMatchObject({ first: 4, end: 6 })
  })

  it('an event that is still suspended at its start has no draw', () => {
    const { line, entries } = entriesOf(5)
    line.setEvents([event({ suspended: true })])
    wait(line, 560, entries)
    line.setEvents([event()])
    expect(line.line.course.draws.resultOf(event())).toBeNull()
    expect(line.line.course.draws.firstEntryOf(event())).toBeNull()
    expect(line.line.course.phaseOf('sale')).toBe('running')
  })

  it('an event whose lobby is suspended does not keep another one from its draw', () => {
    const { line, entries } = entriesOf(5)
    const [lobbyAtMs, startAtMs, endAtMs] = [START_MS + 120_000, START_MS + 480_000, START_MS + 570_000]
    const other = event({ id: 'other', lobbyAtMs, startAtMs, endAtMs, secret: 'f'.repeat(64) })
    line.setEvents([event({ suspended: true }), other])
    wait(line, 60, entries)
    expect(line.line.course.isCommitted('other')).toBe(true)
    const others = line.join(4)
    wait(line, 360, [...entries, ...others])
    expect(line.line.course.draws.published).toEqual([expect.objectContaining({ event: 'other', first: 6, end: 10 })])
  })

  it('draws again for another event of the same id', () => {
    const { line, entries } = entriesOf(5)
    wait(line, 540, entries)
    const shiftMs = 10_000_000
    const [lobbyAtMs, startAtMs, endAtMs] = [START_MS + shiftMs, START_MS + shiftMs + 600_000, START_MS + 2 * shiftMs]
    line.setEvents([event({ lobbyAtMs, startAtMs, endAtMs, secret: 'f'.repeat(64) })])
    line.pass(shiftMs / 1000 - 500)
    const again = line.join(4)
    wait(line, 510, again)
    expect(line.line.course.draws.published.map(({ end, first }) => end - first)).toEqual([5, 4])
  })

  it('a reset voids the entries and keeps the draws that were published', () => {
    const { line, entries } = entriesOf(5)
    wait(line, 540, entries)
    const next = line.line.startOver(line.line.run + 1, line.nowMs)
    expect(next.course.draws.published).toHaveLength(1)
    expect(next.course.lineNumber(1)).toBe(1)
  })
})

describe('a running event', () => {
  it('replaces capacity, rate, session timeout and message while it runs', () => {
    const overrides = { capacity: 7, ratePerMinute: 30, sessionTimeoutSeconds: 90, message: 'Welcome' }
    const line = new DrivenLine({}, [event({ draw: false, ...overrides })])
    line.pass(590)
    line.tick()
    expect(line.line.rules).toMatchObject({ capacity: 2, ratePerMinute: 6000, sessionTimeoutSeconds: 20 })
    line.pass(10)
    line.tick()
    expect(line.line.rules).toMatchObject(overrides)
    line.pass(3_600)
    line.tick()
    expect(line.line.rules).toMatchObject({ capacity: 2, ratePerMinute: 6000, message: null })
    expect(line.line.course.phaseOf('sale')).toBe('ended')
  })

  it('with the method "reject" refuses newcomers until it ends; with "passthrough" it sends everyone to the site', () => {
    const rejecting = new DrivenLine({}, [event({ lobbyAtMs: null, method: 'reject' })])
    rejecting.pass(600)
    expect(rejecting.join()).toEqual([0])
    const passing = new DrivenLine({}, [event({ lobbyAtMs: null, method: 'passthrough' })])
    passing.pass(600)
    passing.tick()
    expect(passing.line.rules.suspended).toBe(true)
  })

  it('with the method "reject" refuses newcomers of a room that lets everyone pass', () => {
    const line = new DrivenLine({ method: 'passthrough' }, [event({ lobbyAtMs: null, method: 'reject' })])
    line.pass(600)
    expect(line.join()).toEqual([0])
    expect(view(line).snapshot).toMatchObject({ method: 'reject', closed: true })
    line.pass(3_600)
    expect(line.join()).not.toEqual([0])
    expect(view(line).snapshot).toMatchObject({ method: 'passthrough' })
  })

  it('with the method "random" keeps the order of its lobby, and gives later visitors random places behind', () => {
    const line = new DrivenLine({ capacity: 1 }, [event({ draw: false, method: 'random' })])
    const early = line.join(1)
    line.pass(300)
    const lobby = line.join(20)
    expect(lobby).toEqual(lobby.toSorted((a, b) => a - b))
    line.pass(300)
    const later = line.join(40)
    expect(view(line).snapshot.method).toBe('random')
    expect(later).not.toEqual(later.toSorted((a, b) => a - b))
    expect(Math.min(...later)).toBeGreaterThan(Math.max(...early, ...lobby))
    line.pass(3_600)
    line.tick()
    const after = line.join(20)
    expect(after).toEqual(after.toSorted((a, b) => a - b))
    expect(Math.min(...after)).toBeGreaterThan(Math.max(...later))
  })

  it('without a method keeps that of the room', () => {
    const line = new DrivenLine({ capacity: 1, method: 'random' }, [event({ draw: false })])
    line.pass(300)
    const lobby = line.join(20)
    expect(lobby).toEqual(lobby.toSorted((a, b) => a - b))
    line.pass(300)
    const later = line.join(40)
    expect(later).not.toEqual(later.toSorted((a, b) => a - b))
  })

  it('shows its message when that of the operators has ended', () => {
    const changes = { message: 'Back soon', messageUntilMs: START_MS + 300_000 }
    const line = new DrivenLine(changes, [event({ message: 'Welcome' })])
    line.pass(100)
    line.tick()
    expect(view(line).snapshot.message).toBe('Back soon')
    line.pass(400)
    line.tick()
    expect(view(line).snapshot.message).toBe('Welcome')
  })

  it('with the method "reject" announces no opening while the room itself stays closed', () => {
    const opensAtMs = (changes: Partial<LineRules>) => {
      const line = new DrivenLine(changes, [event({ method: 'reject', draw: false })])
      line.pass(600)
      line.tick()
      return view(line).snapshot.opensAtMs
    }
    const { endAtMs } = event()
    expect(opensAtMs({})).toBe(endAtMs)
    expect(opensAtMs({ closed: true })).toBeNull()
    expect(opensAtMs({ closed: true, opensAtMs: endAtMs + 1 })).toBe(endAtMs + 1)
    expect(opensAtMs({ closed: true, opensAtMs: endAtMs - 1 })).toBe(endAtMs)
  })

  it('does not begin again when the clock goes back', () => {
    const { line, entries } = entriesOf(5)
    wait(line, 540, entries)
    line.pass(-300)
    line.hear(entries)
    expect(line.line.course.phaseOf('sale')).toBe('running')
  })
})

describe('sold out', () => {
  it('admits nobody, refuses newcomers, and keeps the line', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    line.applyRuntimeRules({ soldOut: true })
    line.leave(1)
    expect(line.line.tickets.waiting).toBe(2)
    expect(line.line.tickets.occupied).toBe(0)
    expect(line.exchange({ joins: ['new'] }).joins).toEqual([{ state: 'full', why: 'sold-out' }])
    line.applyRuntimeRules({ soldOut: false })
    expect(line.line.tickets.occupied).toBe(1)
  })
  it('stays in force during an event of the method "passthrough"', () => {
    const line = new DrivenLine({ soldOut: true }, [event({ lobbyAtMs: null, method: 'passthrough' })])
    line.pass(600)
    expect(line.exchange({ joins: ['new'] }).joins).toEqual([{ state: 'full', why: 'sold-out' }])
    expect(view(line).snapshot).toMatchObject({ suspended: false, soldOut: true })
  })
})
