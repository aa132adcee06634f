/**
 * The parts of the gate that use the types of the Workers runtime. Like ../shipped.ts: loaded by
 * path, and the types that the simulation needs are declared here.
 */
import type { NewcomerCounts } from '../../src/core/proof-of-work.ts'
import type { VisitContext } from '../../src/gate/outcome.ts'
import type { RequestUrl } from '../../src/http/request-url.ts'
import type { KeepAlive } from '../../src/room/room-calls.ts'
import type { RoomClient } from '../../src/room/room-client.ts'
import type { RoomSettings } from '../../src/settings/rooms.ts'
import type { RouteTable } from '../../src/settings/route-table.ts'
import type { PresentedToken, VerifiedTokens } from '../../src/tokens/presented.ts'
import type { SigningKey } from '../../src/tokens/signing-keys.ts'

/** The platform's rate limit. */
export interface Limiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/** The parts of a deployment that joining needs. */
export interface GateDeployment {
  readonly routes: RouteTable
  readonly rehearsal: null
  readonly keys: readonly SigningKey[]
  readonly infiniteKeys: readonly SigningKey[]
  readonly accessKeys: readonly SigningKey[]
  readonly verified: VerifiedTokens
  readonly client: () => RoomClient
  readonly newcomers: NewcomerCounts
  readonly joinLimiter: Limiter | null
  readonly networkLimiter: Limiter | null
  readonly turnstile: { readonly siteKey: string; validate(token: string): Promise<string> }
}

export interface GateCall {
  readonly request: Request
  readonly url: RequestUrl
  readonly deployment: GateDeployment
  readonly keepAlive: KeepAlive
}

type Visitor = VisitContext & { readonly presented: readonly PresentedToken[] }
type Context = {
  roomContext(call: GateCall, room: RoomSettings): object
  readVisitor(context: object): Promise<Visitor>
}
type JoinCheck = { joinCheckRoute(call: GateCall): Promise<Response> }

const load = (path: string): Promise<unknown> => import(/* @vite-ignore */ new URL(path, import.meta.url).href)

export const { roomContext, readVisitor } = (await load('../../src/gate/room-context.ts')) as Context
export const { joinCheckRoute } = (await load('../../src/routes/join-check.ts')) as JoinCheck
