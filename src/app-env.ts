/** The environment of handlers: our own, and Hono's for the operators' endpoints. */
import type { Deployment } from './deployment.ts'
import type { RequestUrl } from './http/request-url.ts'
import type { Caller } from './operators/caller.ts'
import type { Site } from './origin/site.ts'
import type { KeepAlive } from './room/room-calls.ts'

/** A request, and the deployment that answers it. */
export interface Call {
  readonly request: Request
  readonly url: RequestUrl
  readonly deployment: Deployment
  /** Answers what the room lets through. */
  readonly site: Site
  readonly keepAlive: KeepAlive
}

export type Handler = (call: Call) => Response | Promise<Response>

/** Hono's environment. */
export interface AppEnv {
  Bindings: { deployment: Deployment }
  Variables: { deployment: Deployment; caller: Extract<Caller, { state: 'known' }> }
}
