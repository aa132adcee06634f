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
import { canonicalPath, PREFIX } from './paths.ts'
import { problem } from './problem.ts'
import { requireAdminToken } from './routes/admin-token.ts'
import { heartbeatRoute } from './routes/heartbeat.ts'
import { leaveRoute } from './routes/leave.ts'
import { metrics } from './routes/metrics.ts'
import { operatorsApi } from './routes/operators-api.ts'
import { statusRoute } from './routes/status.ts'
import { VERSION } from './version.ts'

export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ getPath: (request) => canonicalPath(new URL(request.url).pathname) })
  app.get(`${PREFIX}/healthz`, (c) => c.json({ status: 'ok', version: VERSION }, 200, { 'Cache-Control': 'no-store' }))
  app.get(`${PREFIX}/heartbeat.js`, () => new Response(heartbeatScript, { headers: SCRIPT_HEADERS }))
  app.use('*', async function requireDeployment(c, next) {
    const ready = await deployment(c.env)
    if (ready === null) return notConfigured()
    c.set('deployment', ready)
    return next()
  })
  app.get(`${PREFIX}/status`, statusRoute)
  app.post(`${PREFIX}/heartbeat`, heartbeatRoute)
  app.post(`${PREFIX}/leave`, leaveRoute)
  app.get(`${PREFIX}/metrics`, requireAdminToken(), metrics)
  app.route(`${PREFIX}/api/v1`, operatorsApi())
  app.all(PREFIX, () => problem(404, 'No such path'))
  app.all(`${PREFIX}/*`, () => problem(404, 'No such path'))
  app.all('*', (c) => gate(c.req.raw, c.req.path, c.var.deployment, c.executionCtx))
  app.onError((error) => {
    logError('request_failed', error)
    return problem(500, 'Something went wrong', undefined, { 'Retry-After': '5' })
  })
  return app
}

const SCRIPT_HEADERS = {
  'Content-Type': 'text/javascript; charset=utf-8',
  'Cache-Control': 'public, max-age=3600',
  'X-Content-Type-Options': 'nosniff',
  // The beacon's worker is this file, too: pages that isolate themselves take no worker that does not.
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}
