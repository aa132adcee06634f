/**
 * Where a visitor of a room stands: decided from the tokens presented, the isolate's snapshot and, where only the object
 * knows, its answer. Issues tokens; knows nothing of pages, cookies or the origin.
 */
import { ageMs } from '../core/age.ts'
import type { ClaimDetails } from '../core/answers.ts'
import { passLifeSeconds } from '../core/pass-life.ts'
import type { SnapshotView } from '../core/snapshot-view.ts'
import { CONFIRM_AFTER_MAX_SECONDS, TICKET_LIFE_SECONDS } from '../limits.ts'
import type { KeepAlive, RoomClient } from '../room/room-client.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { Status } from '../status.ts'
import type { ClientBinding } from '../tokens/client-binding.ts'
import { byPreference, type PresentedToken } from '../tokens/presented.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'
import { signToken, type Token } from '../tokens/token.ts'
import type { VerifiedTokens } from '../tokens/verified-tokens.ts'
import { limitedPollSeconds } from './poll-interval.ts'
import { closedStatus, placelessStatus, waitingStatus } from './status-of.ts'

export interface VisitContext {
  readonly room: RoomSettings
  readonly client: RoomClient
  readonly keys: readonly SigningKey[]
  readonly verified: VerifiedTokens
  readonly keepAlive: KeepAlive
  readonly nowMs: number
  /** Counts a newcomer; false: too many came from this client's address. */
  readonly mayJoinNow: () => Promise<boolean>
  /** The client that new tokens are bound to; null: to none. */
  readonly binding: ClientBinding | null
}

