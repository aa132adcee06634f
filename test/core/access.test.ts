/** Redemption of access keys: uses, people, take-overs, repeated joins. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AccessClaim, AccessRow } from '../../src/core/access.ts'
import { laneNumber, laneOf, REGULAR } from '../../src/core/lanes.ts'
import { TAKE_OVERS_MAX } from '../../src/core/limits.ts'
import type { JoinAnswer } from '../../src/core/places.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { aged, DrivenLine, START_MS } from './support/driven-line.ts'
import { event } from './support/events.ts'

const HOUR_SECONDS = 3_600
const key = (id: string, changes: Partial<AccessClaim> = {}): AccessClaim => ({
  id,
  uses: 1,
  expSeconds: START_MS / 1000 + HOUR_SECONDS,
  ...changes,
})

function redeem(line: DrivenLine, joinKey: string, access: AccessClaim): JoinAnswer {
  return line.exchange({ joins: [joinKey], joinDetails: [{ access }] }).joins[0] as JoinAnswer
}

/** One slot, which somebody holds, so that everyone else waits. */
function busyLine(): DrivenLine {
  const line = new DrivenLine({ capacity: 1 })
  line.join()
  return line
}

const REFUSED = (why: string) => ({ state: 'full', why })

describe('a key', () => {
  it('is good for its uses and no more, and each use is another place', () => {
    const line = busyLine()
    const press = key('press', { uses: 3 })
    const joins = ['a', 'b', 'c', 'd', 'e']
    const answers = line.exchange({ joins, joinDetails: joins.map(() => ({ access: press })) }).joins
    expect(answers.map((answer) => ('number' in answer ? answer.number : answer))).toEqual([
      2,
      3,
      4,
      REFUSED('key-used'),
      REFUSED('key-used'),
    ])
    line.crash()
    expect(redeem(line, 'f', press)).toEqual(REFUSED('key-used'))
    expect(line.line.totals).toMatchObject({ keysRedeemed: 3, keysRefused: 3, joined: 4 })
  })

  it.each([1, 2, 5])('gives a repeated join the same place, also after a crash and much later (%i uses)', (uses) => {
    const line = busyLine()
    const own = key('k', { uses })
    expect(redeem(line, 'a', own)).toEqual({ state: 'waiting', number: 2 })
    if (uses > 1) redeem(line, 'b', own)
    line.crash()
    expect(redeem(line, 'a', own)).toEqual({ state: 'waiting', number: 2 })
    for (let passed = 0; passed < 2 * HOUR_SECONDS; passed += 15) {
      line.pass(15).hear([1, 2])
      line.tick()
    }
    expect(redeem(line, 'a', own)).toEqual({ state: 'waiting', number: 2 })
    expect(redeem(line, 'c', own)).toEqual(REFUSED('key-expired'))
  })

  it('is spent when its place has ended', () => {
    const line = busyLine()
    redeem(line, 'a', key('k'))
    line.leave(2)
    expect(redeem(line, 'a', key('k'))).toEqual(REFUSED('key-used'))
    expect(redeem(line, 'b', key('k'))).toEqual(REFUSED('key-used'))
  })

  it('is not spent by a join that the room refuses', () => {
    const line = new DrivenLine({ capacity: 1, maxWaiting: 1 })
    line.join(2)
    expect(redeem(line, 'a', key('k'))).toEqual({ state: 'full' })
    line.leave(2)
    expect(redeem(line, 'a', key('k'))).toEqual({ state: 'waiting', number: 3 })
  })

  it('counts in its run only', () => {
    const line = busyLine()
    expect(redeem(line, 'a', key('k', { run: line.line.run + 1 }))).toEqual(REFUSED('key-expired'))
    expect(redeem(line, 'a', key('k', { run: line.line.run }))).toMatchObject({ state: 'waiting' })
  })

  it('is good again in a new run', () => {
    const line = busyLine()
    redeem(line, 'a', key('k'))
    line.line = line.operate((old) => old.startOver(old.run + 1, line.nowMs))
    expect(redeem(line, 'b', key('k'))).toEqual({ state: 'active', number: 1 })
  })

  it('that was revoked is refused, even before its first use', () => {
    const line = busyLine()
    redeem(line, 'a', key('k'))
    line.leave(2)
    line.keyRows.set('k:k', { ...(line.keyRows.get('k:k') as AccessRow), revoked: true })
    expect(redeem(line, 'a', key('k'))).toEqual(REFUSED('key-revoked'))
  })

  it('past the room takes no number, and lets a repeated join pass until it expires', () => {
    const line = busyLine()
    const skip = key('k', { skips: true })
    expect(redeem(line, 'a', skip)).toEqual({ state: 'passed' })
    line.crash()
    expect(redeem(line, 'a', skip)).toEqual({ state: 'passed' })
    expect(redeem(line, 'b', skip)).toEqual(REFUSED('key-used'))
    expect(line.line.tickets.next).toBe(2)
    line.pass(HOUR_SECONDS)
    expect(redeem(line, 'a', skip)).toEqual(REFUSED('key-expired'))
  })
})

