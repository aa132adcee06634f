/**
 * The endpoints for operators: their page, with its built files from the binding ASSETS, the API,
 * the metrics and the preview of the waiting page.
 */
import { methodNotAllowed } from 'hono/method-not-allowed'
import { Hono } from 'hono/tiny'
import type { AppEnv, Call, Handler } from '../app-env.ts'
import { canonicalPath, PREFIX } from '../http/paths.ts'
import { problem, unsupportedMethod } from '../http/problem.ts'
import { ADMIN_PAGE, ownPageHeaders } from '../pages/operator-pages.ts'
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

const PAGE_HEADERS = ownPageHeaders({ script: "'self'", style: "'self'", connect: "'self'" })

const FILE_TYPES: Readonly<Record<string, string>> = {
  'start.min.js': 'text/javascript; charset=utf-8',
  'admin.min.js': 'text/javascript; charset=utf-8',
  'admin.min.css': 'text/css; charset=utf-8',
}

export const ADMIN_FILES = Object.keys(FILE_TYPES)

/** `GET /admin` */
export function adminPage({ deployment }: Call): Response {
  if (deployment.assets === null) return problem(404, 'No page', 'This deployment has no binding ASSETS.')
  return new Response(ADMIN_PAGE, { headers: { ...PAGE_HEADERS, 'Content-Type': 'text/html; charset=utf-8' } })
}

/** @param name one of `ADMIN_FILES` */
export function adminFile(name: string): Handler {
  return async function answerAdminFile({ deployment: { assets } }) {
    const file = await assets?.fetch(`https://assets.invalid/admin/${name}`)
    if (file?.ok !== true) return problem(404, 'No such path')
    // Browsers revalidate after each deploy: the page and its script belong together.
    const headers = { ...PAGE_HEADERS, 'Content-Type': FILE_TYPES[name] as string, 'Cache-Control': 'no-cache' }
    return new Response(file.body, { headers })
  }
}
