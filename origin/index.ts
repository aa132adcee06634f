/**
 * For the site behind the waiting room: checks the pass of each request, or sends visitors to the
 * room and back (redirect mode). Runs in Node 20 and newer, Deno, Bun and Workers. Depends on jose.
 */
export { expressMiddleware, type NodeRequest, type NodeResponse } from './express.ts'
export { fastifyPlugin } from './fastify.ts'
export { type Answer, type Guard, toResponse, type Verdict } from './guard.ts'
export { honoMiddleware, type WaitingRoomVariables } from './hono.ts'
export type { HeaderFields, Incoming, IncomingRequest } from './incoming.ts'
export { type KeySource, type RemoteKeysOptions, remoteKeys, type WaitUntil } from './key-set.ts'
export { nextMiddleware } from './next.ts'
export {
  type KeyOption,
  type PassOptions,
  type PassProblem,
  type PassResult,
  type PassVerifier,
  passVerifier,
  type RequirePassOptions,
  requirePass,
  verifyWaitingRoomPass,
} from './pass.ts'
export { type RedirectOptions, redirectMode } from './redirect-mode.ts'
export { type SpentCodes, SpentInMemory } from './spent-codes.ts'
export { type Skip, STATIC_FILES } from './static-files.ts'
export type { Admission, TokenProblem } from './verify-token.ts'