/** A token to hand out; `renewed`: the client must be told, for it is new or must move to another cookie. */
export interface Issued {
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
  /** Newcomers are turned away for now. */
  | { readonly state: 'closed'; readonly status: Status }
  /** The room steps aside: everyone goes past it. */
  | { readonly state: 'suspended' }
  /** Too many newcomers from one address: this one may ask again soon. */
  | { readonly state: 'limited'; readonly status: Status }
  /** The object cannot be asked. `ticket`: the one presented, which keeps its place meanwhile. */
  | { readonly state: 'unreachable'; readonly status: Status; readonly ticket: Issued | null }
  /** No token that counts, and this kind of request may not join. */
  | { readonly state: 'stranger' }

const NO_DETAILS: ClaimDetails = { beacon: false, touched: false }

export interface VisitOptions {
  /** Who has no token that counts is given one. */
  readonly mayJoin: boolean
  readonly details?: ClaimDetails
  /** A page asks by itself, every few seconds: nobody sees how soon it is answered. */
  readonly isPoll?: boolean
}

/**
 * Where the holder of these tokens stands. Of several the best one that is alive is kept, and only then the others are given
 * back.
 */
export async function visit(
  context: VisitContext,
  presented: readonly PresentedToken[],
  { mayJoin, details = NO_DETAILS, isPoll = false }: VisitOptions,
): Promise<Visit> {
  let expired: Visit | null = null
  for (const candidate of byPreference(presented)) {
    const peers = presented.filter(({ moves }) => moves === candidate.moves)
    const standing = await stand(context, candidate, { details, isPoll, ask: peers.length > 1 })
    if (standing.state === 'admitted' || standing.state === 'waiting') giveBackOthers(context, candidate, peers)
    if (standing.state === 'expired') expired ??= standing
    else if (standing.state !== 'stranger') return standing
  }
  return expired ?? newcomer(context, mayJoin)
}

interface Asked {
  readonly details: ClaimDetails
  readonly isPoll: boolean
  /** The object must say so itself. */
  readonly ask: boolean
}

/** Where the holder of one token stands; `stranger`: it does not count. */
function stand(context: VisitContext, candidate: PresentedToken, asked: Asked): Promise<Visit> | Visit {
  const { token, text, moves = false } = candidate
  if (token.run < context.client.knownRun) return { state: 'stranger' }
  if (token.kind === 'ticket') return poll(context, candidate, asked)
  const lifeMs = (token.expiresSeconds - token.issuedSeconds) * 1000
  if (ageMs(token.issuedSeconds * 1000, context.nowMs) >= lifeMs) return claim(context, candidate, asked.details)
  if (asked.details.touched) context.client.use(token.run, token.number, context.keepAlive)
  else context.client.hear(token.run, token.number, context.keepAlive)
  return { state: 'admitted', pass: { text, token, renewed: moves } }
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
async function poll(
  context: VisitContext,
  candidate: PresentedToken,
  { ask, isPoll }: Pick<Asked, 'ask' | 'isPoll'>,
): Promise<Visit> {
  const { client, keepAlive, nowMs, room } = context
  const { token, text, moves = false } = candidate
  if (ask) return claim(context, candidate)
  if (ageMs(token.seenSeconds * 1000, nowMs) >= confirmAfterSeconds(context) * 1000)
    return confirm(context, candidate, isPoll)
  client.hear(token.run, token.number, keepAlive)
  if (!(await client.refresh(token.run, keepAlive))) return outOfReach(context, candidate)
  const view = client.view
  if (view === null) return outOfReach(context, candidate)
  if (token.run !== client.knownRun) return { state: 'stranger' }
  if (token.number < view.snapshot.frontier || view.hasLostPlace(token.number)) return claim(context, candidate)
  const ticket = { text, token, renewed: moves }
  return { state: 'waiting', status: waitingStatus(room.name, view, token), ticket }
}

/** Only a poll can wait: nobody looks at what it says, and most hear that nothing has changed. */
function confirm(context: VisitContext, candidate: PresentedToken, isPoll: boolean): Promise<Visit> {
  const frontier = context.client.view?.snapshot.frontier ?? Number.POSITIVE_INFINITY
  return claim(context, candidate, NO_DETAILS, isPoll && candidate.token.number >= frontier)
}

/** Half of what the line allows someone to be silent, so that nobody stands in a line that has forgotten them. */
function confirmAfterSeconds({ client, room }: VisitContext): number {
  const known = client.view?.snapshot
  const timeout = known?.heartbeatTimeoutSeconds ?? room.heartbeat_timeout_seconds
  const grace = known?.reclaimGraceSeconds ?? room.reclaim_grace_seconds
  return Math.min(CONFIRM_AFTER_MAX_SECONDS, (timeout + grace) / 2)
}

/** Asks the object what the holder of a token may do; `stranger`: it does not count any more. */
export async function claim(
  context: VisitContext,
  chosen: PresentedToken,
  details: ClaimDetails = NO_DETAILS,
  mayWait = false,
): Promise<Visit> {
  const { client, keepAlive, room } = context
  const { token } = chosen
  const answer = await client.claim(token.run, token.number, details, keepAlive, mayWait)
  const view = client.view
  switch (answer.state) {
    case 'active':
      return { state: 'admitted', pass: await issue(context, 'pass', token) }
    case 'waiting': {
      if (view === null) return outOfReach(context, chosen)
      const ticket = await issue(context, 'ticket', token)
      // Only who came back is not to be found in the snapshot exactly; the others hear the same as with each poll.
      const position = token.number < view.snapshot.frontier ? answer.position : undefined
      return { state: 'waiting', status: waitingStatus(room.name, view, token, position), ticket }
    }
    case 'gone':
      // A session that is over starts anew at the end of the line; a place in the line that is gone is said.
      if (token.kind === 'pass') return { state: 'stranger' }
      return { state: 'expired', status: placelessStatus(room, 'expired', view, { number: token.number }) }
    case 'void':
      return { state: 'stranger' }
    case 'unreachable':
      return outOfReach(context, chosen)
  }
}

async function newcomer(context: VisitContext, mayJoin: boolean): Promise<Visit> {
  const { client, keepAlive, nowMs, room } = context
  if (!mayJoin) {
    client.keepFresh(keepAlive)
    return { state: 'stranger' }
  }
  if (await isKnownToBe('closed', context)) {
    return { state: 'closed', status: closedStatus(room, client.view as SnapshotView, nowMs) }
  }
  if (await isKnownToBe('full', context)) {
    return { state: 'full', status: placelessStatus(room, 'full', client.view) }
  }
  if (!(await context.mayJoinNow())) {
    client.countRefused('limited', keepAlive)
    const details = { pollAfterSeconds: limitedPollSeconds(Math.random()) }
    return { state: 'limited', status: { ...placelessStatus(room, 'waiting', client.view, details), limited: true } }
  }
  const answer = await client.join(keepAlive)
  const view = client.view
  if (answer.state === 'unreachable' || view === null) {
    const status = placelessStatus(room, 'waiting', view, { unreachable: true })
    return { state: 'unreachable', status, ticket: null }
  }
  switch (answer.state) {
    case 'active':
      return { state: 'admitted', pass: await issue(context, 'pass', answer) }
    case 'waiting': {
      const { run, number } = answer
      const start = {
        run,
        number,
        joinedSeconds: Math.floor(context.nowMs / 1000),
        startPosition: view.position(number),
      }
      const ticket = await issue(context, 'ticket', start)
      return { state: 'waiting', status: waitingStatus(room.name, view, start), ticket }
    }
    case 'full':
      if (answer.why === 'suspended') return { state: 'suspended' }
      if (answer.why === 'closed') return { state: 'closed', status: closedStatus(room, view, nowMs) }
      return { state: 'full', status: placelessStatus(room, 'full', view) }
  }
}

/**
 * A crowd in front of a closed room or a full line, which asks again and again, is answered from the snapshot: no join of it
 * reaches the object, or is counted as a newcomer's.
 */
async function isKnownToBe(state: 'closed' | 'full', { client, keepAlive }: VisitContext): Promise<boolean> {
  if (client.view?.snapshot[state] !== true) return false
  return (await client.refresh(client.knownRun, keepAlive)) && client.view.snapshot[state] === true
}

/**
 * Whether the room steps aside, as its object last said, or before that as it was deployed. Goes on asking the object, so
 * that an operator's change is learned within seconds.
 */
export function stepsAside({ room, client, keepAlive }: Pick<VisitContext, 'room' | 'client' | 'keepAlive'>): boolean {
  const suspended = client.view?.snapshot.suspended ?? room.suspended
  if (suspended) client.keepFresh(keepAlive)
  return suspended
}

/**
 * The object cannot be asked. An authentic pass is honoured for as long as its session could be taken up again; who waits
 * sees the last known figures.
 */
function outOfReach(context: VisitContext, { token, text, moves = false }: PresentedToken): Visit {
  const { client, nowMs, room } = context
  const ticket = { text, token, renewed: moves }
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
      ? placelessStatus(room, 'waiting', null, { number: token.number, unreachable: true })
      : { ...waitingStatus(room.name, view, token), unreachable: true }
  return { state: 'unreachable', status, ticket }
}

async function issue(
  context: VisitContext,
  kind: Token['kind'],
  { run, number, joinedSeconds, startPosition }: Pick<Token, 'run' | 'number' | 'joinedSeconds' | 'startPosition'>,
): Promise<Issued> {
  const nowSeconds = Math.floor(context.nowMs / 1000)
  const timeout = context.client.view?.snapshot.sessionTimeoutSeconds ?? context.room.session_timeout_seconds
  const lifeSeconds = kind === 'pass' ? passLifeSeconds(timeout) : TICKET_LIFE_SECONDS
  const token: Token = {
    kind,
    room: context.room.name,
    run,
    number,
    issuedSeconds: nowSeconds,
    seenSeconds: nowSeconds,
    expiresSeconds: nowSeconds + lifeSeconds,
    ...(joinedSeconds === undefined ? {} : { joinedSeconds }),
    ...(startPosition === undefined ? {} : { startPosition }),
    ...(context.binding === null ? {} : { binding: await context.binding.forToken() }),
  }
  const text = await signToken(token, context.keys)
  // It comes back with the next poll, mostly to this isolate.
  context.verified.add(text, token)
  return { token, text, renewed: true }
}
