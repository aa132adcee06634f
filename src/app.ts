/** The Worker's HTTP side: one table of our own endpoints, and the gate for all other paths. */

import { version } from '../package.json'
import heartbeatScript from '../public/heartbeat.min.js'
import type { Call, Handler } from './app-env.ts'
import type { Deployment } from './deployment.ts'
import { gate } from './gate/gate.ts'
import { notConfigured } from './gate/small-pages.ts'
import { problem, unsupportedMethod } from './http/problem.ts'
import { type RequestUrl, requestUrl } from './http/request-url.ts'
import { logError } from './log/log.ts'
import { ADMIN_FILES } from './operators/admin-files.ts'
import { RouteFailure } from './origin/own-routes.ts'
import type { Site } from './origin/site.ts'
import type { KeepAlive } from './room/room-calls.ts'
import { drawRoute } from './routes/draw.ts'
import { heartbeatRoute } from './routes/heartbeat.ts'
import { joinCheckRoute } from './routes/join-check.ts'
import { jwksRoute } from './routes/jwks.ts'
import { leaveRoute } from './routes/leave.ts'
import { langRoute, lineRoute } from './routes/line.ts'
import { adminFile, adminPage, operatorsRoute } from './routes/operators.ts'
import { rehearsalRoute } from './routes/rehearsal.ts'
import { statusRoute } from './routes/status.ts'
import { takeOverRoute } from './routes/take-over.ts'
import { optionsRoute, withAllowedOrigins } from './routes/visitor-call.ts'

/** A request before its deployment is known, which a few endpoints do without. */
interface Incoming extends Omit<Call, 'deployment' | 'site'> {
  /** Null: the origin. */
  readonly site: Site | null
  readonly env: object
  readonly host: Host
}
type IncomingHandler = (incoming: Incoming) => Response | Promise<Response>

/** Handlers by method, or one handler that takes every method. */
type Route = ReadonlyMap<string, IncomingHandler> | IncomingHandler

const everythingElse = configured(gate)
const operators = configured(operatorsRoute)
const unknownPath = configured(() => problem(404, 'No such path'))

/**
 * Our endpoints, by their path below the prefix. A lookup costs visitors' calls nothing, while the
 * match, context and response of Hono's router took 100 us, a third of a poll. The operators'
 * endpoints, which need its middleware, are a Hono app.
 */
const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/status', visitors({ GET: statusRoute, HEAD: statusRoute })],
  ['/heartbeat', visitors({ POST: heartbeatRoute })],
  ['/leave', visitors({ POST: leaveRoute })],
  ['/take-over', visitors({ POST: takeOverRoute })],
  ['/join-check', new Map([['POST', configured(joinCheckRoute)]])],
  ['/line', get(configured(lineRoute))],
  ['/lang', get(configured(langRoute))],
  ['/draw', get(configured(drawRoute))],
  ['/rehearsal', get(configured(rehearsalRoute))],
  ['/jwks.json', get(configured(jwksRoute))],
  ['/heartbeat.js', get(beaconScript)],
  ['/healthz', get(health)],
  ['/admin', get(configured(adminPage))],
  ['/admin/', get(configured(adminPage))],
  ...ADMIN_FILES.map((name) => [`/admin/${name}`, get(configured(adminFile(name)))] as const),
  ['/admin/preview', operators],
  ['/metrics', operators],
])

/** The waiting room that answers. */
interface Host {
  readonly prefix: string
  /** Null: the deployment cannot serve. */
  deployment(env: object, keepAlive: KeepAlive): Deployment | Promise<Deployment | null>
}

/**
 * @param site answers what the room lets through; null: the origin
 * @throws the error of the site, if that throws one
 */
export async function serve(
  host: Host,
  request: Request,
  env: object,
  keepAlive: KeepAlive,
  site: Site | null = null,
): Promise<Response> {
  const url = parsedUrl(request)
  if (url === null) {
    return problem(400, 'Bad request', 'The address cannot be read. Send a Host header with the name of the site.')
  }
  const route = routeOf(url.canonical, host.prefix)
  const handle = typeof route === 'function' ? route : route.get(request.method)
  if (handle === undefined) return unsupportedMethod(request.method, methodsOf(route))
  try {
    return await handle({ request, url, env, keepAlive, host, site })
  } catch (error) {
    if (error instanceof RouteFailure) throw error.cause
    logError('request_failed', error)
    return problem(500, 'Something went wrong', undefined, { 'Retry-After': '5' })
  }
}

/** Null: the `Host` header is not a host name ("a b"). */
function parsedUrl(request: Request): RequestUrl | null {
  try {
    return requestUrl(request.url)
  } catch {
    return null
  }
}

function routeOf(canonical: string, prefix: string): Route {
  if (!isBelow(prefix, canonical)) return everythingElse
  const path = canonical.slice(prefix.length)
  return ROUTES.get(path) ?? (isBelow('/api/v1', path) ? operators : unknownPath)
}

function methodsOf(route: Route): readonly string[] {
  return typeof route === 'function' ? [] : [...route.keys()]
}

function isBelow(parent: string, path: string): boolean {
  return path.startsWith(parent) && (path.length === parent.length || path[parent.length] === '/')
}

/** A route that needs the settings and keys of the deployment. */
function configured(handle: Handler): IncomingHandler {
  return async function answerConfigured({ request, url, env, keepAlive, host, site }) {
    const ready = await host.deployment(env, keepAlive)
    if (ready === null) return notConfigured({ request, url })
    if (ready.gatherers?.needsContinent === true) ready.gatherers.noteContinent(request.cf?.continent)
    return handle({ request, url, keepAlive, deployment: ready, site: site ?? ready.site })
  }
}

/** Calls of visitors, which pages of allowed origins may make, too. */
function visitors(handlers: Readonly<Record<string, Handler>>): Route {
  const shared = Object.entries(handlers).map(([method, handle]) => [method, withAllowedOrigins(handle)] as const)
  const all = [...shared, ['OPTIONS', optionsRoute(Object.keys(handlers))] as const]
  return new Map(all.map(([method, handle]) => [method, configured(handle)]))
}

function get(handle: IncomingHandler): Route {
  return new Map([
    ['GET', handle],
    ['HEAD', async (incoming: Incoming) => new Response(null, await handle(incoming))],
  ])
}

function health(): Response {
  return Response.json({ status: 'ok', version }, { headers: { 'Cache-Control': 'no-store' } })
}

function beaconScript(): Response {
  return new Response(heartbeatScript, { headers: SCRIPT_HEADERS })
}

const SCRIPT_HEADERS = {
  'Content-Type': 'text/javascript; charset=utf-8',
  'Cache-Control': 'public, max-age=3600',
  'X-Content-Type-Options': 'nosniff',
  // This file is also the beacon's worker, which isolated pages load only with this header.
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}
