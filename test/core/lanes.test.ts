/** Lines beside the regular one: their numbers, who goes next, and what they leave untouched. */
import { describe, expect, it } from 'vitest'
import { firstNumberOf, type LaneRule, laneNumber, laneOf, lastNumberOf, REGULAR } from '../../src/core/lanes.ts'
import { LANES_MAX, MAX_NUMBER, SEGMENT_SIZE } from '../../src/core/limits.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { ticketReport } from '../../src/core/ticket-report.ts'
import { DrivenLine, keepPolling } from './support/driven-line.ts'

const MEMBERS: LaneRule = { name: 'members', weight: 30, first: false }
const SPONSORS: LaneRule = { name: 'sponsors', weight: 0, first: true }
const PRESS: LaneRule = { name: 'press', weight: 0, first: true }

/** A line with one slot, which number 1 has. */
function occupied(lanes: readonly LaneRule[] = [MEMBERS, SPONSORS, PRESS], capacity = 1): DrivenLine {
  const line = new DrivenLine({ capacity, lanes })
  line.join(capacity)
  return line
}

/** Admits one after another, and returns their numbers in order. */
function drain(line: DrivenLine): number[] {
  const order: number[] = []
  while (line.line.tickets.waiting > 0) {
    const { last } = line.line.journal.after(0)
    line.applyRuntimeRules({ capacity: line.line.rules.capacity + 1 })
    order.push(
      ...line.line.journal
        .after(last)
        .entries.filter(({ event }) => event === 'admitted')
        .map(({ number }) => number),
    )
  }
  return order
}

describe('the numbers of a lane', () => {
  it('have their own range, which begins at a segment', () => {
    const lanes = Array.from({ length: LANES_MAX + 1 }, (_, index) => index)
    for (const lane of lanes) {
      const [first, last] = [firstNumberOf(lane), lastNumberOf(lane)]
      expect([first, last].map(laneOf)).toEqual([lane, lane])
      expect(laneNumber(first)).toBe(1)
      expect((first - 1) % SEGMENT_SIZE).toBe(0)
      expect(last).toBeLessThanOrEqual(MAX_NUMBER)
      if (lane > REGULAR) expect(lastNumberOf(lane - 1)).toBe(first - 2)
    }
  })

  it('count from 1 and leave those of the regular line alone', () => {
    const line = occupied()
    const members = line.joinLane('members', 3)
    const sponsors = line.joinLane('sponsors', 2)
    expect(members.map(laneNumber)).toEqual([1, 2, 3])
    expect(sponsors.map(laneNumber)).toEqual([1, 2])
    expect(new Set([...members, ...sponsors].map(laneOf)).size).toBe(2)
    expect(line.join(2)).toEqual([2, 3])
    const position = (number: number) => line.line.tickets.waitingBefore(number) + 1
    expect([2, 3, ...members, ...sponsors].map(position)).toEqual([1, 2, 1, 2, 3, 1, 2])
    expect(line.line.places.claim(members[2] as number, { beacon: false, touched: false })).toEqual({
      state: 'waiting',
      position: 3,
    })
  })

  it('are regular ones for an unknown lane, for none, and while the settings have none', () => {
    expect(occupied().joinLane('unknown')).toEqual([2])
    expect(occupied().joinLane('regular')).toEqual([2])
    expect(occupied([]).joinLane('members')).toEqual([2])
    const line = new DrivenLine({ capacity: 1 })
    line.join()
    expect(line.joinLane('members')).toEqual([2])
    expect(line.joinLane('slow').map(laneNumber)).toEqual([1])
    expect(line.joinLane('skip').map(laneNumber)).toEqual([1])
  })

  it('are regular ones if the range of the lane is used up', () => {
    const line = occupied()
    const [first = 0] = line.joinLane('members')
    line.line.numbers.of(laneOf(first)).next = lastNumberOf(laneOf(first))
    expect(line.joinLane('members', 2)).toEqual([lastNumberOf(laneOf(first)), 2])
  })

  it('are not issued twice after their segments are dropped and the room restarts', () => {
    const line = occupied()
    const members = line.joinLane('members', SEGMENT_SIZE + 5)
    const laneSegment = Math.floor((members[0] as number) / SEGMENT_SIZE)
    line.leave(...members)
    line.tick()
    line.crash()
    expect(line.joinLane('members').map(laneNumber)).toEqual([SEGMENT_SIZE + 6])
    expect(line.line.tickets.all().map(({ index }) => index)).toEqual([0, laneSegment + 1])
  })

  it('repeat for a repeated key, whatever lane it names', () => {
    const line = occupied()
    const ask = (lane?: string) =>
      line.exchange({ joins: ['key'], joinDetails: [lane === undefined ? {} : { lane }] }).joins[0]
    const answer = ask('members')
    expect(ask('members')).toEqual(answer)
    expect(ask()).toEqual(answer)
    expect(line.line.tickets.waiting).toBe(1)
  })
})

