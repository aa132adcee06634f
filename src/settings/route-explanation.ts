/**
 * Why a request belongs to this room and to none of the others. For operators: it looks at every
 * room.
 */
import { unmetConditions } from '../bypass/rules.ts'
import { foldedPaths } from '../http/paths.ts'
import { entriesOf, foldedPath, purposeOf, type RequestFacts, type RouteEntry, type RouteTable } from './route-table.ts'
import { coversPath, isOnHost, type Route } from './routes.ts'

/** From the room that takes the request to those that are farthest from it. */
export const OUTCOMES = ['takes', 'less-specific', 'conditions', 'path', 'host'] as const

/** One route of a room with one of its rules. */
export interface Candidate {
  readonly room: string
  readonly route: Route
  readonly conditions: number
  readonly outcome: (typeof OUTCOMES)[number]
  /** The keys of the conditions that the request does not meet. */
  readonly unmet: readonly string[]
}

const CANDIDATES_MAX = 20

/** The nearest candidates, the one that takes the request first. */
export function explainRoute(routes: RouteTable, facts: RequestFacts): Candidate[] {
  const [taking] = routes.matches(facts)
  return routes.rooms
    .flatMap(entriesOf)
    .map((entry) => candidateOf(entry, facts, taking))
    .filter((candidate) => candidate !== null)
    .sort((a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome) || a.unmet.length - b.unmet.length)
    .slice(0, CANDIDATES_MAX)
}

/** Null: neither the host nor the path fits. */
function candidateOf(entry: RouteEntry, facts: RequestFacts, taking: RouteEntry | undefined): Candidate | null {
  const { room, route, rule, conditions } = entry
  const hostFits = isOnHost(route, facts.url.hostname)
  const pathFits = fitsPath(entry, facts)
  if (!hostFits && !pathFits) return null
  const unmet = rule === null ? [] : unmetConditions(rule, facts, purposeOf(room))
  const common = { room: room.name, route, conditions, unmet }
  if (!hostFits) return { ...common, outcome: 'host' }
  if (!pathFits) return { ...common, outcome: 'path' }
  if (unmet.length > 0) return { ...common, outcome: 'conditions' }
  const isTaking = taking?.room === room && taking.route.host === route.host && taking.route.path === route.path
  return { ...common, outcome: isTaking && taking.conditions === conditions ? 'takes' : 'less-specific' }
}

function fitsPath({ room, route }: RouteEntry, { url }: RequestFacts): boolean {
  const paths = [url.canonical, url.pathname]
  if (room.path_case_sensitive) return paths.some((path) => coversPath(route, path))
  const folded = { ...route, path: foldedPath(route) }
  return paths.flatMap(foldedPaths).some((path) => coversPath(folded, path))
}
