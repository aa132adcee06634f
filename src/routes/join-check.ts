/**
 * `POST /join-check?room=&return=`: the results of the check before joining, from the page in
 * `check-answers.ts`. Issues a proof, with which the browser joins at the page that it wanted.
 */
import type { Call } from '../app-env.ts'
import { SLOW_NAME } from '../core/lanes.ts'
import { checkTrouble } from '../gate/check-answers.ts'
import { infiniteTicket } from '../gate/infinite-queue.ts'
import { checkMode } from '../gate/join-check.ts'
import { mayCheckNow } from '../gate/join-limits.ts'
import type { ProofOfWork } from '../gate/proof-of-work.ts'
import type { Visitor } from '../gate/room-context.ts'
import { refusal } from '../gate/small-pages.ts'
import { isSuspended, visit } from '../gate/visit.ts'
import { readFields } from '../http/body.ts'
import { pathOfThisHost } from '../http/paths.ts'
import { problem } from '../http/problem.ts'
import { isSameOrigin } from '../http/request-url.ts'
import { CHECK_BODY_MAX_BYTES, CHECK_TOKEN_MAX_CHARS } from '../limits.ts'
import { logRepeatedWarning } from '../log/log.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import { homePath } from '../settings/routes.ts'
import { checkCookie, checkCookieOf, type JoinProof, signJoinProof } from '../tokens/join-proof.ts'
import { redirectWithToken } from '../tokens/token-cookie.ts'
import { isSolved } from '../tokens/work-challenge.ts'
import type { TurnstileValidator } from '../turnstile/validation.ts'
import { visitorOfCall } from './visitor-call.ts'

type Fields = Readonly<Record<string, unknown>>

export async function joinCheckRoute(call: Call): Promise<Response> {
  const visitor = await visitorOfCall(call)
  if (visitor instanceof Response) return visitor
  const { request, url, room } = visitor
  const joinCheck = visitor.joinCheck()
  if (!isSameOrigin(request)) return problem(403, 'Not from this site', 'Send the form of the check page.')
  const backUrl = pathOfThisHost(new URLSearchParams(url.search).get('return') ?? homePath(room, url.hostname))
  if (joinCheck === null || isSuspended(visitor)) return redirectWithToken(visitor, backUrl)
  if (await hasPlace(visitor)) return redirectWithToken(visitor, backUrl)
  const fields = (await readFields(request, CHECK_BODY_MAX_BYTES)) ?? {}
  const turnstile = checkMode(visitor) === 'off' ? null : visitor.turnstile
  const problemOfForm = missingField(fields, turnstile !== null, joinCheck.work !== null)
  if (problemOfForm !== null) {
    const detail = `${problemOfForm}, in ${CHECK_BODY_MAX_BYTES} bytes.`
    return refusal(visitor, 'person', { status: 400, title: 'Bad body', detail, page: 'unreadable', backUrl })
  }
  // Otherwise the proof would be lost, and the browser would go round in circles.
  if (checkCookieOf(request) === 'none') return checkTrouble(visitor, 'noTicket', 400, backUrl)
  const proof = joinCheck.work === null ? { id: crypto.randomUUID() } : await workedFor(joinCheck.work, fields, visitor)
  if (proof === null) return checkTrouble(visitor, 'workFailed', 403, backUrl)
  if (turnstile !== null) return validated(visitor, turnstile, String(fields.token ?? ''), proof, backUrl)
  return withProof(visitor, proof, backUrl)
}

/** Null: the form has all fields of the checks that are on. */
function missingField({ token, challenge, slow }: Fields, usesTurnstile: boolean, usesWork: boolean): string | null {
  const isWithoutScript = usesWork && slow === true
  if (usesTurnstile && !isWithoutScript && (typeof token !== 'string' || token.length > CHECK_TOKEN_MAX_CHARS))
    return 'Send a form with the field token'
  if (usesWork && typeof challenge !== 'string') return 'Send a form with the field challenge'
  return null
}

