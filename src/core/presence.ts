/**
 * What a sign of life or a goodbye does to a ticket: when it was last heard, whether the absent come back, whether a goodbye
 * still holds. Numbers never handed out and those who are gone are ignored.
 */

import { SEGMENT_SIZE } from './limits.ts'
import type { LineRecord } from './line-record.ts'
import type { ListeningClock } from './listening-clock.ts'
import type { LineRules } from './rules.ts'
import { isKeptByGoodbye } from './silence.ts'
import { DEPARTING_FLAG, returnsOf, STATE_MASK, State } from './ticket-state.ts'
import type { Tickets } from './tickets.ts'

/** The parts of a line that hear visitors. */
interface Parts {
  readonly tickets: Tickets
  readonly clock: ListeningClock
  readonly record: LineRecord
  /** Was absent too often: the place is lost. */
  readonly onLost: (number: number) => void
}

export class Presence {
  private readonly rules: LineRules
  private readonly parts: Parts

  constructor(rules: LineRules, parts: Parts) {
    this.rules = rules
    this.parts = parts
  }

  /** A visitor was heard `ageMs` ago. Who was absent waits again with the old number, unless that happened too often. */
  hear(number: number, ageMs: number): void {
    const { tickets, clock, record } = this.parts
    const segment = tickets.segmentOf(number)
    if (segment === undefined) return
    const offset = number % SEGMENT_SIZE
    const byte = segment.states[offset] as number
    const state = byte & STATE_MASK
    if (state === State.gone) return
    const heard = clock.heardSeconds(ageMs, this.rules.checkIntervalSeconds)
    if (state === State.absent) {
      // A word that was under way for so long says nothing about now.
      if (ageMs >= this.rules.heartbeatTimeoutSeconds * 1000) return
      if (this.isOutOfReturns(byte)) {
        this.parts.onLost(number)
        return
      }
      tickets.move(number, State.waiting)
      record.returned(number)
      segment.heard[offset] = heard
    } else {
      const known = segment.heard[offset] as number
      if ((byte & DEPARTING_FLAG) !== 0 && this.takesGoodbyeBack(byte, ageMs, known)) {
        tickets.clearFlags(number, DEPARTING_FLAG)
      }
      segment.heard[offset] = Math.max(known, heard)
    }
  }

  /** Whether a word of this age is newer than the goodbye. In doubt what keeps the visitor for longer is true. */
  private takesGoodbyeBack(byte: number, ageMs: number, known: number): boolean {
    const { clock } = this.parts
    // A word taken for newer than it is would shorten a stay that the goodbye keeps, so there its age is not cut.
    const said = isKeptByGoodbye(byte, this.rules)
      ? clock.saidSeconds(ageMs)
      : clock.heardSeconds(ageMs, this.rules.checkIntervalSeconds)
    // After a restore the time last heard lies ahead of now; a goodbye is taken back all the same.
    return said >= Math.min(known, clock.nowSeconds)
  }

  private isOutOfReturns(byte: number): boolean {
    const { returnsMax } = this.rules
    return returnsMax > 0 && returnsOf(byte) >= returnsMax
  }

  /** A page said goodbye `ageMs` ago: another silence limit holds until the visitor is heard again. */
  depart(number: number, ageMs: number): void {
    const { tickets, clock } = this.parts
    const segment = tickets.segmentOf(number)
    const offset = number % SEGMENT_SIZE
    const state = segment?.stateAt(offset) ?? State.gone
    if (segment === undefined || state === State.gone || state === State.absent) return
    const known = segment.heard[offset] as number
    const said = clock.saidSeconds(ageMs)
    // Overtaken on its way: the visitor was heard after it.
    if (said < Math.min(known, clock.nowSeconds)) return
    this.hear(number, ageMs)
    // What keeps a session must survive a restart; what only shortens a silence need not.
    const keepsIt = isKeptByGoodbye(segment.states[offset] as number, this.rules)
    tickets.setFlags(number, DEPARTING_FLAG, keepsIt ? 'durable' : 'lazy')
  }
}
