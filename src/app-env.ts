/** What Hono's context carries in this app. */
import type { Deployment } from './deployment.ts'

export interface AppEnv {
  Bindings: Env
  Variables: { deployment: Deployment }
}
