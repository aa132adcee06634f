/**
 * Where a visitor of a room stands: decided from the tokens presented, the isolate's snapshot and, where only the object
 * knows, its answer. Issues tokens; knows nothing of pages, cookies or the origin.
 */
import type { ClaimDetails } from '../core/line.ts'
import { CONFIRM_AFTER_MAX_SECONDS, PASS_LIFE_MAX_SECONDS, PASS_LIFE_SHARE, TICKET_LIFE_SECONDS } from '../limits.ts'
import type { Status } from '../pages/status.ts'
import type { KeepAlive, RoomClient } from '../room/room-client.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { chooseToken, type PresentedToken } from '../tokens/presented.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'
import { signToken, type Token } from '../tokens/token.ts'
import { placelessStatus, waitingStatus } from './status-of.ts'

export interface VisitContext {
  readonly room: RoomSettings
  readonly client: RoomClient
  readonly keys: readonly SigningKey[]
  readonly keepAlive: KeepAlive
  readonly nowMs: number
}

/** A token to hand out; `renewed`: it is new, the client must be told. */
interface Issued {
  readonly text: string
  readonly token: Token
  readonly renewed: boolean
}

export type Visit =
  | { readonly state: 'admitted'; readonly pass: Issued }
  | { readonly state: 'waiting'; readonly status: Status; readonly ticket: Issued }
  /** The ticket's place is gone: absent for too long, or given up. */
  | { readonly state: 'expired'; readonly status: Status }
  | { readonly state: 'full'; readonly status: Status }
  /** The object cannot be asked. `ticket`: the one presented, which keeps its place meanwhile. */
  | { readonly state: 'unreachable'; readonly status: Status; readonly ticket: Issued | null }
  /** No token that counts, and this kind of request may not join. */
  | { readonly state: 'stranger' }

const NO_DETAILS: ClaimDetails = { beacon: false, touched: false }
const KEPT = 'We cannot reach the waiting room right now. Your place is kept, and this page keeps trying.'
const TRYING = 'We cannot reach the waiting room right now. This page keeps trying.'

/** Where the holder of these tokens stands; `mayJoin`: who has none is given one. */
export async function visit(
  context: VisitContext,
  presented: readonly PresentedToken[],
  mayJoin: boolean,
): Promise<Visit> {
  const chosen = chooseToken(presented)
  if (chosen === null || chosen.token.run < context.client.knownRun) return newcomer(context, mayJoin)
  giveBackOthers(context, chosen, presented)
  const { token, text } = chosen
  if (token.kind === 'pass') {
    if (context.nowMs / 1000 >= token.expiresSeconds) return claim(context, chosen, mayJoin)
    context.client.hear(token.run, token.number, context.keepAlive)
    return { state: 'admitted', pass: { text, token, renewed: false } }
  }
  return poll(context, chosen, mayJoin)
}

/** Two tabs opened at once got a ticket each: the one not kept goes back to the line. */
function giveBackOthers(context: VisitContext, kept: PresentedToken, presented: readonly PresentedToken[]): void {
  const { client, keepAlive } = context
  for (const { token } of presented) {
    if (token.kind !== 'ticket' || token.run !== kept.token.run || token.number === kept.token.number) continue
    keepAlive.waitUntil(client.leave(token.run, token.number, keepAlive))
  }
}

/** Who waits is answered from the snapshot; only from the frontier down, or when not confirmed for long, by the object. */
async function poll(context: VisitContext, chosen: PresentedToken, mayJoin: boolean): Promise<Visit> {
  const { client, keepAlive, nowMs, room } = context
  const { token, text } = chosen
  if (nowMs / 1000 - token.seenSeconds >= confirmAfterSeconds(context)) return claim(context, chosen, mayJoin)
  client.hear(token.run, token.number, keepAlive)
  if (!(await client.refresh(token.run, keepAlive))) return outOfReach(context, chosen)
  const view = client.view
  if (view === null) return outOfReach(context, chosen)
  if (token.run !== client.knownRun) return newcomer(context, mayJoin)
  if (token.number < view.snapshot.frontier) return claim(context, chosen, mayJoin)
  const ticket = { text, token, renewed: false }
  return { state: 'waiting', status: waitingStatus(room.name, view, token.number), ticket }
}

