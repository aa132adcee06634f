/** Makes the tokens that visitors receive. */
import { passLifeSeconds } from '../core/silence.ts'
import { TICKET_LIFE_SECONDS } from '../limits.ts'
import type { RoomClient } from '../room/room-client.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { ClientBinding } from '../tokens/client-binding.ts'
import type { TokenVerifier } from '../tokens/presented.ts'
import { signToken, type Token } from '../tokens/token.ts'

/**
 * A token for the client. `renewed`: the client must receive it, since it is new or moves to
 * another cookie.
 */
export interface Issued {
  readonly text: string
  readonly token: Token
  readonly renewed: boolean
}

export interface IssueContext extends TokenVerifier {
  readonly room: RoomSettings
  readonly client: RoomClient
  readonly nowMs: number
  /** The client that new tokens are bound to; null: tokens are not bound. */
  readonly binding: ClientBinding | null
}

type Start = Pick<Token, 'run' | 'number' | 'joinedSeconds' | 'startPosition' | 'holder'>

export async function issue(context: IssueContext, kind: Token['kind'], start: Start): Promise<Issued> {
  const token = await newToken(context, kind, start)
  const text = await signToken(token, context.keys)
  // The next poll presents it, mostly to this isolate.
  context.verified.add(text, token)
  return { token, text, renewed: true }
}

export async function newToken(
  context: IssueContext,
  kind: Token['kind'],
  { run, number, joinedSeconds, startPosition, holder }: Start,
): Promise<Token> {
  const nowSeconds = Math.floor(context.nowMs / 1000)
  const { sessionTimeoutSeconds, gatherers } = context.client.view?.snapshot ?? {}
  const timeout = sessionTimeoutSeconds ?? context.room.session_timeout_seconds
  const lifeSeconds = kind === 'pass' ? passLifeSeconds(timeout) : TICKET_LIFE_SECONDS
  return {
    kind,
    room: context.room.name,
    run,
    number,
    issuedSeconds: nowSeconds,
    seenSeconds: nowSeconds,
    expiresSeconds: nowSeconds + lifeSeconds,
    ...(joinedSeconds === undefined ? {} : { joinedSeconds }),
    ...(startPosition === undefined ? {} : { startPosition }),
    ...(holder === undefined ? {} : { holder }),
    ...(context.binding === null ? {} : { binding: await context.binding.forToken() }),
    ...(gatherers === undefined ? {} : { gatherers }),
  }
}
