/**
 * Bugs that seeds have found, each as a short case named after the bug.
 */
import { describe, expect, it } from 'vitest'
import { aged, DrivenLine, keepPolling } from '../core/support/driven-line.ts'
import { VirtualRoom } from '../exchange/virtual-room.ts'

describe('found by seeds', () => {
  it('a check right after a tick counted as an outage and extended all silence by a timeout', () => {
    const line = new DrivenLine({ capacity: 1 })
    const [leaver, ...others] = line.join(12).slice(1) as [number, ...number[]]
    for (let second = 2; second <= 32; second += 2) {
      line.pass(2).hear(others)
      if (second % 10 !== 0) continue
      line.tick()
      line.pass(0.5).check(0)
    }
    expect(line.state(leaver)).toBe('absent')
  })

  it('the minute report after a deploy with less capacity took existing sessions for a violation', () => {
    const line = new DrivenLine({ capacity: 5 })
    line.join(5)
    line.tick()
    line.crash({ capacity: 1 })
    expect(() => line.line.verify()).not.toThrow()
  })

  it('a visitor who departed and was then admitted kept the slot for the whole timeout', () => {
    const line = new DrivenLine({ capacity: 1 })
    const [first, second] = line.join(2) as [number, number]
    line.pass(5).hear([first])
    line.depart(second)
    line.pass(1).leave(first)
    expect(line.state(second)).toBe('offered')
    line.pass(8).tick()
    expect(line.state(second)).toBe('offered')
    line.pass(2).tick()
    expect(line.state(second)).toBe('absent')
  })

  it('a join that was delivered again after its visitor had left took a place', () => {
    const line = new DrivenLine()
    const [answer] = line.exchange({ joins: ['key'] }).joins
    expect(answer).toEqual({ state: 'active', number: 1 })
    line.leave(1)
    line.exchange({ joins: ['key'] })
    expect(line.line.tickets.next).toBe(2)
    expect(line.line.tickets.live).toBe(0)
  })

  it('a message kept by an isolate for longer than the timeout brought back a visitor who had left', () => {
    const line = new DrivenLine({ capacity: 1 })
    const [stays, left] = line.join(2) as [number, number]
    for (let second = 10; second <= 30; second += 10) {
      line.pass(10).hear([stays])
      line.tick()
    }
    expect(line.state(left)).toBe('absent')
    line.hear([left], 25_000)
    expect(line.state(left)).toBe('absent')
    line.hear([left], 5_000)
    expect(line.state(left)).toBe('waiting')
  })

  it('a departure from before an outage counted as newer than later messages', () => {
    const line = new DrivenLine({ capacity: 1, heartbeatTimeoutSeconds: 30 })
    const [stays, visitor] = line.join(2) as [number, number]
    line.pass(4).hear([visitor])
    line.pass(10).hear([stays])
    line.pass(6).exchange({ departures: aged([visitor], 18_000) })
    line.tick()
    line.pass(10).tick()
    expect(line.state(visitor)).toBe('waiting')
  })

  it('a departure that was stored and then cancelled counted again after a restart', () => {
    const line = new DrivenLine({ capacity: 1 })
    const [stays, visitor] = line.join(2) as [number, number]
    line.depart(visitor)
    line.join()
    line.pass(3).hear([stays, visitor])
    line.crash()
    line.pass(12).hear([stays])
    line.pass(10).tick()
    expect(line.state(visitor)).toBe('waiting')
  })

  it('a restart of a quiet room forgot its last call and expired a visitor who had just been heard', () => {
    const line = new DrivenLine({ sessionTimeoutSeconds: 80, checkIntervalSeconds: 14 })
    const [visitor] = line.join() as [number]
    for (let tick = 0; tick < 3; tick++) line.pass(14).tick()
    line.pass(10).hear([visitor])
    line.crash()
    for (let tick = 0; tick < 4; tick++) line.pass(14).tick()
    expect(line.state(visitor)).toBe('active')
  })

  it('a message from before a departure, kept through an outage, cancelled the longer limit of a session', () => {
    const line = new DrivenLine({ capacity: 1, departureGraceSeconds: 60 })
    const [visitor, other] = line.join(2) as [number, number]
    line.claim(visitor, { beacon: true, touched: false })
    line.pass(20).hear([visitor, other])
    line.depart(visitor)
    line.pass(10).hear([other])
    line.pass(8).hear([visitor], 28_000)
    keepPolling(line, [other], 40)
    expect(line.state(visitor)).toBe('active')
    keepPolling(line, [other], 30)
    expect(line.state(visitor)).toBe('absent')
  })

  it('a beacon whose claim met an outage did not count as presence', async () => {
    const room = new VirtualRoom()
    const joined = await room.client.join(room)
    const number = joined.state === 'active' ? joined.number : 0
    room.holding = true
    const claim = room.client.claim(room.line.run, number, { beacon: true, touched: false }, room)
    for (let i = 0; i < 20; i++) {
      await room.pass(500)
      for (const call of room.held.splice(0)) call.refuse(new Error('out of reach'))
    }
    expect((await claim).state).toBe('unreachable')
    room.holding = false
    room.client.hear(room.line.run, 99, room)
    await room.pass(5_000)
    const heard = room.requests.at(-1)?.presence
    expect([...(heard?.numbers ?? [])]).toContain(number)
  })

  it('an old message that came again and again hid that a departed visitor was back, and held the slot', () => {
    const line = new DrivenLine({ capacity: 1, departureGraceSeconds: 300 })
    line.join(3)
    line.claim(1, { beacon: true, touched: false })
    line.pass(5).hear([1])
    line.pass(5).depart(1)
    // An isolate hears the visitor at 18 s. It does not know that its calls arrive, so it repeats
    // what it heard before.
    for (let second = 11; second <= 40; second++) {
      line.pass(1).exchange({ presence: aged([1, 2, 3], (second - 5) * 1000) })
      line.exchange({ departures: aged([1], (second - 10) * 1000) })
    }
    line.hear([1], 22_000)
    keepPolling(line, [2, 3], 30)
    expect(line.state(1)).toBe('absent')
  })

  it('a session that departed soon after a restart lost its slot like one without a departure', () => {
    const line = new DrivenLine({ capacity: 1, departureGraceSeconds: 300 })
    line.join(3)
    line.claim(1, { beacon: true, touched: false })
    line.pass(1).tick()
    line.crash()
    line.pass(2).exchange({ departures: aged([1], 1_500) })
    keepPolling(line, [2, 3], 200)
    expect(line.state(1)).toBe('active')
  })

  it('a session that departed while the room was suspended lost its slot after the room resumed', () => {
    const line = new DrivenLine({ capacity: 1, departureGraceSeconds: 300 })
    line.join(3)
    line.claim(1, { beacon: true, touched: false })
    const suspend = (suspended: boolean) => line.operate((each) => each.applyRuntimeRules({ ...each.rules, suspended }))
    suspend(true)
    line.pass(30).hear([1])
    line.pass(3).exchange({ departures: aged([1], 1_500) })
    suspend(false)
    keepPolling(line, [2, 3], 200)
    expect(line.state(1)).toBe('active')
  })
})
