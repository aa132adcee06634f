/**
 * The operators' API below `/api/v1`: the routes of its operations, its OpenAPI document and a
 * reference page.
 */
import type { Context } from 'hono'
import { Hono } from 'hono/tiny'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import { requestUrl } from '../../http/request-url.ts'
import { ownPageHeaders } from '../../pages/operator-pages.ts'
import { actionOperations } from './actions.ts'
import { adviceOperations } from './advice.ts'
import { alertOperations } from './alerts.ts'
import { renderReference } from './api-reference.ts'
import { auditOperations } from './audit.ts'
import { openApiDocument } from './document.ts'
import { documentOperations } from './documents.ts'
import { eventOperations } from './events.ts'
import { explainOperations } from './explain.ts'
import { figureOperations } from './figures.ts'
import { keyOperations } from './keys.ts'
import { NO_STORE, type Operation } from './operation.ts'
import { requireOperator } from './operator.ts'
import { sessionOperations } from './session.ts'
import { settingsOperations } from './settings.ts'

export const operations: readonly Operation[] = [
  ...documentOperations,
  ...figureOperations,
  ...auditOperations,
  ...explainOperations,
  ...adviceOperations,
  ...settingsOperations,
  ...actionOperations,
  ...eventOperations,
  ...keyOperations,
  ...alertOperations,
  ...sessionOperations,
]

let cached: ReturnType<typeof openApiDocument> | null = null

/**
 * Built on the first request and cached: building takes milliseconds, and the document is public.
 */
function document(): ReturnType<typeof openApiDocument> {
  cached ??= openApiDocument(operations)
  return cached
}

export function operatorsApi(): Hono<AppEnv> {
  const api = new Hono<AppEnv>()
  for (const { method, path, needs, handle } of operations) {
    const guards = needs === 'nobody' ? [] : [requireOperator(needs)]
    api.on(method.toUpperCase(), [path.replaceAll(/\{(\w+)\}/g, ':$1')], ...guards, handle)
  }
  api.get('/openapi.json', (c) => c.json({ ...document(), servers: [{ url: baseOf(c) }] }, 200, NO_STORE))
  api.get('/', apiReference)
  api.all('*', (c) => problem(404, 'No such resource', `See the API reference at ${pathOf(c)}/`))
  return api
}

export function apiReference(c: Context<AppEnv>): Response | Promise<Response> {
  const nonce = crypto.randomUUID()
  const headers = ownPageHeaders({ style: `'nonce-${nonce}'` })
  return c.html(renderReference(operations, baseOf(c), nonce), 200, headers)
}

function baseOf(c: Context<AppEnv>): string {
  return `${requestUrl(c.req.url).origin}${pathOf(c)}`
}

function pathOf(c: Context<AppEnv>): string {
  return `${c.var.deployment.prefix}/api/v1`
}
