/**
 * The infinite queue: visitors who failed the check before joining see an ordinary waiting page
 * that never advances. The isolate answers alone: no number is spent, the object is not called and
 * nothing is stored.
 *
 * Their tickets look like ordinary ones but are signed with other keys, so only the deployment can
 * tell them apart. Nothing else accepts them.
 */
import { ageMs } from '../core/age.ts'
import { REGULAR } from '../core/lanes.ts'
import { CONFIRM_AFTER_MAX_SECONDS, INFINITE_POSITION_MIN, TOKENS_PER_REQUEST_MAX } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { Status } from '../status.ts'
import { derivedKeys, type SigningKey } from '../tokens/signing-keys.ts'
import { signToken, type Token, verifyToken } from '../tokens/token.ts'
import type { PresentedTexts } from '../tokens/token-cookie.ts'
import { type IssueContext, type Issued, newToken } from './issue.ts'
import { placelessStatus, waitingStatus } from './visitor-status.ts'

export function infiniteKeys(keys: readonly SigningKey[]): Promise<readonly SigningKey[]> {
  return derivedKeys(keys, 'waiting-room infinite queue 1')
}

/** A ticket for a visitor who failed the check. */
export async function infiniteTicket(context: IssueContext, keys: readonly SigningKey[]): Promise<Issued> {
  const { view } = context.client
  const startPosition = Math.max((view?.waitingIn(REGULAR) ?? 0) + 1, INFINITE_POSITION_MIN)
  const token = await newToken(context, 'ticket', {
    run: context.client.knownRun,
    number: view?.nextRegular ?? startPosition,
    joinedSeconds: Math.floor(context.nowMs / 1000),
    startPosition,
  })
  return { token, text: await signToken(token, keys), renewed: true }
}

/** The first presented text that is a ticket of the infinite queue. */
export async function presentedInfinite(
  { inHeader, inCookies }: PresentedTexts,
  room: RoomSettings,
  keys: readonly SigningKey[],
  nowMs: number,
): Promise<Issued | null> {
  const texts = inHeader === null ? inCookies : [inHeader, ...inCookies]
  for (const text of texts.slice(0, TOKENS_PER_REQUEST_MAX)) {
    const token = await verifyToken(text, room.name, keys)
    if (token !== null && nowMs / 1000 < token.expiresSeconds) return { token, text, renewed: false }
  }
  return null
}

/**
 * The answer to a visitor in the infinite queue. The ticket is renewed as often as ordinary ones.
 */
export async function infiniteAnswer(
  context: IssueContext,
  held: Issued,
  keys: readonly SigningKey[],
): Promise<{ readonly status: Status; readonly ticket: Issued }> {
  const { client, nowMs } = context
  client.countCheck('infiniteAnswers')
  const isDue = ageMs(held.token.seenSeconds * 1000, nowMs) >= CONFIRM_AFTER_MAX_SECONDS * 1000
  const token = isDue ? await newToken(context, 'ticket', held.token) : held.token
  const ticket = isDue ? { token, text: await signToken(token, keys), renewed: true } : held
  return { status: infiniteStatus(context, token), ticket }
}

/**
 * The figures of the isolate's newest snapshot, with a place that stays. The snapshot may be old,
 * or missing in an isolate without other visitors.
 */
function infiniteStatus({ room, client: { view }, nowMs }: IssueContext, token: Token): Status {
  const { number, startPosition: position = INFINITE_POSITION_MIN } = token
  const updatedAt = new Date(nowMs).toISOString()
  if (view === null) {
    const joinedAt = new Date((token.joinedSeconds ?? 0) * 1000).toISOString()
    const place = { number, position, startPosition: position, waiting: position, joinedAt, updatedAt }
    return { ...placelessStatus(room, 'waiting', null, { pollAfterSeconds: 6 }), ...place }
  }
  const status = waitingStatus(room, view, token, position)
  // Another visitor has the same number, and perhaps a rank in a draw.
  const event = status.event && { ...status.event, rank: null, entries: null }
  return { ...status, number, startPosition: position, updatedAt, ...(event === undefined ? {} : { event }) }
}
