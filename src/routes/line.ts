/**
 * `GET /line?room=&return=`: where the waiting page without JavaScript reloads itself. A browser that comes without the ticket
 * that the page before gave it keeps no cookies: only here that shows, and is said, since nobody joins here.
 */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { changeToken, smallPage, type TokenChange, waitingAnswer } from '../gate/answers.ts'
import { stepsAside, type Visit, visit } from '../gate/visit.ts'
import { pathOfThisHost } from '../http/paths.ts'
import type { Looks } from '../pages/looks.ts'
import { type VisitorCall, visitorCall } from './visitor-call.ts'

export async function lineRoute(c: Context<AppEnv>): Promise<Response> {
  const call = await visitorCall(c.req.raw, c.var.deployment, c.executionCtx)
  if (call instanceof Response) return call
  const { context, presented } = call
  const returnUrl = pathOfThisHost(c.req.query('return') ?? context.room.path)
  if (stepsAside(context)) return wayIn(call, returnUrl, undefined)
  if (presented.length === 0) return noTicket(call, returnUrl)
  return answer(
    call,
    c.var.deployment.looks,
    returnUrl,
    await visit(context, presented, { mayJoin: false, details: { beacon: false, touched: true } }),
  )
}

function answer(call: VisitorCall, looks: Looks, returnUrl: string, decided: Visit): Response | Promise<Response> {
  const { request, context } = call
  const { room } = context
  const page = { request, room, looks, form: 'page', returnUrl, code: room.queueing_status_code } as const
  switch (decided.state) {
    case 'admitted':
      return wayIn(call, returnUrl, decided.pass.renewed ? decided.pass.text : undefined)
    case 'waiting': {
      const { status, ticket } = decided
      return waitingAnswer({
        ...page,
        status,
        ticket: ticket.text,
        tokenChange: ticket.renewed ? ticket.text : undefined,
      })
    }
    case 'expired':
      return waitingAnswer({ ...page, status: decided.status, ticket: null, tokenChange: null })
    case 'unreachable':
      if (room.on_room_failure === 'admit') return wayIn(call, returnUrl, undefined)
      return waitingAnswer({
        ...page,
        status: decided.status,
        ticket: decided.ticket?.text ?? null,
        tokenChange: decided.ticket?.renewed ? decided.ticket.text : undefined,
      })
    // What is covered there lets them join, or not.
    case 'full':
    case 'closed':
    case 'limited':
    case 'suspended':
    case 'stranger':
      return wayIn(call, returnUrl, undefined)
  }
}

function wayIn({ request, context }: VisitorCall, returnUrl: string, change: TokenChange): Response {
  const headers = new Headers({ Location: returnUrl, 'Cache-Control': 'no-store' })
  changeToken(headers, request, context.room, change)
  return new Response(null, { status: 303, headers })
}

function noTicket({ request, context }: VisitorCall, returnUrl: string): Response {
  return smallPage(
    request,
    400,
    ({ noTicket: { title, text, link = '' } }) => ({ title, text, link: { href: returnUrl, label: link } }),
    { room: context.room },
  )
}
