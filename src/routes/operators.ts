/**
 * The endpoints for operators: their page and its built files, the API,
 * the metrics and the preview of the waiting page.
 */
import { methodNotAllowed } from 'hono/method-not-allowed'
import { Hono } from 'hono/tiny'
import type { AppEnv, Call, Handler } from '../app-env.ts'
import { canonicalPath } from '../http/paths.ts'
import { problem, unsupportedMethod } from '../http/problem.ts'
import { ADMIN_FILE_TYPES, type AdminFileName } from '../operators/admin-files.ts'
import { ownPageHeaders, adminPage as pageFor } from '../pages/operator-pages.ts'
import { apiReference, operatorsApi } from './api/api.ts'
import { requireOperator } from './api/operator.ts'
import { metrics } from './metrics.ts'
import { previewRoute } from './preview.ts'

export function operatorsRoute({ request, deployment, keepAlive }: Call): Response | Promise<Response> {
  return app.fetch(request, { deployment }, keepAlive as ExecutionContext)
}

const app = createApp()

function createApp(): Hono<AppEnv> {
  // Routes are below the prefix of the deployment that answers.
  const app = new Hono<AppEnv>({
    getPath: ({ url }, { env } = {}) =>
      canonicalPath(new URL(url).pathname).slice((env as AppEnv['Bindings']).deployment.prefix.length),
  })
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => unsupportedMethod(c.req.method, methods) }))
  app.use(async function setDeployment(c, next) {
    c.set('deployment', c.env.deployment)
    return next()
  })
  app.get('/metrics', requireOperator('read'), metrics)
  app.get('/admin/preview', requireOperator('read'), previewRoute)
  // Hono treats the path with a final slash as another path.
  app.get('/api/v1/', apiReference)
  app.route('/api/v1', operatorsApi())
  app.all('*', () => problem(404, 'No such path'))
  app.onError((error) => {
    throw error
  })
  return app
}

const PAGE_HEADERS = ownPageHeaders({ script: "'self'", style: "'self'", connect: "'self'" })

/** `GET /admin` */
export function adminPage({ deployment }: Call): Response {
  if (deployment.adminFiles === null && deployment.assets === null) {
    return problem(404, 'No page', 'This deployment has no binding ASSETS.')
  }
  return new Response(pageFor(deployment.prefix), {
    headers: { ...PAGE_HEADERS, 'Content-Type': 'text/html; charset=utf-8' },
  })
}

export function adminFile(name: AdminFileName): Handler {
  return async function answerAdminFile({ deployment: { adminFiles, assets } }) {
    const body = adminFiles?.[name] ?? (await assetBody(assets, name))
    if (body === null) return problem(404, 'No such path')
    // Browsers revalidate after each deploy: the page and its script belong together.
    const headers = { ...PAGE_HEADERS, 'Content-Type': ADMIN_FILE_TYPES[name], 'Cache-Control': 'no-cache' }
    return new Response(body, { headers })
  }
}

async function assetBody(assets: Fetcher | null, name: string): Promise<ReadableStream | null> {
  const file = await assets?.fetch(`https://assets.invalid/admin/${name}`)
  return file?.ok === true ? file.body : null
}
