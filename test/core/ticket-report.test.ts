import { describe, expect, it } from 'vitest'
import { type TicketReport, ticketReport } from '../../src/core/ticket-report.ts'
import { DrivenLine } from './support/driven-line.ts'

const report = (line: DrivenLine, number: number) => ticketReport(line.line, number) as TicketReport
const events = (line: DrivenLine, number: number) => report(line, number).events.map(({ event }) => event)

describe('a ticket report', () => {
  it('has everything known of a waiting ticket', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    expect(report(line, 3)).toEqual({
      run: line.line.run,
      number: 3,
      state: 'waiting',
      position: 2,
      joinedMs: line.nowMs,
      admitted: 'no',
      admittedMs: null,
      ended: null,
      endedMs: null,
      events: [{ sequence: 4, atMs: line.nowMs, number: 3, event: 'joined', from: null }],
    })
  })

  it('has no position and no end for a session', () => {
    const line = new DrivenLine()
    line.join(1)
    expect(report(line, 1)).toMatchObject({ state: 'active', position: null, ended: null, endedMs: null })
    line.crash()
    expect(report(line, 1)).toMatchObject({ admitted: 'yes', admittedMs: null })
  })

  it('has the reason and time of the end', () => {
    const left = new DrivenLine()
    left.join(1)
    left.leave(1)
    expect(report(left, 1)).toMatchObject({ position: null, ended: 'left', endedMs: left.nowMs })

    const revoked = new DrivenLine()
    revoked.join(1)
    revoked.operate((core) => core.places.leave(1, 'revoked'))
    expect(report(revoked, 1)).toMatchObject({ ended: 'revoked', endedMs: revoked.nowMs })

    const overdue = new DrivenLine({ sessionMaxSeconds: 10 })
    overdue.join(1)
    overdue.pass(10).hear([1])
    overdue.tick()
    expect(report(overdue, 1)).toMatchObject({ ended: 'ended', endedMs: overdue.nowMs })
  })

  it('names silence as the reason: at once without grace, or after the grace', () => {
    const silent = (reclaimGraceSeconds: number) => {
      const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds })
      line.join(2)
      for (let i = 0; i < 3; i++) {
        line.pass(10).hear([1])
        line.tick()
      }
      return line
    }
    const strict = silent(0)
    expect(report(strict, 2)).toMatchObject({ state: 'gone', ended: 'expired' })
    const patient = silent(20)
    expect(report(patient, 2)).toMatchObject({ state: 'absent', position: null, ended: null, endedMs: null })
    patient.pass(10).hear([1])
    patient.tick()
    patient.pass(10).hear([1])
    patient.tick()
    expect(report(patient, 2)).toMatchObject({ state: 'gone', ended: 'forgotten' })
    expect(events(patient, 2)).toEqual(['joined', 'expired', 'forgotten'])
  })

  /**
   * Number 2 was silent and came back after number 3 had been let in: it waits, below the frontier.
   */
  function overtaken(): DrivenLine {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    for (let i = 0; i < 3; i++) {
      line.pass(10).hear([1, 3])
      line.tick()
    }
    line.leave(1)
    line.hear([2])
    expect(line.states(2, 3)).toEqual(['waiting', 'offered'])
    return line
  }

  it('knows from its journal alone that an overtaken ticket was not admitted', () => {
    const line = overtaken()
    expect(report(line, 2)).toMatchObject({ admitted: 'no', position: 1 })
    line.crash()
    expect(report(line, 2)).toMatchObject({ admitted: 'unknown' })
    // Later journal entries add nothing.
    const { joinedMs } = report(line, 2)
    line.pass(10).leave(2)
    expect(events(line, 2)).toEqual(['left'])
    expect(report(line, 2)).toMatchObject({ admitted: 'unknown', joinedMs, ended: 'left', endedMs: line.nowMs })
  })

  it('has the newest of several admissions', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(1)
    line.claim(1, { beacon: true })
    for (let i = 0; i < 3; i++) line.pass(10).tick()
    expect(line.state(1)).toBe('absent')
    expect(report(line, 1)).toMatchObject({ admitted: 'yes' })
    line.hear([1])
    expect(events(line, 1)).toEqual(['joined', 'admitted', 'expired', 'returned', 'admitted'])
    expect(report(line, 1)).toMatchObject({ state: 'offered', admittedMs: line.nowMs, joinedMs: line.nowMs - 30_000 })
  })

  it('falls back to the join times for what the journal lost, else to null', () => {
    const line = new DrivenLine({ capacity: 1 })
    const joinedMs = line.nowMs
    // One more than a segment holds: the first segment is dropped once all its tickets are gone.
    line.join(4096)
    line.leave(...Array.from({ length: 4094 }, (_, i) => i + 1))
    line.crash()
    expect(report(line, 4095)).toMatchObject({ state: 'offered', joinedMs, events: [] })
    line.leave(4095)
    line.pass(10).tick()
    line.crash()
    expect(report(line, 4095)).toMatchObject({ state: 'gone', joinedMs: null, ended: 'unknown', endedMs: null })
    expect(report(line, 4096)).toMatchObject({ state: 'offered', joinedMs })
  })
})
