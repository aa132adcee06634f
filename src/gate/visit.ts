/**
 * Decides what a visitor may do, from the presented tokens, the isolate's snapshot and, where
 * necessary, the object's answer. Issues tokens. Knows nothing about pages, cookies or the origin.
 */
import { ageMs } from '../core/age.ts'
import type { JoinDetails } from '../core/exchange.ts'
import type { ClaimDetails } from '../core/line.ts'
import type { SnapshotView } from '../core/snapshot-view.ts'
import { CONFIRM_AFTER_MAX_SECONDS } from '../limits.ts'
import type { Answers, Unreachable } from '../room/entry-queue.ts'
import type { JoinLimit, KeepAlive } from '../room/room-client.ts'
import type { Status } from '../status.ts'
import { byPreference, type PresentedToken } from '../tokens/presented.ts'
import { type IssueContext, type Issued, issue } from './issue.ts'
import type { Entry, JoinCheck } from './join-check.ts'
import { isBetter, type KeyEntry, type KeyOutcome, type ValidKey } from './key-entry.ts'
import {
  closedStatus,
  isUndrawn,
  limitedPollSeconds,
  placelessStatus,
  shownNumber,
  waitingStatus,
} from './visitor-status.ts'

export interface VisitContext extends IssueContext {
  readonly keepAlive: KeepAlive
  /** Counts a newcomer; the limit that is reached, or null. */
  readonly joinLimit: () => Promise<JoinLimit | null>
  /** The details of a newcomer for the line. */
  readonly joinDetails: () => Promise<JoinDetails>
  /** Null: newcomers join without a check. */
  readonly joinCheck: JoinCheck | null
  /** Null: the request presents no access key, and newcomers need none. */
  readonly keyEntry: KeyEntry | null
}

/** `keySettled`: the browser's access key has done its work, or never will. */
export type Visit = Outcome & { readonly keySettled?: boolean }

type Outcome =
  | { readonly state: 'admitted'; readonly pass: Issued }
  | { readonly state: 'waiting'; readonly status: Status; readonly ticket: Issued }
  /** The place is gone: the visitor was absent for too long, or left. */
  | { readonly state: 'expired'; readonly status: Status }
  /** The place moved to another device. */
  | { readonly state: 'moved'; readonly status: Status }
  | { readonly state: 'full'; readonly status: Status }
  /** The room accepts no newcomers for now. */
  | { readonly state: 'closed'; readonly status: Status }
  /** The room is off: everyone goes past it. */
  | { readonly state: 'suspended' }
  /** Too many newcomers from one address or network: this one may try again soon. */
  | { readonly state: 'limited'; readonly status: Status }
  /** A newcomer must pass the check before joining. */
  | { readonly state: 'unchecked' }
  /** An access key leads past the room. */
  | { readonly state: 'passed'; readonly key: ValidKey }
  | KeyOutcome
  /** The object does not answer. The presented ticket keeps its place meanwhile. */
  | { readonly state: 'unreachable'; readonly status: Status; readonly ticket: Issued | null }
  /** The request has no token that counts and may not join. */
  | { readonly state: 'no-token' }

const NO_DETAILS: ClaimDetails = { beacon: false, touched: false }

/** The entry of a newcomer where nothing is checked. */
const UNASKED: Entry = { details: {}, counts: [] }

export interface VisitOptions {
  /** A visitor without a token that counts gets one. */
  readonly mayJoin: boolean
  /** A newcomer can be shown the page of the check before joining. */
  readonly hasPage?: boolean
  readonly details?: ClaimDetails
  /** The request is a page's own poll, so nobody notices a short delay. */
  readonly isPoll?: boolean
}

/**
 * Decides about the holder of these tokens. The best token that is alive is kept; then the others
 * are given up.
 */
