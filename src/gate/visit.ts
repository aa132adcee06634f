/**
 * Decides what a visitor may do, from the presented tokens, the isolate's snapshot and, where
 * necessary, the object's answer. Issues tokens. Knows nothing about pages, cookies or the origin.
 */
import { ageMs } from '../core/age.ts'
import type { ClaimDetails } from '../core/places.ts'
import { CONFIRM_AFTER_MAX_SECONDS } from '../limits.ts'
import { byPreference, type PresentedToken } from '../tokens/presented.ts'
import { issue } from './issue.ts'
import { isBetter, type ValidKey } from './key-entry.ts'
import { joined, newcomer } from './newcomer.ts'
import { isObserving, letThrough } from './observe.ts'
import type { Visit, VisitContext, VisitOptions } from './outcome.ts'
import { calledStatus, placelessStatus, shownNumber, waitingStatus } from './visitor-status.ts'

const NO_DETAILS: ClaimDetails = { beacon: false, touched: false }
const HELD: ClaimDetails = { ...NO_DETAILS, held: true }

/**
 * Decides about the holder of these tokens. The best token that is alive is kept; then the others
 * are given up.
 */
export async function visit(
  context: VisitContext,
  presented: readonly PresentedToken[],
  options: VisitOptions,
): Promise<Visit> {
  const { client, keepAlive, room } = context
  // Operators may have ended the observation: an isolate that does not know lets nobody through.
  if (client.view === null && room.queueing_method === 'passthrough') await client.refresh(client.knownRun, keepAlive)
  const outcome = await decide(context, presented, options)
  if (!isObserving(context)) {
    if (outcome.state === 'full') client.countCheck('fullAnswers')
    return outcome
  }
  // Nobody is told that a place is gone: the visitor gets another one.
  const again = outcome.state === 'expired' && options.mayJoin ? await newcomer(context, options) : outcome
  return letThrough(context, again)
}

async function decide(
  context: VisitContext,
  presented: readonly PresentedToken[],
  options: VisitOptions,
): Promise<Visit> {
  const { mayJoin, details = NO_DETAILS, isPoll = false } = options
  let ended: Visit | null = null
  for (const candidate of byPreference(presented)) {
    const peers = presented.filter(({ moves }) => moves === candidate.moves)
    const outcome = await evaluateToken(context, candidate, { details, isPoll, forceConfirm: peers.length > 1 })
    if (outcome.state === 'admitted' || outcome.state === 'waiting') giveUpOthers(context, candidate, peers)
    if (outcome.state === 'expired' || outcome.state === 'moved') ended ??= outcome
    else if (outcome.state === 'waiting' && mayJoin) return withBetterPlace(context, candidate, outcome)
    else if (outcome.state !== 'no-token') return outcome
  }
  const key = await validKey(context, mayJoin)
  if (key === null) return ended ?? (await inInfiniteQueue(context)) ?? newcomer(context, options)
  const outcome = await newcomer(context, options)
  return outcome.state === 'key-refused' && ended !== null ? { ...ended, keySettled: true } : outcome
}

async function validKey({ keyEntry }: VisitContext, mayJoin: boolean): Promise<ValidKey | null> {
  const key = (mayJoin && (await keyEntry()?.presented())) || null
  return key?.state === 'valid' ? key : null
}

/**
 * A visitor who waits presents an access key. If it is good for a better place, the visitor moves
 * there; in all other cases the present place stays.
 */
async function withBetterPlace(
  context: VisitContext,
  { token: { run, number, holder = 0 } }: PresentedToken,
  present: Visit,
): Promise<Visit> {
  const presented = (await context.keyEntry()?.presented()) ?? null
  if (presented === null) return present
  const { view } = context.client
  const isGood = presented.state === 'valid' && view !== null && isBetter(presented, context.room, view, number)
  const key = isGood ? presented : null
  if (key === null || !(await context.keyEntry()?.mayJoinNow())) return { ...present, keySettled: key === null }
  const access = { ...key.details.access, from: { run, number, holder } }
  const details = { ...(await context.joinDetails()), ...key.details, access }
  const answer = await context.client.join(context.keepAlive, details, key.joinKey)
  const outcome = await joined(context, answer, key)
  const { state } = outcome
  if (state === 'admitted' || state === 'waiting' || state === 'passed') return outcome
  return { ...present, keySettled: outcome.keySettled ?? state === 'taken' }
}

interface EvaluateOptions {
  readonly details: ClaimDetails
  readonly isPoll: boolean
  /** Ask the object, even if the snapshot has the answer. */
  readonly forceConfirm: boolean
}

/** Decides about the holder of one token; `no-token`: the token does not count. */
function evaluateToken(
  context: VisitContext,
  candidate: PresentedToken,
  options: EvaluateOptions,
): Promise<Visit> | Visit {
  const { token, text, moves = false } = candidate
  if (token.run < context.client.knownRun) return { state: 'no-token' }
  if (token.kind === 'ticket') return poll(context, candidate, options)
  // The place may have moved to another device.
  const isMoved = context.client.view?.hasMovedOn(token.number, token.holder ?? 0) === true
  const lifeMs = (token.expiresSeconds - token.issuedSeconds) * 1000
  if (ageMs(token.issuedSeconds * 1000, context.nowMs) >= lifeMs || isMoved) {
    return claim(context, candidate, options.details)
  }
  if (options.details.touched) context.client.use(token.run, token.number, context.keepAlive)
  else context.client.hear(token.run, token.number, context.keepAlive)
  return { state: 'admitted', pass: { text, token, renewed: moves } }
}

