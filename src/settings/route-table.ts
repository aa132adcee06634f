/**
 * Which room covers a request. Made once for a list of rooms; a look-up takes the same time for one
 * room and for a thousand.
 *
 * The most specific route wins: an exact host before a wildcard, a longer wildcard before a shorter
 * one and before any host; then a longer path before a shorter one.
 */
import { withoutFinalDot } from '../http/hosts.ts'
import { foldedPaths } from '../http/paths.ts'
import type { RequestUrl } from '../http/request-url.ts'
import type { RoomSettings } from './room-schema.ts'
import { isOnHost, type Route, routesOf } from './routes.ts'

/** The parts of a request that decide about its room. */
export interface RequestFacts {
  readonly request: { readonly method: string; readonly headers: Headers; readonly cf?: unknown }
  readonly url: Pick<RequestUrl, 'hostname' | 'pathname' | 'canonical'>
}

/** A route of a room. */
interface Entry {
  readonly room: RoomSettings
  readonly route: Route
}

/** The routes of one host name, of one wildcard, or of any host. */
interface HostRoutes {
  readonly rooms: RoomSettings[]
  /** By path. */
  readonly exact: Map<string, Entry[]>
  /** Routes that ignore case, by their path as `foldedPaths` writes it. */
  readonly folded: Map<string, Entry[]>
  pathMaxChars: number
}

export class RouteTable {
  readonly rooms: readonly RoomSettings[]
  private readonly byName: ReadonlyMap<string, RoomSettings>
  private readonly byHost = new Map<string, HostRoutes>()
  /** By the domain with its leading dot. */
  private readonly byWildcard = new Map<string, HostRoutes>()
  private readonly ofAnyHost = noRoutes()

  constructor(rooms: readonly RoomSettings[]) {
    this.rooms = rooms
    this.byName = new Map(rooms.map((room) => [room.name, room]))
    for (const room of rooms) for (const route of routesOf(room)) this.add({ room, route })
  }

  named(name: string): RoomSettings | undefined {
    return this.byName.get(name)
  }

  /** The room of this name, if it covers at least one path of the host. */
  onHost(hostname: string, name: string): RoomSettings | undefined {
    const room = this.byName.get(name)
    return room !== undefined && routesOf(room).some((route) => isOnHost(route, hostname)) ? room : undefined
  }

  /** The rooms that cover at least one path of a host. */
  ofHost(hostname: string): readonly RoomSettings[] {
    const [first, ...others] = this.routesOfHost(hostname)
    if (first === undefined || others.length === 0) return first?.rooms ?? []
    return [...new Set([first, ...others].flatMap(({ rooms }) => rooms))]
  }

  /** The room that covers a request; undefined: none does. */
  find({ url }: RequestFacts): RoomSettings | undefined {
    // The path in every form that an origin may act on: as sent, and canonical.
    const paths = url.pathname === url.canonical ? [url.pathname] : [url.canonical, url.pathname]
    let folded: readonly string[] | null = null
    for (const { exact, folded: ignoringCase, pathMaxChars } of this.routesOfHost(url.hostname)) {
      let best = longest(exact, pathMaxChars, paths)
      if (ignoringCase.size > 0) {
        folded ??= [...new Set(paths.flatMap(foldedPaths))]
        best = longer(best, longest(ignoringCase, pathMaxChars, folded))
      }
      if (best !== undefined) return best.room
    }
    return undefined
  }

  private add(entry: Entry): void {
    const { room, route } = entry
    const routes = this.routesAt(route.host)
    if (!routes.rooms.includes(room)) routes.rooms.push(room)
    const [folded = route.path] = foldedPaths(route.path)
    const [paths, key] = room.path_case_sensitive ? [routes.exact, route.path] : [routes.folded, folded]
    const entries = paths.get(key)
    if (entries === undefined) paths.set(key, [entry])
    else entries.push(entry)
    routes.pathMaxChars = Math.max(routes.pathMaxChars, key.length)
  }

  private routesAt(host: string | undefined): HostRoutes {
    if (host === undefined) return this.ofAnyHost
    const [table, key] = host.startsWith('*.') ? [this.byWildcard, host.slice(1)] : [this.byHost, host]
    const routes = table.get(key) ?? noRoutes()
    table.set(key, routes)
    return routes
  }

  /** The routes that a host has, the most specific first. */
  private routesOfHost(hostname: string): readonly HostRoutes[] {
    const host = withoutFinalDot(hostname)
    const found: HostRoutes[] = []
    const exact = this.byHost.get(host)
    if (exact !== undefined) found.push(exact)
    if (this.byWildcard.size > 0) {
      for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
        const wildcard = this.byWildcard.get(host.slice(dot))
        if (wildcard !== undefined) found.push(wildcard)
      }
    }
    if (this.ofAnyHost.rooms.length > 0) found.push(this.ofAnyHost)
    return found
  }
}

export function routeTable(rooms: readonly RoomSettings[]): RouteTable {
  return new RouteTable(rooms)
}

function noRoutes(): HostRoutes {
  return { rooms: [], exact: new Map(), folded: new Map(), pathMaxChars: 0 }
}

function longest(routes: HostRoutes['exact'], maxChars: number, paths: readonly string[]): Entry | undefined {
  let best: Entry | undefined
  for (const path of paths) best = longer(best, longestPrefix(routes, maxChars, path))
  return best
}

function longer(one: Entry | undefined, other: Entry | undefined): Entry | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return other.route.path.length > one.route.path.length ? other : one
}

/** "/a/b" is covered by "/a/b", "/a/", "/a" and "/", in this order. */
function longestPrefix(routes: HostRoutes['exact'], maxChars: number, path: string): Entry | undefined {
  if (path.length <= maxChars) {
    const whole = routes.get(path)?.[0]
    if (whole !== undefined) return whole
  }
  for (let slash = path.lastIndexOf('/', maxChars); slash >= 0; slash = path.lastIndexOf('/', slash - 1)) {
    const above = routes.get(path.slice(0, slash + 1))?.[0] ?? routes.get(path.slice(0, slash))?.[0]
    if (above !== undefined) return above
    if (slash === 0) return undefined
  }
  return undefined
}
