/**
 * `POST /take-over?room=&return=`: a visitor confirms that the place of their access key moves to
 * this device. The key is in the cookie of its link, or in the header of a program.
 */
import type { Call } from '../app-env.ts'
import { answerVisit } from '../gate/answer-visit.ts'
import { waitingAnswer } from '../gate/answers.ts'
import { keyPage, settledKeyCookie } from '../gate/key-answers.ts'
import type { Visit } from '../gate/outcome.ts'
import { takingOver, type Visitor } from '../gate/room-context.ts'
import { refusal, sendsForm } from '../gate/small-pages.ts'
import { isSuspended, visit } from '../gate/visit.ts'
import { pathOfThisHost } from '../http/paths.ts'
import { isSameOrigin } from '../http/request-url.ts'
import { homePath } from '../settings/routes.ts'
import { redirectWithToken } from '../tokens/token-cookie.ts'
import { answerWithStatus } from './status.ts'
import { visitorOfCall } from './visitor-call.ts'

export async function takeOverRoute(call: Call): Promise<Response> {
  const visitor = await visitorOfCall(call)
  if (visitor instanceof Response) return visitor
  const { request, url, room } = visitor
  const reader = sendsForm(request) ? 'person' : 'program'
  const backUrl = pathOfThisHost(new URLSearchParams(url.search).get('return') ?? homePath(room, url.hostname))
  if (!isSameOrigin(request)) {
    const detail = 'Continue on the page that asks.'
    return refusal(visitor, reader, { status: 403, title: 'Not from this site', detail, page: 'foreign', backUrl })
  }
  // A second click comes without the key: its place waits at the page itself.
  const hasKey = ((await visitor.keyEntry()?.presented()) ?? null) !== null
  if (isSuspended(visitor) || (!hasKey && reader === 'person')) return redirectWithToken(visitor, backUrl)
  const outcome = await visit(takingOver(visitor), [], { mayJoin: true })
  if (outcome.state === 'admitted') giveUpOthers(visitor, outcome.pass.token.number)
  if (outcome.state === 'waiting') giveUpOthers(visitor, outcome.ticket.token.number)
  return reader === 'person' ? answerPerson(visitor, outcome, backUrl) : answerWithStatus(visitor, outcome)
}

/** This browser may hold a place that it got without the key. */
function giveUpOthers({ client, keepAlive, presented }: Visitor, kept: number): void {
  for (const { token } of presented) {
    if (token.number === kept) continue
    keepAlive.waitUntil(client.leave(token.run, token.number, keepAlive, token.holder))
  }
}

async function answerPerson(visitor: Visitor, outcome: Visit, backUrl: string): Promise<Response> {
  const { request, room } = visitor
  const answer = await answerVisit<Response | Promise<Response>>(outcome, room, {
    admitted: ({ text }) => redirectWithToken(visitor, backUrl, text),
    letThrough: () => redirectWithToken(visitor, backUrl),
    // The object does not answer: the browser asks again by itself.
    wait: (status, ticket) =>
      ticket === null
        ? waitingAnswer(visitor, {
            status,
            form: 'page',
            ticket: null,
            tokenChange: undefined,
            code: 503,
            returnUrl: backUrl,
          })
        : redirectWithToken(visitor, backUrl, ticket.text),
    refuse: () => redirectWithToken(visitor, backUrl),
    unchecked: () => redirectWithToken(visitor, backUrl),
    passed: () => redirectWithToken(visitor, backUrl),
    keyEnds: (ended) => keyPage(visitor, ended, backUrl),
    noToken: () => redirectWithToken(visitor, backUrl),
  })
  const settled = settledKeyCookie(request, outcome)
  if (settled !== null) answer.headers.append('Set-Cookie', settled)
  return answer
}
