import { describe, expect, it } from 'vitest'
import { BrokenInvariant } from '../../src/core/ticket-state.ts'
import { DrivenLine, keepPolling } from './support/driven-line.ts'

describe('memory', () => {
  it('drops segments whose tickets are all gone, except the tail', () => {
    const line = new DrivenLine({ reclaimGraceSeconds: 0 })
    line.join(5000)
    const everyone = Array.from({ length: 5000 }, (_, i) => i + 1)
    line.leave(...everyone)
    line.tick()
    expect(line.line.tickets.all().map(({ index }) => index)).toEqual([1])
    expect(line.join()).toEqual([5001])
  })

  it('is the same after a restart, with last-seen times at the last call + one interval', () => {
    const line = new DrivenLine({ capacity: 2 })
    line.join(4)
    line.pass(5).tick()
    line.crash()
    expect(line.states(1, 2, 3, 4)).toEqual(['active', 'active', 'waiting', 'waiting'])
    expect(line.join()).toEqual([5])
    keepPolling(line, [5], 30)
    expect(line.states(3, 4)).toEqual(['absent', 'absent'])
  })

  it('keeps the beacon flag of sessions over a crash', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    line.claim(1, { beacon: true })
    line.crash()
    keepPolling(line, [2], 40)
    expect(line.states(1, 2)).toEqual(['absent', 'offered'])
  })

  it('refuses a move that does not exist', () => {
    const line = new DrivenLine()
    expect(() => line.line.tickets.move(99, 2)).toThrow(BrokenInvariant)
  })

  it('keeps the last 4,096 events and says what was lost', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(5000)
    const page = line.line.journal.after(0)
    expect(page.entries).toHaveLength(4096)
    expect(page).toMatchObject({ last: 5001, lost: true })
    expect(page.entries.at(-1)).toMatchObject({ sequence: 5001, number: 5000, event: 'joined', from: null })
  })
})