describe('the order of lanes', () => {
  it('is skip, the lanes that go first as the settings list them, then the others by weight', () => {
    const line = occupied()
    const regular = line.join(4)
    const members = line.joinLane('members', 2)
    const press = line.joinLane('press', 2)
    const sponsors = line.joinLane('sponsors', 2)
    const skip = line.joinLane('skip', 2)
    const order = drain(line)
    expect(order.slice(0, 6)).toEqual([...skip, ...sponsors, ...press])
    expect(order.slice(6).filter((number) => laneOf(number) === REGULAR)).toEqual(regular)
    expect(order.slice(6).filter((number) => laneOf(number) !== REGULAR)).toEqual(members)
  })

  it('gives each its share: 30 of 41 to members, 10 to the regular line, 1 to slow', () => {
    const line = occupied([MEMBERS])
    line.join(200)
    line.joinLane('members', 200)
    line.joinLane('slow', 200)
    const order = drain(line).map(laneOf)
    const [member, slow] = [3, 2]
    for (const from of [0, 41, 82, 123]) {
      const part = order.slice(from, from + 41)
      expect([member, REGULAR, slow].map((lane) => part.filter((each) => each === lane).length)).toEqual([30, 10, 1])
    }
    // No long runs: the members' turns are spread.
    expect(Math.max(...runsOf(order.slice(0, 123), member))).toBeLessThanOrEqual(5)
  })

  it('gives the share of an empty lane to the others, and builds up no credit for it', () => {
    const line = occupied([{ name: 'members', weight: 10, first: false }])
    line.join(100)
    const ten = () => Array.from({ length: 10 }, () => drainOne(line))
    expect(ten().map(laneOf)).toEqual(new Array(10).fill(REGULAR))
    line.joinLane('members', 20)
    expect(
      ten()
        .map(laneOf)
        .filter((lane) => lane === REGULAR).length,
    ).toBeGreaterThanOrEqual(4)
  })

  it('is the same after a restart', () => {
    const settled = occupied()
    const crashed = occupied()
    for (const line of [settled, crashed]) {
      line.join(30)
      line.joinLane('members', 30)
      line.joinLane('slow', 30)
    }
    const orders = [settled, crashed].map((line) =>
      Array.from({ length: 60 }, () => {
        if (line === crashed) line.crash()
        return drainOne(line)
      }),
    )
    expect(orders[1]).toEqual(orders[0])
  })

  it('holds for admissions by hand and keeps within the capacity', () => {
    const line = occupied([SPONSORS], 3)
    line.join(2)
    const sponsors = line.joinLane('sponsors', 2)
    line.applyRuntimeRules({ mode: 'queue-all' })
    line.leave(1, 2, 3)
    expect(line.operate((each) => each.admitByHand(9))).toBe(3)
    expect(line.states(...sponsors, 4, 5)).toEqual(['offered', 'offered', 'offered', 'waiting'])
  })

  it('lets no newcomer in while someone waits in any lane', () => {
    const line = occupied([MEMBERS], 2)
    const [member = 0] = line.joinLane('members')
    // The slot is free, but not the rate.
    line.applyRuntimeRules({ ratePerMinute: 1 })
    line.leave(1)
    expect(line.state(member)).toBe('offered')
    const [other = 0] = line.joinLane('members')
    line.leave(2)
    const [regular = 0] = line.join()
    const [skip = 0] = line.joinLane('skip')
    expect(line.states(other, regular, skip)).toEqual(['waiting', 'waiting', 'waiting'])
  })

  it('holds after an absence: the ticket keeps its number in its lane', () => {
    const line = occupied()
    const members = line.joinLane('members', 3)
    keepPolling(line, [1, members[1] as number, members[2] as number], 40)
    expect(line.states(...members)).toEqual(['absent', 'waiting', 'waiting'])
    line.hear([members[0] as number])
    line.leave(1)
    expect(line.states(...members)).toEqual(['offered', 'waiting', 'waiting'])
  })
})

