/** The endpoints for operators: the API, the metrics and the preview of the waiting page. */

import { methodNotAllowed } from 'hono/method-not-allowed'
import { Hono } from 'hono/tiny'
import type { AppEnv, Call } from '../app-env.ts'
import { canonicalPath, PREFIX } from '../http/paths.ts'
import { problem, unsupportedMethod } from '../http/problem.ts'
import { apiReference, operatorsApi } from './api/api.ts'
import { requireOperator } from './api/operator.ts'
import { metrics } from './metrics.ts'
import { previewRoute } from './preview.ts'

export function operatorsRoute({ request, deployment, keepAlive }: Call): Response | Promise<Response> {
  return app.fetch(request, { deployment }, keepAlive as ExecutionContext)
}

const app = createApp()

function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ getPath: ({ url }) => canonicalPath(new URL(url).pathname) })
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => unsupportedMethod(c.req.method, methods) }))
  app.use(async function setDeployment(c, next) {
    c.set('deployment', c.env.deployment)
    return next()
  })
  app.get(`${PREFIX}/metrics`, requireOperator('read'), metrics)
  app.get(`${PREFIX}/admin/preview`, requireOperator('read'), previewRoute)
  // Hono treats the path with a final slash as another path.
  app.get(`${PREFIX}/api/v1/`, apiReference)
  app.route(`${PREFIX}/api/v1`, operatorsApi())
  app.all('*', () => problem(404, 'No such path'))
  app.onError((error) => {
    throw error
  })
  return app
}
