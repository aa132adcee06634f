/** The parts of the site that a room covers: its routes. */
import { withoutFinalDot } from '../http/hosts.ts'

/** A host and a path. The route covers the path and everything below it. */
export interface Route {
  /** A host name, or `*.` and a domain; undefined: any host. */
  readonly host: string | undefined
  readonly path: string
}

/**
 * The settings of a room that say what it covers: `routes`, or the others for routes of one path.
 */
interface Covering {
  readonly routes?: readonly { readonly host?: string | undefined; readonly path?: string | undefined }[] | undefined
  readonly host?: string | undefined
  readonly additional_hosts: readonly string[]
  readonly path?: string | undefined
}

/** At least one. The first is where visitors go when nothing says where they came from. */
export function routesOf({ routes, host, additional_hosts, path = '/' }: Covering): readonly Route[] {
  if (routes !== undefined) return routes.map((route) => ({ host: route.host, path: route.path ?? '/' }))
  return [host, ...additional_hosts].map((name) => ({ host: name, path }))
}

/** Whether a route covers some path of a host. */
export function isOnHost({ host: pattern }: Route, hostname: string): boolean {
  if (pattern === undefined) return true
  const host = withoutFinalDot(hostname)
  return pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)))
}

export function coversPath({ path: covered }: Route, path: string): boolean {
  return path === covered || path.startsWith(covered.endsWith('/') ? covered : `${covered}/`)
}

/** Where a visitor of this host goes when nothing says where they came from. */
export function homePath(room: Covering, hostname: string): string {
  return routesOf(room).find((route) => isOnHost(route, hostname))?.path ?? '/'
}

export function routeText({ host, path }: Route): string {
  return `${host ?? 'any host'}${path}`
}