describe('a deploy', () => {
  it('may reorder lanes: tickets keep their numbers, and the new order counts', () => {
    const line = occupied([SPONSORS, PRESS])
    const sponsors = line.joinLane('sponsors', 2)
    const press = line.joinLane('press', 2)
    line.crash({ lanes: [PRESS, SPONSORS] })
    expect(line.joinLane('sponsors').map(laneNumber)).toEqual([3])
    expect(drain(line).slice(0, 4)).toEqual([...press, ...sponsors])
  })

  it('may remove a lane: it drains with the weight of the regular line, and newcomers join that', () => {
    const line = occupied([SPONSORS, { name: 'regular', weight: 5, first: false }])
    const sponsors = line.joinLane('sponsors', 20)
    line.crash({ lanes: [] })
    const regular = line.joinLane('sponsors', 20)
    expect(regular.map(laneOf)).toEqual(new Array(20).fill(REGULAR))
    const order = drain(line)
    expect(order.filter((number) => laneOf(number) !== REGULAR)).toEqual(sponsors)
    const isEven = (_: number, i: number) => i % 2 === 0
    expect(order.slice(0, 40).map(laneOf).filter(isEven)).toEqual(new Array(20).fill(laneOf(order[0] as number)))
  })

  it('may rename lanes until no range is left: then newcomers join the regular line', () => {
    const named = (name: string): LaneRule => ({ name, weight: 1, first: false })
    const line = occupied([])
    for (let i = 3; i <= LANES_MAX; i++) {
      line.crash({ lanes: [named(`lane-${i}`)] })
      expect(line.joinLane(`lane-${i}`).map(laneOf)).toEqual([i])
    }
    line.crash({ lanes: [named('one-more')] })
    expect(line.joinLane('one-more')).toEqual([2])
    expect([...line.joinLane('skip'), ...line.joinLane('slow')].map(laneOf)).toEqual([1, 2])
  })
})

describe('a stored line', () => {
  it('of a room that never used a lane is the same as before lanes', () => {
    const line = occupied()
    line.join(3)
    const { head } = line.line.takeChanges(true) ?? {}
    expect(head).not.toHaveProperty('lanes')
    expect(head?.next).toBe(5)
    expect(takeSnapshot(line.line, line.nowMs)).not.toHaveProperty('lanes')
  })

  it('continues under a version without lanes: no number twice, no place lost, the order within lanes kept', () => {
    const line = occupied()
    const regular = line.join(3)
    const members = line.joinLane('members', 3)
    const sponsors = line.joinLane('sponsors', 2)
    // That version drops the field and takes all numbers for regular ones.
    line.forget('lanes')
    line.crash()
    const later = line.join(2)
    expect(Math.min(...later)).toBeGreaterThan(Math.max(...members, ...sponsors, ...regular))
    expect(line.joinLane('members')[0]).toBeGreaterThan(later[1] as number)
    const order = drain(line)
    for (const lane of [regular, members, sponsors, later]) {
      expect(order.filter((number) => lane.includes(number))).toEqual(lane)
    }
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    // It goes on so after the next restart, and a new run has lanes again.
    line.tick()
    line.crash()
    expect(line.joinLane('members')[0]).toBeGreaterThan(order.at(-1) as number)
    line.operate((each) => each.startOver(each.run + 1, line.nowMs))
  })

  it('of a version without lanes gets them with the first ticket of one', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(4)
    line.forget('lanes')
    line.crash({ lanes: [SPONSORS] })
    const [sponsor = 0] = line.joinLane('sponsors')
    expect(laneNumber(sponsor)).toBe(1)
    expect(drain(line)).toEqual([sponsor, 2, 3, 4])
  })
})

describe('the report of a ticket', () => {
  it('has its position in the lane, and a join time that later joins of other lanes do not move', () => {
    const line = occupied()
    line.joinLane('members')
    line.pass(5)
    const [second = 0] = line.joinLane('members')
    const joinedMs = line.nowMs
    line.pass(5)
    line.join(10)
    line.tick()
    // Without the journal the time comes from the table.
    line.crash()
    expect(ticketReport(line.line, second)).toMatchObject({ state: 'waiting', position: 2, joinedMs, admitted: 'no' })
    expect(ticketReport(line.line, second + 1)).toBeNull()
    expect(ticketReport(line.line, firstNumberOf(7))).toBeNull()
  })
})

function drainOne(line: DrivenLine): number {
  const { last } = line.line.journal.after(0)
  line.applyRuntimeRules({ capacity: line.line.rules.capacity + 1 })
  return line.line.journal.after(last).entries.find(({ event }) => event === 'admitted')?.number as number
}

function runsOf(order: readonly number[], lane: number): number[] {
  const runs = [0]
  for (const each of order) {
    if (each === lane) (runs[runs.length - 1] as number)++
    else runs.push(0)
  }
  return runs
}
