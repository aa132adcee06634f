/**
 * Visitors whose access key leads past the room. Their token is renewed by the join that redeemed
 * the key: the object answers the same until the key is revoked or expires.
 */
import { SKIP_HONOURED_SECONDS } from '../limits.ts'
import { presentedSkip, type Skip, signSkip, skipCookie } from '../tokens/skip-token.ts'
import type { Visitor } from './room-context.ts'

/** `pass`: goes past the room. `over`: the token no longer counts. `none`: there is no token. */
export type SkipPass =
  | { readonly state: 'pass'; readonly cookie: string | null }
  | { readonly state: 'over'; readonly cookie: string }
  | { readonly state: 'none' }

const NONE: SkipPass = { state: 'none' }

export function skipPassOf(visitor: Visitor): SkipPass | Promise<SkipPass> {
  // Nearly no visitor has such a token.
  return visitor.request.headers.get('Cookie')?.includes('_skip=') ? presentedSkipPass(visitor) : NONE
}

async function presentedSkipPass(visitor: Visitor): Promise<SkipPass> {
  const { request, room, keys, client, keepAlive, nowMs, binding } = visitor
  const token = await presentedSkip(request, room, keys)
  if (token === null) return NONE
  const over: SkipPass = { state: 'over', cookie: skipCookie(request, null) }
  if (binding !== null && !(await binding.matches(token.binding))) return over
  const lateSeconds = nowMs / 1000 - token.expiresSeconds
  if (lateSeconds < 0 && token.access.expSeconds * 1000 > nowMs) return { state: 'pass', cookie: null }
  const answer = await client.join(keepAlive, { access: token.access }, token.joinKey)
  if (answer.state === 'passed') return { state: 'pass', cookie: await newSkipCookie(visitor, token) }
  // As with passes: people with a promise are let in while nobody can judge it.
  if (answer.state === 'unreachable' && lateSeconds < SKIP_HONOURED_SECONDS) return { state: 'pass', cookie: null }
  return answer.state === 'unreachable' ? NONE : over
}

/** `Set-Cookie` for a visitor whose key the object has just redeemed, or confirmed. */
export async function newSkipCookie({ request, room, keys, nowMs, binding }: Visitor, skip: Skip): Promise<string> {
  const bound = binding === null ? null : await binding.forToken()
  return skipCookie(request, await signSkip(skip, room, keys, nowMs, bound))
}