/** Half of what the line allows someone to be silent, so that nobody stands in a line that has forgotten them. */
function confirmAfterSeconds({ client, room }: VisitContext): number {
  const known = client.view?.snapshot
  const timeout = known?.heartbeatTimeoutSeconds ?? room.heartbeat_timeout_seconds
  const grace = known?.reclaimGraceSeconds ?? room.reclaim_grace_seconds
  return Math.min(CONFIRM_AFTER_MAX_SECONDS, (timeout + grace) / 2)
}

/** Asks the object what the holder of a token may do. */
export async function claim(
  context: VisitContext,
  chosen: PresentedToken,
  mayJoin: boolean,
  details: ClaimDetails = NO_DETAILS,
): Promise<Visit> {
  const { client, keepAlive, room } = context
  const { token } = chosen
  const answer = await client.claim(token.run, token.number, details, keepAlive)
  const view = client.view
  switch (answer.state) {
    case 'active':
      return { state: 'admitted', pass: await issue(context, 'pass', token.run, token.number) }
    case 'waiting': {
      if (view === null) return outOfReach(context, chosen)
      const ticket = await issue(context, 'ticket', token.run, token.number)
      return { state: 'waiting', status: waitingStatus(room.name, view, token.number, answer.position), ticket }
    }
    case 'gone':
      // A session that is over starts anew at the end of the line; a place in the line that is gone is said.
      if (token.kind === 'pass') return newcomer(context, mayJoin)
      return { state: 'expired', status: placelessStatus(room.name, 'expired', view, { number: token.number }) }
    case 'void':
      return newcomer(context, mayJoin)
    case 'unreachable':
      return outOfReach(context, chosen)
  }
}

async function newcomer(context: VisitContext, mayJoin: boolean): Promise<Visit> {
  const { client, keepAlive, room } = context
  if (!mayJoin) return { state: 'stranger' }
  const answer = await client.join(keepAlive)
  const view = client.view
  if (answer.state === 'unreachable' || view === null) {
    const status = placelessStatus(room.name, 'waiting', view, { message: TRYING })
    return { state: 'unreachable', status, ticket: null }
  }
  switch (answer.state) {
    case 'active':
      return { state: 'admitted', pass: await issue(context, 'pass', view.snapshot.run, answer.number) }
    case 'waiting': {
      const ticket = await issue(context, 'ticket', view.snapshot.run, answer.number)
      return { state: 'waiting', status: waitingStatus(room.name, view, answer.number), ticket }
    }
    case 'full':
      return { state: 'full', status: placelessStatus(room.name, 'full', view) }
  }
}

/**
 * The object cannot be asked. An authentic pass is honoured for as long as its session could be taken up again; who waits
 * sees the last known figures.
 */
function outOfReach(context: VisitContext, { token, text }: PresentedToken): Visit {
  const { client, nowMs, room } = context
  const ticket = { text, token, renewed: false }
  if (token.kind === 'pass') {
    const grace = client.view?.snapshot.reclaimGraceSeconds ?? room.reclaim_grace_seconds
    if (nowMs / 1000 < token.expiresSeconds + grace) {
      client.countHonoured()
      return { state: 'admitted', pass: ticket }
    }
  }
  const view = client.view
  const status =
    view === null
      ? placelessStatus(room.name, 'waiting', null, { number: token.number, message: KEPT })
      : { ...waitingStatus(room.name, view, token.number), message: KEPT }
  return { state: 'unreachable', status, ticket }
}

async function issue(context: VisitContext, kind: Token['kind'], run: number, number: number): Promise<Issued> {
  const nowSeconds = Math.floor(context.nowMs / 1000)
  const lifeSeconds = kind === 'pass' ? passLifeSeconds(context) : TICKET_LIFE_SECONDS
  const token: Token = {
    kind,
    room: context.room.name,
    run,
    number,
    issuedSeconds: nowSeconds,
    seenSeconds: nowSeconds,
    expiresSeconds: nowSeconds + lifeSeconds,
  }
  return { token, text: await signToken(token, context.keys), renewed: true }
}

/** Shorter than the session's silence limit, so that a pass never outlives a session that nobody hears any more. */
function passLifeSeconds({ client, room }: VisitContext): number {
  const timeout = client.view?.snapshot.sessionTimeoutSeconds ?? room.session_timeout_seconds
  return Math.floor(Math.min(PASS_LIFE_SHARE * timeout, PASS_LIFE_MAX_SECONDS))
}
