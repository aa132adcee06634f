/**
 * The Worker's HTTP side: our own endpoints below the prefix, the gate for everything else.
 */
import { Hono } from 'hono'
import heartbeatScript from '../public/heartbeat.min.js'
import type { AppEnv } from './app-env.ts'
import { deployment } from './deployment.ts'
import { notConfigured } from './gate/answers.ts'
import { gate } from './gate/gate.ts'
import { logError } from './log.ts'
import { PREFIX } from './paths.ts'
import { problem } from './problem.ts'
import { requestUrl } from './request-url.ts'
import { adminFile, adminPage } from './routes/admin.ts'
import { operatorsApi } from './routes/api/api.ts'
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

/** What every visitor asks for again and again. */
const VISITORS_ROUTES: Readonly<Record<string, VisitorRoute | undefined>> = {
  [`GET ${PREFIX}/status`]: withAllowedOrigins(statusRoute),
  [`HEAD ${PREFIX}/status`]: withAllowedOrigins(statusRoute),
  [`OPTIONS ${PREFIX}/status`]: optionsRoute('GET, HEAD'),
  [`POST ${PREFIX}/heartbeat`]: withAllowedOrigins(heartbeatRoute),
  [`OPTIONS ${PREFIX}/heartbeat`]: optionsRoute('POST'),
  [`POST ${PREFIX}/leave`]: withAllowedOrigins(leaveRoute),
  [`OPTIONS ${PREFIX}/leave`]: optionsRoute('POST'),
}

/**
 * Answers a request. The gate and the visitors' own calls need no router: its match, context and response took 100 us of
 * each, a third of a poll. Everything else goes through it.
 */
export async function serve(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
  const canonical = canonicalPathOf(request)
  if (canonical === null) return problem(400, 'Bad request', 'The address asked for cannot be read.')
  const isOurs =
    canonical.startsWith(PREFIX) && (canonical.length === PREFIX.length || canonical[PREFIX.length] === '/')
  const route = isOurs ? VISITORS_ROUTES[`${request.method} ${canonical}`] : gate
  if (route === undefined) return router.fetch(request, env, context)
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
  app.route(`${PREFIX}/api/v1`, operatorsApi())
  app.get(`${PREFIX}/admin`, adminPage)
  app.get(`${PREFIX}/admin/`, adminPage)
  app.get(`${PREFIX}/admin/:file`, adminFile)
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
