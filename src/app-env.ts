/** What Hono's context carries in this app. */
import type { Deployment } from './deployment.ts'
import type { Caller } from './operators/caller.ts'

export interface AppEnv {
  Bindings: Env
  Variables: { deployment: Deployment; caller: Extract<Caller, { state: 'known' }> }
}
