/** The parts of the site that a room covers: its routes. */
import { withoutFinalDot } from '../http/hosts.ts'
import type { RoomTable } from './room-schema.ts'

/** A host and a path. The route covers the path and everything below it. */
export interface Route {
  /** A host name, or `*.` and a domain; undefined: any host. */
  readonly host: string | undefined
  readonly path: string
}

type Covering = Pick<RoomTable, 'host' | 'additional_hosts' | 'path'>

export function routesOf({ host, additional_hosts, path }: Covering): readonly Route[] {
  return [host, ...additional_hosts].map((name) => ({ host: name, path }))
}

/** Whether a route covers some path of a host. */
export function isOnHost({ host: pattern }: Route, hostname: string): boolean {
  if (pattern === undefined) return true
  const host = withoutFinalDot(hostname)
  return pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)))
}

/** Where a visitor of this host goes when nothing says where they came from. */
export function homePath(room: Covering, hostname: string): string {
  return routesOf(room).find((route) => isOnHost(route, hostname))?.path ?? '/'
}