/**
 * The proof for a solved challenge. Visitors without JavaScript join the slow lane with an unsolved
 * one, unless failures of Turnstile lead to the infinite queue. Null: refused.
 */
async function workedFor(work: ProofOfWork, fields: Fields, visitor: Visitor): Promise<JoinProof | null> {
  const { client } = visitor
  const challenge = await work.read(fields.challenge)
  if (challenge !== null && isSolved(challenge, fields.nonce)) {
    if (challenge.bits > 0) client.countCheck('proofsSolved')
    return { id: challenge.id }
  }
  const maySkip = checkMode(visitor) === 'off' || entrySetting(visitor, 'turnstile_action') === 'log'
  if (challenge !== null && fields.slow === true && maySkip) return { id: challenge.id, lane: SLOW_NAME }
  client.countCheck('proofsRefused')
  return null
}

async function validated(
  visitor: Visitor,
  turnstile: TurnstileValidator,
  token: string,
  proof: JoinProof,
  backUrl: string,
): Promise<Response> {
  if (!(await mayCheckNow(visitor))) return checkTrouble(visitor, 'checkLater', 429, backUrl)
  if (token === '') return unsolved(visitor, proof, backUrl)
  switch (await turnstile.validate(token, visitor.url.hostname)) {
    case 'passed':
      visitor.client.countCheck('checksPassed')
      return withProof(visitor, proof, backUrl)
    case 'failed':
      return failed(visitor, proof, backUrl)
    case 'repeated':
      return checkTrouble(visitor, 'checkFailed', 403, backUrl)
    case 'unreachable':
      visitor.client.countCheck('checksUnreachable')
      if (visitor.room.join_check_on_failure === 'admit') return withProof(visitor, proof, backUrl)
      return checkTrouble(visitor, 'checkLater', 503, backUrl)
    case 'busy':
      // Whatever `join_check_on_failure` says: a flood of checks must not open the room.
      visitor.client.countCheck('checksUnreachable')
      return checkTrouble(visitor, 'checkLater', 503, backUrl)
  }
}

/** The page may be left from before the visitor joined in another tab. */
async function hasPlace(visitor: Visitor): Promise<boolean> {
  if (visitor.presented.length === 0) return false
  // Not every token that is presented still counts: a session may be over, or the room reset.
  const { state } = await visit({ ...visitor, joinCheck: () => null }, visitor.presented, { mayJoin: false })
  return state !== 'no-token' && state !== 'expired'
}

/** The browser could not run the check, or a program did not try. */
function unsolved(visitor: Visitor, proof: JoinProof, backUrl: string): Response | Promise<Response> {
  if (entrySetting(visitor, 'turnstile_action') === 'log') return failed(visitor, proof, backUrl)
  visitor.client.countCheck('checksFailed')
  return checkTrouble(visitor, 'checkFailed', 403, backUrl)
}

async function failed(visitor: Visitor, proof: JoinProof, backUrl: string): Promise<Response> {
  const { client, room, infiniteKeys } = visitor
  client.countCheck('checksFailed')
  const action = entrySetting(visitor, 'turnstile_action')
  logRepeatedWarning('join_check_failed', room.name, { room: room.name, action })
  if (action === 'log') {
    client.countCheck('checksOverlooked')
    return withProof(visitor, proof, backUrl)
  }
  const { text } = await infiniteTicket(visitor, infiniteKeys)
  return redirectWithToken(visitor, backUrl, text)
}

async function withProof(visitor: Visitor, proof: JoinProof, backUrl: string): Promise<Response> {
  const { request, room, keys, nowMs } = visitor
  const response = redirectWithToken(visitor, backUrl)
  response.headers.append('Set-Cookie', checkCookie(request, await signJoinProof(request, room, keys, nowMs, proof)))
  return response
}
