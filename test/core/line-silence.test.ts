import { describe, expect, it } from 'vitest'
import { aged, DrivenLine, keepPolling } from './support/driven-line.ts'

describe('silence', () => {
  it('makes a waiting visitor absent after 20 s, never a moment before', () => {
    const line = new DrivenLine()
    line.join(3)
    line.nowMs += 400
    line.hear([3])
    line.pass(10).hear([1])
    line.pass(9.9).tick()
    expect(line.state(3)).toBe('waiting')
    line.pass(1.1).tick()
    expect(line.state(3)).toBe('absent')
  })

  it('subtracts the age of a message', () => {
    const line = new DrivenLine()
    line.join(3)
    line.pass(10).hear([3], 4000)
    line.pass(15).tick()
    expect(line.state(3)).toBe('waiting')
    line.pass(1).tick()
    expect(line.state(3)).toBe('absent')
  })

  it('lets a visitor who returns within the grace wait again with the old number', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(4)
    keepPolling(line, [1, 3, 4], 60)
    expect(line.state(2)).toBe('absent')
    line.hear([2])
    expect(line.state(2)).toBe('waiting')
    line.leave(1)
    expect(line.states(2, 3)).toEqual(['offered', 'waiting'])
  })

  it('skips absent tickets at admission', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    keepPolling(line, [1, 3], 30)
    line.leave(1)
    expect(line.states(2, 3)).toEqual(['absent', 'offered'])
  })

  it('forgets absent tickets after the grace', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    keepPolling(line, [1, 3], 340)
    expect(line.state(2)).toBe('gone')
    expect(line.claim(2)).toBe('gone')
  })

  it('has no absent state if the grace is 0', () => {
    const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds: 0 })
    line.join(3)
    keepPolling(line, [1, 3], 30)
    expect(line.state(2)).toBe('gone')
  })

  it('ends a silent session, gives its slot to the next, and puts it first in line when it returns', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    line.claim(1, { beacon: true })
    keepPolling(line, [2, 3], 30)
    expect(line.states(1, 2, 3)).toEqual(['absent', 'offered', 'waiting'])
    line.claim(2)
    expect(line.claim(1)).toBe('waiting')
    line.leave(2)
    expect(line.states(1, 3)).toEqual(['offered', 'waiting'])
  })

  it('gives a session without a beacon a minute, and one with a beacon the session timeout', () => {
    const line = new DrivenLine({ capacity: 2 })
    line.join(2)
    line.claim(2, { beacon: true })
    keepPolling(line, [], 30)
    expect(line.states(1, 2)).toEqual(['active', 'absent'])
    keepPolling(line, [], 40)
    expect(line.state(1)).toBe('absent')
  })

  it('shortens the limit to 10 s after a departure, unless the visitor is heard again', () => {
    const line = new DrivenLine()
    line.join(4)
    line.depart(3, 4)
    line.pass(2).hear([4])
    line.pass(8).tick()
    expect(line.states(3, 4)).toEqual(['absent', 'waiting'])
  })

  it('is not shortened by a departure that a later message overtook', () => {
    const line = new DrivenLine()
    line.join(4)
    line.pass(5).hear([3, 4])
    line.exchange({ departures: aged([3], 2000) })
    line.pass(11).hear([4])
    line.tick()
    expect(line.state(3)).toBe('waiting')
  })

  it('of a departed session lasts at least as long as its pass', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    line.claim(1, { beacon: true })
    line.depart(1)
    line.pass(14).hear([2])
    line.tick()
    expect(line.state(1)).toBe('active')
    line.pass(2).hear([2])
    line.tick()
    expect(line.states(1, 2)).toEqual(['absent', 'offered'])
  })

  it('ends idle sessions and sessions that last too long, for good', () => {
    const line = new DrivenLine({ capacity: 3, idleTimeoutSeconds: 60, sessionMaxSeconds: 120 })
    line.join(3)
    for (let passed = 0; passed < 60; passed += 5) {
      line.pass(5)
      line.claim(1, { beacon: true, touched: true })
      line.claim(2, { beacon: true })
      line.hear([3])
    }
    line.tick()
    expect(line.states(1, 2)).toEqual(['active', 'gone'])
    for (let passed = 0; passed < 60; passed += 5) {
      line.pass(5)
      line.claim(1, { beacon: true, touched: true })
    }
    line.tick()
    expect(line.state(1)).toBe('gone')
  })

  it('expires silent tickets of one segment by a check, and reports when none is left', () => {
    const line = new DrivenLine({ reclaimGraceSeconds: 0 })
    line.join(3)
    line.pass(10).hear([])
    line.pass(10).hear([])
    expect(line.check(0)).toBe(true)
    expect(line.state(3)).toBe('gone')
    line.leave(1, 2)
    expect(line.check(0)).toBe(false)
    expect(line.check(7)).toBe(false)
  })
})

describe('a crowd that could not be heard', () => {
  const everyone = Array.from({ length: 300 }, (_, i) => i + 1)

  /**
   * A crowd of 300, 100 of them on the site, each heard every 8 s, some each second; checked by
   * ticks every 10 s.
   */
  function listen(line: DrivenLine, seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      line.pass(1).hear(everyone.filter((number) => number % 8 === Math.round(line.nowMs / 1000) % 8))
      if (Math.round(line.nowMs / 1000) % 10 === 0) line.tick()
    }
  }

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'is all there after a minute in which no isolate got through, phase %i',
    (phase) => {
      const line = new DrivenLine({ capacity: 100 })
      line.join(300)
      for (let number = 1; number <= 100; number++) line.claim(number, { beacon: true })
      listen(line, 30 + phase)
      for (let second = 0; second < 60; second++) {
        line.pass(1)
        if (Math.round(line.nowMs / 1000) % 10 === 0) line.tick()
      }
      listen(line, 30)
      expect(line.line.totals.expired).toBe(0)
    },
  )

  it.each([3_600, -3_600, 120])('is complete after the clock jumped by %i s', (jump) => {
    const line = new DrivenLine({ capacity: 100 })
    line.join(300)
    for (let number = 1; number <= 100; number++) line.claim(number, { beacon: true })
    listen(line, 33)
    line.pass(jump).tick()
    listen(line, 40)
    expect(line.line.totals.expired).toBe(0)
  })
})

describe('endless gaps', () => {
  it.each([12, 15, 25, 40])(
    'let no session live for ever: one visitor calls every %i s, ten silent sessions end',
    (everySeconds) => {
      const line = new DrivenLine({ capacity: 10, heartbeatTimeoutSeconds: 60 })
      line.join(11)
      let seconds = 0
      while (line.state(11) === 'waiting' && seconds < 1200) {
        line.pass(1)
        seconds++
        if (seconds % everySeconds === 0) line.hear([11])
        if (seconds % 10 === 0) line.tick()
      }
      expect(line.state(11)).toBe('offered')
      expect(seconds).toBeLessThan(400)
    },
  )
})
