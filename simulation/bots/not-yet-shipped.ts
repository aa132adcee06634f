/**
 * Checks that the gate does not have yet, behind the gate's own interface. The amount of work is
 * asked by the shipped rules.
 */
import { adaptiveBits, NewcomerCounts } from '../../src/core/proof-of-work.ts'
import type { JoinCheck } from '../../src/gate/join-check.ts'
import type { VisitContext } from '../../src/gate/visit.ts'
import type { Setting } from './settings.ts'

/** The most work that `"auto"` asks by default, in bits. */
const BITS_MAX = 16

/** A client, as far as these checks know it. */
export interface Newcomer {
  readonly address: string
  /** Null: the client has no key. */
  readonly accessKey: string | null
  /** Null: the client was not asked for anything yet. */
  challenge: { readonly id: string; readonly bits: number; isSolved: boolean } | null
}

export class EntryChecks {
  readonly asksForKey: boolean
  private readonly asksForWork: boolean
  private readonly newcomers = new NewcomerCounts()

  constructor({ room }: Setting) {
    this.asksForKey = room.require_access_key === true
    this.asksForWork = room.proof_of_work === 'auto'
  }

  checked<T extends VisitContext>(context: T, newcomer: Newcomer): T {
    if (this.asksForKey) return { ...context, joinCheck: checkOf(async () => newcomer.accessKey) }
    if (this.asksForWork) return { ...context, joinCheck: this.proofOfWork(context, newcomer) }
    return context
  }

  private proofOfWork({ nowMs }: VisitContext, newcomer: Newcomer): JoinCheck {
    return checkOf(async () => {
      if (newcomer.challenge === null) {
        const { address } = newcomer
        const before = this.newcomers.add(address, address.split(/[.:]/).slice(0, 3).join('.'), nowMs)
        const bits = adaptiveBits(before, BITS_MAX)
        newcomer.challenge = { id: crypto.randomUUID(), bits, isSolved: bits === 0 }
      }
      const { id, isSolved } = newcomer.challenge
      return isSolved ? id : null
    })
  }
}

function checkOf(proof: () => Promise<string | null>): JoinCheck {
  return { infiniteAnswer: async () => null, proof }
}