export async function visit(
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
  const key = (mayJoin && (await keyEntry?.presented())) || null
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
  const presented = (await context.keyEntry?.presented()) ?? null
  if (presented === null) return present
  const { view } = context.client
  const isGood = presented.state === 'valid' && view !== null && isBetter(presented, context.room, view, number)
  const key = isGood ? presented : null
  if (key === null || !(await context.keyEntry?.mayJoinNow())) return { ...present, keySettled: key === null }
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
  { forceConfirm, isPoll }: EvaluateOptions,
): Promise<Visit> {
  const { client, keepAlive, nowMs, room } = context
  const { token, text, moves = false } = candidate
  if (forceConfirm) return claim(context, candidate)
  if (ageMs(token.seenSeconds * 1000, nowMs) >= confirmAfterSeconds(context) * 1000)
    return confirm(context, candidate, isPoll)
  client.hear(token.run, token.number, keepAlive)
  if (!(await client.refresh(token.run, keepAlive))) return unreachable(context, candidate)
  const view = client.view
  if (view === null) return unreachable(context, candidate)
  if (token.run !== client.knownRun) return { state: 'no-token' }
  const number = view.lineNumber(token.number)
  const hasEnded = view.hasLostPlace(number) || view.hasMovedOn(token.number, token.holder ?? 0)
  if (view.isBelowFrontier(number) || hasEnded) return claim(context, candidate)
  const ticket = { text, token, renewed: moves }
  return { state: 'waiting', status: waitingStatus(room.name, view, token), ticket }
}

