/**
 * Decides about a visitor without a token that counts: refuses, asks for a key or a check, or
 * joins.
 */
import type { SnapshotView } from '../core/snapshot-view.ts'
import type { Answers, Unreachable } from '../room/entry-queue.ts'
import type { JoinLimit } from '../room/room-client.ts'
import { issue } from './issue.ts'
import type { Entry } from './join-check.ts'
import type { ValidKey } from './key-entry.ts'
import { isObserving } from './observe.ts'
import type { Visit, VisitContext, VisitOptions } from './outcome.ts'
import { closedStatus, isUndrawn, limitedPollSeconds, placelessStatus, waitingStatus } from './visitor-status.ts'

/** The entry of a newcomer where nothing is checked. */
const UNASKED: Entry = { details: {}, counts: [] }

export async function newcomer(context: VisitContext, options: VisitOptions): Promise<Visit> {
  const { mayJoin, hasPage = false, isPoll = false } = options
  const { client, keepAlive } = context
  if (!mayJoin) {
    client.keepFresh(keepAlive)
    return { state: 'no-token' }
  }
  const key = (await context.keyEntry()?.presented()) ?? null
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
  const observes = isObserving(context)
  if (key === null && !observes && context.keyEntry()?.required === true) {
    client.keepFresh(keepAlive)
    client.countCheck('keysMissing')
    return { state: 'uninvited' }
  }
  const entry = key !== null ? entryByKey(key) : observes ? UNASKED : await checkedEntry(context, hasPage)
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

async function checkedEntry(context: VisitContext, hasPage: boolean): Promise<Entry | null> {
  const joinCheck = context.joinCheck()
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
  return (await keyEntry()?.mayJoinNow()) === false ? 'limited' : null
}

/** The outcome of a join. @param key the access key that it was made with */
export async function joined(
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
      return { state: 'waiting', status: waitingStatus(room, view, start), ticket, ...keySettled }
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
