/** The proof of work before joining (`proof_of_work`): what a newcomer is asked for. */
import { adaptiveBits, type NewcomerCounts } from '../core/proof-of-work.ts'
import { clientAddress, clientNetwork, networkOf } from '../http/client-address.ts'
import { BINDING_IPV4_BYTES, BINDING_IPV6_BYTES } from '../limits.ts'
import type { RoomClient } from '../room/room-client.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'
import {
  isSolved,
  presentedAnswer,
  readChallenge,
  signChallenge,
  type WorkChallenge,
} from '../tokens/work-challenge.ts'

interface WorkContext {
  readonly request: Request
  readonly room: RoomSettings
  readonly client: RoomClient
  readonly keys: readonly SigningKey[]
  readonly nowMs: number
  readonly newcomers: NewcomerCounts
}

/** One newcomer's proof of work. Null where the room asks for none. */
export function proofOfWork(context: WorkContext): ProofOfWork | null {
  const mode = entrySetting(context, 'proof_of_work')
  return mode === 'off' ? null : new ProofOfWork(context, mode)
}

export class ProofOfWork {
  private readonly context: WorkContext
  private readonly mode: 'fixed' | 'auto'
  private asked: number | null = null

  constructor(context: WorkContext, mode: 'fixed' | 'auto') {
    this.context = context
    this.mode = mode
  }

  /**
   * The bits that this newcomer is asked for; 0: none. Counts the newcomer, once, joined or
   * not: otherwise an attacker would collect cheap challenges before solving any.
   */
  get bits(): number {
    this.asked ??= this.mode === 'fixed' ? this.max : this.adaptive()
    return this.asked
  }

  private get max(): number {
    return entrySetting(this.context, 'proof_of_work_bits')
  }

  challenge(): Promise<WorkChallenge> {
    return signChallenge(this.context, this.bits)
  }

  /** Null: this client got no such challenge, or it is too old. */
  read(text: unknown): Promise<WorkChallenge | null> {
    return readChallenge(this.context, text)
  }

  /** The id of the challenge that a program has solved in the header; null: none. */
  async presented(): Promise<string | null> {
    const answer = presentedAnswer(this.context.request)
    if (answer === null) return null
    const challenge = await this.read(answer.text)
    if (challenge !== null && isSolved(challenge, answer.nonce)) return challenge.id
    this.context.client.countCheck('proofsRefused')
    return null
  }

  /** Without an address nobody can be told apart, and nobody is asked. */
  private adaptive(): number {
    const { request, room, newcomers, nowMs } = this.context
    const address = clientAddress(request)
    const client = clientNetwork(request)
    if (address === null || client === null) return 0
    const neighbourhood = networkOf(address, BINDING_IPV4_BYTES, BINDING_IPV6_BYTES)
    const recent = newcomers.add(`${room.name} ${client}`, `${room.name} ${neighbourhood}`, nowMs)
    return adaptiveBits(recent, this.max)
  }
}