/** Only a poll waits to share a call: nobody notices the delay, and most answers change nothing. */
function confirm(context: VisitContext, candidate: PresentedToken, isPoll: boolean): Promise<Visit> {
  const { view } = context.client
  const isBehindFrontier = view !== null && !view.isBelowFrontier(view.lineNumber(candidate.token.number))
  return claim(context, candidate, NO_DETAILS, isPoll && isBehindFrontier)
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
      return { state: 'waiting', status: waitingStatus(room.name, view, token, position), ticket }
    }
    case 'gone':
      // After a session the visitor joins again. A visitor whose place is gone is told so first.
      if (token.kind === 'pass') return { state: 'no-token' }
      return {
        state: 'expired',
        status: placelessStatus(room, 'expired', view, { number: shownNumber(view, token.number) }),
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

async function inInfiniteQueue({ joinCheck }: VisitContext): Promise<Visit | null> {
  const answer = (await joinCheck?.infiniteAnswer()) ?? null
  return answer && { state: 'waiting', ...answer }
}

async function newcomer(context: VisitContext, options: VisitOptions): Promise<Visit> {
  const { mayJoin, hasPage = false, isPoll = false } = options
  const { client, keepAlive } = context
  if (!mayJoin) {
    client.keepFresh(keepAlive)
    return { state: 'no-token' }
  }
  const key = (await context.keyEntry?.presented()) ?? null
  if (key?.state === 'refused') {
    client.countRefused('keysRefused', keepAlive)
    return { ...key, state: 'key-refused', keySettled: true }
  }
  // A key past the room works whatever the room does.
  if (key?.details.access.skips === true) return joinNow(context, entryByKey(key), key)
  const refused = await knownRefusal(context)
  if (refused !== null) {
    if (key === null || isPoll) return refused
    // The key may have its place already: only the object knows.
    const outcome = await joinNow(context, entryByKey(key), key)
    return outcome.state === 'limited' ? refused : outcome
  }
  if (key === null && context.keyEntry?.required === true) {
    client.keepFresh(keepAlive)
    client.countCheck('keysMissing')
    return { state: 'uninvited' }
  }
  const entry = key === null ? await checkedEntry(context, hasPage) : entryByKey(key)
  if (entry === null) {
    client.keepFresh(keepAlive)
    return { state: 'unchecked' }
  }
  return joinNow(context, entry, key)
}

/** An access key replaces the check before joining. */
function entryByKey({ joinKey, details }: ValidKey): Entry {
  return { key: joinKey, details, counts: [] }
}

async function checkedEntry({ joinCheck }: VisitContext, hasPage: boolean): Promise<Entry | null> {
  return joinCheck === null ? UNASKED : joinCheck.entry(hasPage)
}

/** A newcomer who may join, unless too many come from one address. */
async function joinNow(context: VisitContext, entry: Entry, key: ValidKey | null): Promise<Visit> {
  const { client, keepAlive, room } = context
  const limit = key === null ? await context.joinLimit() : await keyLimit(context)
  if (limit !== null) {
    client.countRefused(limit, keepAlive)
    const details = { pollAfterSeconds: limitedPollSeconds(Math.random()) }
    return { state: 'limited', status: { ...placelessStatus(room, 'waiting', client.view, details), limited: true } }
  }
  const details = { ...(await context.joinDetails()), ...entry.details }
  // Whatever needs the object's memory or another lane is for the object: a key, a check, a proof.
  const lent = entry === UNASKED ? client.takeLent(keepAlive, details) : null
  if (lent !== null) return { state: 'admitted', pass: await issue(context, 'pass', lent) }
  const answer = await client.join(keepAlive, details, entry.key)
  if (answer.state === 'active' || answer.state === 'waiting') for (const what of entry.counts) client.countCheck(what)
  return joined(context, answer, key)
}

async function keyLimit({ keyEntry }: VisitContext): Promise<JoinLimit | null> {
  return (await keyEntry?.mayJoinNow()) === false ? 'limited' : null
}

async function joined(
  context: VisitContext,
  answer: Answers['join'] | Unreachable,
  key: ValidKey | null,
): Promise<Visit> {
  const { client, nowMs, room } = context
  const view = client.view
  const keySettled = key === null ? {} : { keySettled: true }
  if (answer.state === 'unreachable' || view === null) {
    const status = placelessStatus(room, 'waiting', view, { unreachable: true })
    return { state: 'unreachable', status, ticket: null }
  }
  switch (answer.state) {
    case 'active':
      return { state: 'admitted', pass: await issue(context, 'pass', answer), ...keySettled }
    case 'waiting': {
      const { run, number, holder } = answer
      const start = {
        run,
        number,
        ...(holder === undefined ? {} : { holder }),
        joinedSeconds: Math.floor(context.nowMs / 1000),
        ...(isUndrawn(view, number) ? {} : { startPosition: view.position(number) }),
      }
      const ticket = await issue(context, 'ticket', start)
      return { state: 'waiting', status: waitingStatus(room.name, view, start), ticket, ...keySettled }
    }
    case 'taken':
      return { state: 'taken', number: answer.number, isNew: answer.isNew }
    case 'passed':
      return key === null ? { state: 'suspended' } : { state: 'passed', key, ...keySettled }
    case 'full':
      if (answer.why === 'suspended') return { state: 'suspended' }
      if (answer.why === 'spent') return { state: 'unchecked' }
      if (answer.why === 'key-used' || answer.why === 'key-revoked' || answer.why === 'key-expired')
        return { state: 'key-refused', why: answer.why, ...keySettled }
      if (answer.why === 'closed' || answer.why === 'sold-out')
        return { state: 'closed', status: closedStatus(room, view, nowMs) }
      return { state: 'full', status: placelessStatus(room, 'full', view) }
  }
}

/** The room is known to accept no newcomers; null: it is not. */
async function knownRefusal(context: VisitContext): Promise<Visit | null> {
  const { client, nowMs, room } = context
  if (await isKnownToBe('closed', context)) {
    return { state: 'closed', status: closedStatus(room, client.view as SnapshotView, nowMs) }
  }
  return (await isKnownToBe('full', context))
    ? { state: 'full', status: placelessStatus(room, 'full', client.view) }
    : null
}

/**
 * Whether the room is known to accept no newcomers. A crowd in front of a closed room or a full
 * line is answered from the snapshot: its joins neither reach the object nor count towards the join
 * limit.
 */
async function isKnownToBe(state: 'closed' | 'full', { client, keepAlive }: VisitContext): Promise<boolean> {
  if (client.view?.snapshot[state] !== true) return false
  return (await client.refresh(client.knownRun, keepAlive)) && client.view.snapshot[state] === true
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
      : { ...waitingStatus(room.name, view, token), unreachable: true }
  return { state: 'unreachable', status, ticket }
}