describe('a second device', () => {
  it('is told that the place is taken, and at first that it is new', () => {
    const line = busyLine()
    redeem(line, 'phone', key('k'))
    expect(redeem(line, 'laptop', key('k'))).toEqual({ state: 'taken', number: 2, isNew: true })
    line.pass(16).hear([1, 2])
    expect(redeem(line, 'laptop', key('k'))).toEqual({ state: 'taken', number: 2, isNew: false })
  })

  it('takes the same place over, once for each confirmation', () => {
    const line = busyLine()
    redeem(line, 'phone', key('k'))
    const takeOver = { state: 'waiting', number: 2, holder: 1 }
    expect(redeem(line, 'laptop', key('k', { takeOver: true }))).toEqual(takeOver)
    expect(redeem(line, 'laptop', key('k', { takeOver: true }))).toEqual(takeOver)
    line.crash()
    expect(redeem(line, 'laptop', key('k'))).toEqual(takeOver)
    expect(redeem(line, 'phone', key('k'))).toMatchObject({ state: 'taken' })
    expect(line.line.totals.keyTakeOvers).toBe(1)
    expect(line.line.tickets.waiting).toBe(1)
  })

  it('ends what the first one may do, in every isolate and after a crash', () => {
    const line = busyLine()
    redeem(line, 'phone', key('k'))
    redeem(line, 'laptop', key('k', { takeOver: true }))
    const view = new SnapshotView(takeSnapshot(line.line, line.nowMs))
    expect([view.hasMovedOn(2, 0), view.hasMovedOn(2, 1), view.hasMovedOn(1, 0)]).toEqual([true, false, false])
    line.crash()
    const claim = { number: 2, beacon: false, touched: false }
    const claims = [{ ...claim, holder: 0 }, { ...claim, holder: 1 }, claim]
    const states = line.exchange({ claims }).claims.map(({ state }) => state)
    // An isolate of an older version does not know holders.
    expect(states).toEqual(['moved', 'waiting', 'waiting'])
    line.leave(2)
    expect(line.state(2)).toBe('waiting')
    line.exchange({ leaves: [2], leaveHolders: [1] })
    expect(line.state(2)).toBe('gone')
  })

  it('keeps the place when the page of the first one is closed', () => {
    const line = new DrivenLine({ capacity: 1, heartbeatTimeoutSeconds: 60 })
    line.join()
    redeem(line, 'phone', key('k'))
    redeem(line, 'laptop', key('k', { takeOver: true }))
    line.exchange({ departures: aged([2], 0) })
    line.pass(12).hear([1])
    line.tick()
    expect(line.state(2)).toBe('waiting')
    line.exchange({ departures: aged([2], 0), departureHolders: [1] })
    line.pass(12).hear([1])
    line.tick()
    expect(line.state(2)).toBe('absent')
  })

  it('cannot move a place any number of times', () => {
    const line = busyLine()
    redeem(line, 'device 0', key('k'))
    for (let i = 1; i <= TAKE_OVERS_MAX; i++) {
      expect(redeem(line, `device ${i}`, key('k', { takeOver: true }))).toMatchObject({ number: 2, holder: i })
    }
    expect(redeem(line, 'one more', key('k', { takeOver: true }))).toEqual(REFUSED('key-used'))
    expect(redeem(line, `device ${TAKE_OVERS_MAX}`, key('k'))).toMatchObject({ number: 2 })
  })
})

