/**
 * `GET /rehearsal?room=&nonce=`: proves to `npm run rehearse` that the room allows rehearsals.
 * Without the secret `REHEARSAL_TOKEN` there is no such path.
 */
import type { Call } from '../app-env.ts'
import { problem } from '../http/problem.ts'
import { REHEARSAL_NONCE } from '../tokens/rehearsal.ts'
import { roomOfRequest } from './visitor-call.ts'

export async function rehearsalRoute(call: Call): Promise<Response> {
  const { rehearsal, routes } = call.deployment
  if (rehearsal === null) return problem(404, 'No such path')
  const room = roomOfRequest(call, routes)
  if (room === undefined) return problem(404, 'No such room', 'Name a room of this host: ?room=NAME')
  const nonce = new URLSearchParams(call.url.search).get('nonce') ?? ''
  if (!REHEARSAL_NONCE.test(nonce)) return problem(400, 'Bad query', '"nonce" must have 16 to 64 letters and digits.')
  const proof = await rehearsal.proof(nonce, call.url.host, room.name)
  return Response.json({ room: room.name, proof }, { headers: { 'Cache-Control': 'no-store' } })
}
