/** `GET /jwks.json`: the public keys with which origins verify passes (RFC 7517). */
import type { Call } from '../app-env.ts'
import { problem } from '../http/problem.ts'
import { PUBLIC_KEYS_MAX_AGE_SECONDS } from '../limits.ts'
import { PASS_KEYS_REMEDY } from '../tokens/pass-keys.ts'

const HEADERS = {
  'Cache-Control': `public, max-age=${PUBLIC_KEYS_MAX_AGE_SECONDS}`,
  // Verifiers may run in browsers of other sites. The keys are public.
  'Access-Control-Allow-Origin': '*',
}

export function jwksRoute({ deployment: { passes } }: Call): Response {
  if (passes !== null) return Response.json(passes.jwks, { headers: HEADERS })
  return problem(404, 'No public keys', `The secret PASS_KEYS is not set. ${PASS_KEYS_REMEDY}`)
}
