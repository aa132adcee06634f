import { describe, expect, it } from 'vitest'
import { Journal, type LineEvent } from '../../src/core/journal.ts'
import { State } from '../../src/core/ticket-state.ts'
import { START_MS } from './support/driven-line.ts'

/** A full ring of JOURNAL_SIZE events. */
const KEPT = 4096

function filled(events: number): Journal {
  const journal = new Journal()
  for (let i = 1; i <= events; i++) journal.push(START_MS + i, i, 'joined', null)
  return journal
}

describe('the journal', () => {
  it('has the time, number, event and previous state of each event', () => {
    const journal = new Journal()
    const events: [LineEvent, State | null, string | null][] = [
      ['joined', null, null],
      ['admitted', State.waiting, 'waiting'],
      ['claimed', State.offered, 'offered'],
      ['expired', State.active, 'active'],
      ['returned', State.absent, 'absent'],
      ['left', State.waiting, 'waiting'],
      ['ended', State.active, 'active'],
      ['forgotten', State.absent, 'absent'],
      ['revoked', State.gone, 'gone'],
    ]
    events.forEach(([event, from], i) => {
      journal.push(START_MS + i, 7, event, from)
    })
    const entries = events.map(([event, , from], i) => ({
      sequence: i + 1,
      atMs: START_MS + i,
      number: 7,
      event,
      from,
    }))
    expect(journal.after(0)).toEqual({ entries, last: 9, lost: false })
    expect(journal.of(7)).toEqual(entries)
  })

  it('is empty at first, with nothing lost', () => {
    const journal = new Journal()
    expect(journal.after(0)).toEqual({ entries: [], last: 0, lost: false })
    expect([journal.of(0), journal.of(1)]).toEqual([[], []])
  })

  it('continues after the last event that was read', () => {
    const journal = filled(3)
    expect(journal.after(1).entries.map(({ sequence }) => sequence)).toEqual([2, 3])
    expect(journal.after(3)).toEqual({ entries: [], last: 3, lost: false })
    // As after a restart: the reader is ahead of the journal.
    expect(journal.after(50)).toEqual({ entries: [], last: 3, lost: false })
  })

  it('keeps the last 4,096 events and reports overwritten ones', () => {
    const full = filled(KEPT)
    expect(full.after(0)).toMatchObject({ last: KEPT, lost: false })
    expect(full.after(0).entries).toHaveLength(KEPT)
    const over = filled(KEPT + 2)
    const page = over.after(0)
    expect(page).toMatchObject({ last: KEPT + 2, lost: true })
    expect(page.entries).toHaveLength(KEPT)
    expect(page.entries[0]).toMatchObject({ sequence: 3, number: 3 })
    expect(over.after(1).lost).toBe(true)
    expect(over.after(2)).toMatchObject({ lost: false })
    expect(over.after(2).entries).toHaveLength(KEPT)
  })

  it('has the events of one number, each once, until they are overwritten', () => {
    const journal = filled(KEPT + 2)
    expect([journal.of(1), journal.of(2)]).toEqual([[], []])
    expect(journal.of(3).map(({ sequence }) => sequence)).toEqual([3])
    expect(journal.of(KEPT + 2).map(({ sequence }) => sequence)).toEqual([KEPT + 2])
    const whole = filled(KEPT)
    expect(whole.of(1)).toHaveLength(1)
    expect(whole.of(KEPT)).toHaveLength(1)
  })

  it('skips events that later ones of the same tick overwrite', () => {
    for (const count of [0, 3, KEPT - 1, KEPT, KEPT + 1, 3 * KEPT + 7]) {
      const [all, some] = [filled(5), filled(5)]
      for (let i = 1; i <= count; i++) all.push(START_MS, 100 + i, 'expired', State.waiting)
      for (let i = 1 + some.skipOverwritten(count); i <= count; i++) {
        some.push(START_MS, 100 + i, 'expired', State.waiting)
      }
      expect(some.after(0)).toEqual(all.after(0))
    }
  })
})