describe('a person', () => {
  const person = { person: 'somebody' }

  it('has one live place, whichever key comes next', () => {
    const line = busyLine()
    redeem(line, 'a', key('mail', person))
    expect(redeem(line, 'b', key('letter', person))).toMatchObject({ state: 'taken', number: 2 })
    line.leave(2)
    expect(redeem(line, 'b', key('letter', person))).toEqual({ state: 'waiting', number: 3 })
    expect(redeem(line, 'c', key('mail', person))).toMatchObject({ state: 'taken', number: 3 })
  })

  it('takes over with another key, which keeps its use', () => {
    const line = busyLine()
    redeem(line, 'a', key('mail', person))
    expect(redeem(line, 'b', key('letter', { ...person, takeOver: true }))).toMatchObject({ number: 2, holder: 1 })
    // The first device's join does not bring the place back.
    expect(redeem(line, 'a', key('mail', person))).toMatchObject({ state: 'taken', number: 2 })
    line.exchange({ leaves: [2], leaveHolders: [1] })
    expect(redeem(line, 'b', key('letter', person))).toEqual({ state: 'waiting', number: 3 })
  })
})

describe('a visitor who waits already', () => {
  const from = { number: 2, holder: 0 }

  it('gets the new place before the old one is given up, in one event', () => {
    const line = busyLine()
    line.join()
    expect(redeem(line, 'a', key('k', { from }))).toEqual({ state: 'waiting', number: 3 })
    expect(line.states(2, 3)).toEqual(['gone', 'waiting'])
    expect(redeem(line, 'a', key('k', { from }))).toEqual({ state: 'waiting', number: 3 })
  })

  it('gives the old place up when the key leads past the room', () => {
    const line = busyLine()
    line.join()
    expect(redeem(line, 'a', key('k', { from, skips: true }))).toEqual({ state: 'passed' })
    expect(line.states(1, 2)).toEqual(['active', 'gone'])
  })

  it('keeps the old place if the key no longer counts, or the room refuses', () => {
    const line = new DrivenLine({ capacity: 1, maxWaiting: 1 })
    line.join(2)
    expect(redeem(line, 'a', key('k', { from, expSeconds: 1 }))).toEqual(REFUSED('key-expired'))
    expect(redeem(line, 'a', key('k', { from }))).toEqual({ state: 'full' })
    expect(line.state(2)).toBe('waiting')
  })

  it('keeps a place whose turn has come, and the key', () => {
    const line = busyLine()
    line.join()
    line.leave(1)
    expect(line.state(2)).toBe('offered')
    expect(redeem(line, 'a', key('k', { from }))).toEqual({ state: 'full' })
    expect([line.state(2), line.line.totals.keysRedeemed]).toEqual(['offered', 0])
  })

  it('keeps the place of the same key', () => {
    const line = busyLine()
    redeem(line, 'a', key('k'))
    expect(redeem(line, 'b', key('k', { from }))).toEqual({ state: 'waiting', number: 2 })
  })

  it('moves within one person, who never has two places', () => {
    const line = busyLine()
    redeem(line, 'a', key('mail', { person: 'p' }))
    expect(redeem(line, 'b', key('priority', { person: 'p', from }))).toEqual({ state: 'waiting', number: 3 })
    expect(line.states(2, 3)).toEqual(['gone', 'waiting'])
    expect(redeem(line, 'c', key('other', { person: 'p' }))).toMatchObject({ state: 'taken', number: 3 })
  })

  it('cannot give up or get the place that has the number after a reset', () => {
    const line = busyLine()
    redeem(line, 'a', key('k'))
    const stale = { ...from, run: line.line.run - 1 }
    expect(redeem(line, 'b', key('other', { from: stale }))).toEqual({ state: 'waiting', number: 3 })
    expect(redeem(line, 'c', key('k', { from: stale }))).toMatchObject({ state: 'taken', number: 2 })
    expect(line.states(2, 3)).toEqual(['waiting', 'waiting'])
    expect(redeem(line, 'd', key('next', { from: { ...from, run: line.line.run } }))).toMatchObject({ number: 4 })
    expect(line.state(2)).toBe('gone')
  })

  it('cannot give up a place that another device has taken over', () => {
    const line = busyLine()
    redeem(line, 'a', key('k'))
    redeem(line, 'b', key('k', { takeOver: true }))
    expect(redeem(line, 'c', key('other', { from }))).toEqual({ state: 'waiting', number: 3 })
    expect(line.state(2)).toBe('waiting')
  })
})

