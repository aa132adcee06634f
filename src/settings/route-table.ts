/**
 * Which room covers a request. Made once for a list of rooms; a lookup takes about the same time
 * for one room and for a thousand.
 *
 * The most specific route wins: an exact host before a wildcard, a longer wildcard before a shorter
 * one and before any host; then a longer path before a shorter one; then a rule of `match` with
 * more conditions before one with fewer and before none. Only a request that can be read in several
 * ways, such as `?a=1&a=2`, meets rules that are equal in all this: then the name of the room
 * decides, so that the order of the list does not.
 */

import { type RequestRule, requestRules } from '../bypass/bypass-settings.ts'
import { conditionCount, matchesRule, type Purpose, type RuleFacts } from '../bypass/rules.ts'
import { withoutFinalDot } from '../http/hosts.ts'
import { foldedPaths } from '../http/paths.ts'
import type { RequestUrl } from '../http/request-url.ts'
import type { RoomSettings } from './room-schema.ts'
import { isOnHost, type Route, routesOf } from './routes.ts'

/** The parts of a request that decide about its room. */
export interface RequestFacts extends RuleFacts {
  readonly url: Pick<RequestUrl, 'hostname' | 'pathname' | 'canonical' | 'search'>
}

/** One route of a room with one of its rules. */
export interface RouteEntry {
  readonly room: RoomSettings
  readonly route: Route
  /** Null: the room covers every request of the route. */
  readonly rule: RequestRule | null
  readonly conditions: number
}

/** By path, the most specific first. */
type ByPath = Map<string, RouteEntry[]>

/** The routes of one host name, of one wildcard, or of any host. */
interface HostRoutes {
  readonly rooms: Set<RoomSettings>
  readonly exact: ByPath
  /** Routes that ignore case, by their path as `foldedPaths` writes it. */
  readonly folded: ByPath
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
    for (const room of rooms) for (const entry of entriesOf(room)) this.add(entry)
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
    const all = this.routesOfHost(hostname).map(({ rooms }) => [...rooms])
    return all.length === 1 ? (all[0] as RoomSettings[]) : [...new Set(all.flat())]
  }

  /** The room that covers a request; undefined: none does. */
  find(facts: RequestFacts): RoomSettings | undefined {
    for (const best of this.matches(facts)) return best.room
    return undefined
  }

  /**
   * The entries that cover a request, at most one for each kind of host, the most specific first.
   */
  *matches(facts: RequestFacts): Iterable<RouteEntry> {
    const { hostname, pathname, canonical } = facts.url
    // The path in every form that an origin may act on: as sent, and canonical.
    const paths = pathname === canonical ? [pathname] : [canonical, pathname]
    let foldedForms: readonly string[] | null = null
    for (const { exact, folded, pathMaxChars } of this.routesOfHost(hostname)) {
      let best = mostSpecific(exact, pathMaxChars, paths, facts)
      if (folded.size > 0) {
        foldedForms ??= [...new Set(paths.flatMap(foldedPaths))]
        best = moreSpecific(best, mostSpecific(folded, pathMaxChars, foldedForms, facts))
      }
      if (best !== undefined) yield best
    }
  }

  private add(entry: RouteEntry): void {
    const { room, route } = entry
    const routes = this.routesAt(route.host)
    routes.rooms.add(room)
    const [paths, key] = room.path_case_sensitive ? [routes.exact, route.path] : [routes.folded, foldedPath(route)]
    const entries = [...(paths.get(key) ?? []), entry]
    paths.set(
      key,
      entries.sort((a, b) => b.conditions - a.conditions || a.room.name.localeCompare(b.room.name, 'en')),
    )
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
    if (this.ofAnyHost.rooms.size > 0) found.push(this.ofAnyHost)
    return found
  }
}

export function routeTable(rooms: readonly RoomSettings[]): RouteTable {
  return new RouteTable(rooms)
}

/** Each route of a room with each of its rules. */
export function entriesOf(room: RoomSettings): RouteEntry[] {
  const { rules } = requestRules(room.match)
  const choices = rules.length === 0 ? [null] : rules
  return routesOf(room).flatMap((route) =>
    choices.map((rule) => ({ room, route, rule, conditions: rule === null ? 0 : conditionCount(rule) })),
  )
}

/** The path of a route as `RouteTable` compares it for a site that ignores case. */
export function foldedPath({ path }: Route): string {
  return foldedPaths(path)[0] ?? path
}

/** How the rules of a room are read. */
export function purposeOf({ path_case_sensitive }: RoomSettings): Purpose {
  return path_case_sensitive ? 'match' : 'match-any-case'
}

function noRoutes(): HostRoutes {
  return { rooms: new Set(), exact: new Map(), folded: new Map(), pathMaxChars: 0 }
}

function mostSpecific(
  routes: ByPath,
  maxChars: number,
  paths: readonly string[],
  facts: RequestFacts,
): RouteEntry | undefined {
  let best: RouteEntry | undefined
  for (const path of paths) best = moreSpecific(best, longestPrefix(routes, maxChars, path, facts))
  return best
}

function moreSpecific(one: RouteEntry | undefined, other: RouteEntry | undefined): RouteEntry | undefined {
  if (one === undefined || other === undefined) return one ?? other
  const longer = other.route.path.length - one.route.path.length
  return longer > 0 || (longer === 0 && other.conditions > one.conditions) ? other : one
}

/** "/a/b" is covered by "/a/b", "/a/", "/a" and "/", in this order. */
function longestPrefix(routes: ByPath, maxChars: number, path: string, facts: RequestFacts): RouteEntry | undefined {
  const at = (prefix: string) => routes.get(prefix)?.find((entry) => isMet(entry, facts))
  const whole = path.length <= maxChars ? at(path) : undefined
  if (whole !== undefined) return whole
  for (let slash = path.lastIndexOf('/', maxChars); slash >= 0; slash = path.lastIndexOf('/', slash - 1)) {
    const above = at(path.slice(0, slash + 1)) ?? at(path.slice(0, slash))
    // A search from -1 would begin at 0 again.
    if (above !== undefined || slash === 0) return above
  }
  return undefined
}

function isMet({ room, rule }: RouteEntry, facts: RequestFacts): boolean {
  return rule === null || matchesRule(rule, facts, purposeOf(room))
}
