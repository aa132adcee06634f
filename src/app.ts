/**
 * The Worker's HTTP side: our own endpoints below the prefix, the gate for everything else.
 */
import { Hono } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import heartbeatScript from '../public/heartbeat.min.js'
import type { AppEnv } from './app-env.ts'
import { deployment } from './deployment.ts'
import { notConfigured } from './gate/answers.ts'
import { gate } from './gate/gate.ts'
import { PREFIX } from './http/paths.ts'
import { problem, unsupportedMethod } from './http/problem.ts'
import { requestUrl } from './http/request-url.ts'
import { logError } from './log/log.ts'
import { ADMIN_FILES, adminFile, adminPage } from './routes/admin.ts'
import { apiReference, operatorsApi } from './routes/api/api.ts'
import { requireOperator } from './routes/api/operator.ts'
import { optionsRoute, withAllowedOrigins } from './routes/cross-origin-call.ts'
import { heartbeatRoute } from './routes/heartbeat.ts'
import { langRoute } from './routes/lang.ts'
import { leaveRoute } from './routes/leave.ts'
import { lineRoute } from './routes/line.ts'
import { metrics } from './routes/metrics.ts'
import { previewRoute } from './routes/preview.ts'
import { statusRoute } from './routes/status.ts'
import type { VisitorRoute } from './routes/visitor-call.ts'
import { VERSION } from './version.ts'

/** What every visitor asks for again and again: the methods of each path. */
const VISITORS_ROUTES: ReadonlyMap<string, ReadonlyMap<string, VisitorRoute>> = new Map([
  [`${PREFIX}/status`, visitorsMethods({ GET: statusRoute, HEAD: statusRoute })],
  [`${PREFIX}/heartbeat`, visitorsMethods({ POST: heartbeatRoute })],
  [`${PREFIX}/leave`, visitorsMethods({ POST: leaveRoute })],
])

function visitorsMethods(routes: Readonly<Record<string, VisitorRoute>>): ReadonlyMap<string, VisitorRoute> {
  const shared = Object.entries(routes).map(([method, route]) => [method, withAllowedOrigins(route)] as const)
  return new Map([...shared, ['OPTIONS', optionsRoute(Object.keys(routes))]])
}

/**
 * Answers a request. The gate and the visitors' own calls need no router: its match, context and response took 100 us of
 * each, a third of a poll. Everything else goes through it.
 */
export async function serve(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
  const canonical = canonicalPathOf(request)
  if (canonical === null) {
    return problem(400, 'Bad request', 'The address cannot be read. Send a Host header with the name of the site.')
  }
  const isOurs =
    canonical.startsWith(PREFIX) && (canonical.length === PREFIX.length || canonical[PREFIX.length] === '/')
  const methods = isOurs ? VISITORS_ROUTES.get(canonical) : undefined
  if (isOurs && methods === undefined) return router.fetch(request, env, context)
  const route = methods === undefined ? gate : methods.get(request.method)
  if (route === undefined) return unsupportedMethod(request.method, [...(methods?.keys() ?? [])])
  try {
    const ready = await deployment(env)
    return ready === null ? notConfigured(request) : await route(request, ready, context)
  } catch (error) {
    return requestFailed(error)
  }
}

/** Null where the address cannot be read: a `Host` that is no host ("a b"). */
function canonicalPathOf(request: Request): string | null {
  try {
    return requestUrl(request.url).canonical
  } catch {
    return null
  }
}

const router = createRouter()

/** Our own paths but the visitors' calls. */
function createRouter(): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ getPath: (request) => requestUrl(request.url).canonical })
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => unsupportedMethod(c.req.method, methods) }))
  app.get(`${PREFIX}/healthz`, (c) => c.json({ status: 'ok', version: VERSION }, 200, { 'Cache-Control': 'no-store' }))
  app.get(`${PREFIX}/heartbeat.js`, () => new Response(heartbeatScript, { headers: SCRIPT_HEADERS }))
  app.use('*', async function requireDeployment(c, next) {
    const ready = await deployment(c.env)
    if (ready === null) return notConfigured(c.req.raw)
    c.set('deployment', ready)
    return next()
  })
  app.get(`${PREFIX}/line`, lineRoute)
  app.get(`${PREFIX}/lang`, langRoute)
  app.get(`${PREFIX}/metrics`, requireOperator('read'), metrics)
  app.get(`${PREFIX}/admin/preview`, requireOperator('read'), previewRoute)
  // With a slash at the end it is another path to Hono, but not to people.
  app.get(`${PREFIX}/api/v1/`, apiReference)
  app.route(`${PREFIX}/api/v1`, operatorsApi())
  app.get(`${PREFIX}/admin`, adminPage)
  app.get(`${PREFIX}/admin/`, adminPage)
  for (const name of ADMIN_FILES) app.get(`${PREFIX}/admin/${name}`, adminFile(name))
  app.all('*', () => problem(404, 'No such path'))
  app.onError(requestFailed)
  return app
}

function requestFailed(error: unknown): Response {
  logError('request_failed', error)
  return problem(500, 'Something went wrong', undefined, { 'Retry-After': '5' })
}

const SCRIPT_HEADERS = {
  'Content-Type': 'text/javascript; charset=utf-8',
  'Cache-Control': 'public, max-age=3600',
  'X-Content-Type-Options': 'nosniff',
  // The beacon's worker is this file, too: pages that isolate themselves take no worker that does not.
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}