describe('a lane', () => {
  const lanes = [{ name: 'members', weight: 0, first: true }]
  const members = (line: DrivenLine, joinKey: string, access: AccessClaim) =>
    line.exchange({ joins: [joinKey], joinDetails: [{ access, lane: 'members' }] }).joins[0] as JoinAnswer & {
      number: number
    }

  it('is joined with a key, and changes no other number or position', () => {
    const line = new DrivenLine({ capacity: 1, lanes })
    line.join(3)
    const { state, number } = members(line, 'a', key('k'))
    expect([state, laneOf(number) === REGULAR, laneNumber(number)]).toEqual(['waiting', false, 1])
    expect(line.line.tickets.waitingBefore(3)).toBe(1)
    expect(line.join()).toEqual([4])
    line.crash()
    expect(members(line, 'a', key('k'))).toEqual({ state: 'waiting', number })
    line.leave(1)
    expect(line.states(2, number)).toEqual(['waiting', 'offered'])
  })

  it('takes a visitor out of the lobby, keeps the place through absence, and goes before the draw', () => {
    const line = new DrivenLine({ capacity: 1, lanes }, [event()])
    line.pass(60)
    const entries = line.join(6)
    const from = { number: entries[5] as number, holder: 0 }
    const { number } = members(line, 'a', key('k', { from }))
    expect(members(line, 'a', key('k', { from }))).toMatchObject({ number })
    const rest = entries.slice(0, 5)
    const hearUntil = (seconds: number, numbers: number[]) => {
      for (; line.nowMs < START_MS + seconds * 1000; line.tick()) line.pass(10).hear(numbers)
    }
    hearUntil(120, rest)
    expect(line.state(number)).toBe('absent')
    hearUntil(590, [...rest, number])
    expect(line.state(number)).toBe('waiting')
    line.crash()
    hearUntil(610, [...rest, number])
    expect(line.state(number)).toBe('offered')
    expect(members(line, 'a', key('k', { from }))).toEqual({ state: 'active', number })
    // The entry that was given up is not drawn.
    expect(line.line.tickets.waiting).toBe(5)
  })
})

describe('at random', () => {
  type Step =
    | { do: 'join'; key: number; device: number; takeOver: boolean; from: boolean }
    | { do: 'leave' | 'claim'; device: number }
    | { do: 'wait' | 'crash' }

  const device = fc.nat({ max: 4 })
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('join' as const),
        key: fc.nat({ max: 5 }),
        device,
        takeOver: fc.boolean(),
        from: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'claim' as const), device }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('wait' as const, 'crash' as const) }) },
  )

  /** The first four keys belong to two people, the others to nobody. */
  const keys = [0, 1, 2, 3, 4, 5].map((i) =>
    key(`key ${i}`, { uses: [1, 1, 2, 3, 1, 2][i] ?? 1, ...(i < 4 ? { person: `person ${i % 2}` } : {}) }),
  )

  it('no key is used more often than it may be, and no person has two live places', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const line = busyLine()
        /** The places that each key got, the keys of each place, and what each device holds. */
        const places = keys.map(() => new Set<number>())
        const persons = new Map<string, Set<number>>()
        const held = new Map<number, { number: number; holder: number }>()
        for (const action of steps) {
          if (action.do === 'join') {
            const own = keys[action.key] as AccessClaim
            const present = held.get(action.device)
            const from = action.from && present !== undefined ? { from: present } : {}
            const before = line.line.tickets.next
            const joinKey = `device ${action.device} key ${action.key}`
            const answer = redeem(line, joinKey, { ...own, takeOver: action.takeOver, ...from })
            if (answer.state !== 'waiting' && answer.state !== 'active') continue
            if (answer.number === before) {
              places[action.key]?.add(answer.number)
              const ofPerson = persons.get(own.person ?? '') ?? new Set()
              if (own.person !== undefined) persons.set(own.person, ofPerson.add(answer.number))
            }
            held.set(action.device, { number: answer.number, holder: answer.holder ?? 0 })
            // The answer was lost: the same join gets the same place.
            expect(redeem(line, joinKey, own)).toMatchObject({ number: answer.number })
          } else if (action.do === 'leave' || action.do === 'claim') {
            const own = held.get(action.device)
            if (own === undefined) continue
            if (action.do === 'leave') line.exchange({ leaves: [own.number], leaveHolders: [own.holder] })
            else line.exchange({ claims: [{ ...own, beacon: false, touched: false }] })
          } else if (action.do === 'wait') {
            line.pass(7)
            line.tick()
          } else line.crash()
          for (const [i, own] of keys.entries()) expect(places[i]?.size).toBeLessThanOrEqual(own.uses)
          for (const numbers of persons.values()) {
            expect([...numbers].filter((number) => line.state(number) !== 'gone').length).toBeLessThanOrEqual(1)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