/** Gives up the other tickets of a visitor who opened two tabs at once and got a ticket in each. */
function giveUpOthers(context: VisitContext, kept: PresentedToken, presented: readonly PresentedToken[]): void {
  const { client, keepAlive } = context
  for (const { token } of presented) {
    if (token.kind !== 'ticket' || token.run !== kept.token.run || token.number === kept.token.number) continue
    keepAlive.waitUntil(client.leave(token.run, token.number, keepAlive, token.holder))
  }
}

/**
 * Answers waiting visitors from the snapshot. The object is called only for tickets below the
 * frontier, or for tickets that it has not confirmed recently.
 */
async function poll(
  context: VisitContext,
  candidate: PresentedToken,
  { details: { held = false }, forceConfirm, isPoll }: EvaluateOptions,
): Promise<Visit> {
  const { client, keepAlive, nowMs, room } = context
  const { token, text, moves = false } = candidate
  const details = held ? HELD : NO_DETAILS
  if (forceConfirm) return claim(context, candidate, details)
  if (ageMs(token.seenSeconds * 1000, nowMs) >= confirmAfterSeconds(context) * 1000)
    return confirm(context, candidate, details, isPoll)
  client.hear(token.run, token.number, keepAlive)
  if (!(await client.refresh(token.run, keepAlive))) return unreachable(context, candidate)
  const view = client.view
  if (view === null) return unreachable(context, candidate)
  if (token.run !== client.knownRun) return { state: 'no-token' }
  const number = view.lineNumber(token.number)
  const hasEnded = view.hasLostPlace(number) || view.hasMovedOn(token.number, token.holder ?? 0)
  if (view.isBelowFrontier(number) || hasEnded) return claim(context, candidate, details)
  const ticket = { text, token, renewed: moves }
  return { state: 'waiting', status: waitingStatus(room, view, token), ticket }
}

/** Only a poll waits to share a call: nobody notices the delay, and most answers change nothing. */
function confirm(
  context: VisitContext,
  candidate: PresentedToken,
  details: ClaimDetails,
  isPoll: boolean,
): Promise<Visit> {
  const { view } = context.client
  const isBehindFrontier = view !== null && !view.isBelowFrontier(view.lineNumber(candidate.token.number))
  return claim(context, candidate, details, isPoll && isBehindFrontier)
}

/** Half the silence that the line allows, so that it forgets nobody who still polls. */
function confirmAfterSeconds({ client, room }: VisitContext): number {
  const known = client.view?.snapshot
  const timeout = known?.heartbeatTimeoutSeconds ?? room.heartbeat_timeout_seconds
  const grace = known?.reclaimGraceSeconds ?? room.reclaim_grace_seconds
  return Math.min(CONFIRM_AFTER_MAX_SECONDS, (timeout + grace) / 2)
}

/** Asks the object what the holder of a token may do; `no-token`: the token no longer counts. */
export async function claim(
  context: VisitContext,
  chosen: PresentedToken,
  details: ClaimDetails = NO_DETAILS,
  mayWait = false,
): Promise<Visit> {
  const { client, keepAlive, room } = context
  const { token } = chosen
  const asked = { ...details, holder: token.holder ?? 0 }
  const answer = await client.claim(token.run, token.number, asked, keepAlive, mayWait)
  const view = client.view
  switch (answer.state) {
    case 'active':
      return { state: 'admitted', pass: await issue(context, 'pass', token) }
    case 'waiting': {
      if (view === null) return unreachable(context, chosen)
      const ticket = await issue(context, 'ticket', token)
      // The snapshot has no exact position for visitors who came back. All others get the same
      // answer as with each poll.
      const number = view.lineNumber(token.number)
      const position = view.isBelowFrontier(number) ? answer.position : undefined
      return { state: 'waiting', status: waitingStatus(room, view, token, position), ticket }
    }
    case 'offered': {
      const number = shownNumber(view, token.number)
      const status = calledStatus(room, view, number, answer.heldSeconds, context.nowMs)
      return { state: 'waiting', status, ticket: await issue(context, 'ticket', token) }
    }
    case 'gone':
      // After a session the visitor joins again. A visitor whose place is gone is told so first.
      if (token.kind === 'pass') return { state: 'no-token' }
      return {
        state: 'expired',
        status: placelessStatus(room, hasLeft(context, token.number) ? 'left' : 'expired', view, {
          number: shownNumber(view, token.number),
        }),
      }
    case 'moved': {
      const details = { number: shownNumber(view, token.number) }
      return { state: 'moved', status: placelessStatus(room, 'moved', view, details) }
    }
    case 'void':
      return { state: 'no-token' }
    case 'unreachable':
      return unreachable(context, chosen)
  }
}

function hasLeft({ client: { view } }: VisitContext, issued: number): boolean {
  return view?.hasLeft(view.lineNumber(issued)) === true
}

async function inInfiniteQueue({ joinCheck }: VisitContext): Promise<Visit | null> {
  const answer = (await joinCheck()?.infiniteAnswer()) ?? null
  return answer && { state: 'waiting', ...answer }
}

/**
 * Whether the room is off, by its newest snapshot, or before the first one by its settings. Callers
 * that do not ask the object must call `client.keepFresh`, so that they notice within seconds when
 * an operator resumes the room.
 */
export function isSuspended({ room, client }: Pick<VisitContext, 'room' | 'client'>): boolean {
  return client.view?.snapshot.suspended ?? room.suspended
}

/**
 * The object does not answer. An authentic pass is honoured for as long as its session could be
 * reclaimed. A waiting visitor sees the last known figures.
 */
function unreachable(context: VisitContext, { token, text, moves = false }: PresentedToken): Visit {
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
      : { ...waitingStatus(room, view, token), unreachable: true }
  return { state: 'unreachable', status, ticket }
}
