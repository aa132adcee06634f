/** Rooms that would cover the same requests, so that neither is the more specific one. */
import { cannotBothMatch } from '../bypass/rules.ts'
import type { RoomSettings } from './room-schema.ts'
import { entriesOf, foldedPath, type RouteEntry } from './route-table.ts'
import { routeText } from './routes.ts'

/** Two rooms of a list, by their index, and why they cannot both be there. */
export interface RouteConflict {
  readonly room: number
  /** The one that comes first in the list. */
  readonly other: number
  readonly problem: string
}

/** One conflict for each pair of rooms. */
export function routeConflicts(rooms: readonly RoomSettings[]): RouteConflict[] {
  const byPlace = new Map<string, [number, RouteEntry][]>()
  const found = new Map<string, RouteConflict>()
  for (const [i, room] of rooms.entries()) {
    for (const entry of entriesOf(room)) {
      const place = `${entry.route.host ?? '*'}${foldedPath(entry.route)}`
      const earlier = byPlace.get(place) ?? []
      byPlace.set(place, earlier)
      for (const [j, other] of earlier) {
        const problem = j === i ? null : problemOf(entry, other)
        const pair = `${i} ${j}`
        if (problem !== null && !found.has(pair)) found.set(pair, { room: i, other: j, problem })
      }
      earlier.push([i, entry])
    }
  }
  return [...found.values()]
}

function problemOf(entry: RouteEntry, other: RouteEntry): string | null {
  if (entry.conditions !== other.conditions) return null
  if (entry.rule !== null && other.rule !== null && cannotBothMatch(entry.rule, other.rule)) return null
  const names = `"${entry.room.name}" and "${other.room.name}"`
  const isSpelling = entry.route.path !== other.route.path
  if (isSpelling && entry.room.path_case_sensitive && other.room.path_case_sensitive) return null
  if (isSpelling) {
    return `${names} have it in different spellings, and path_case_sensitive = false in one of the two`
  }
  const tie = entry.conditions === 0 ? '' : ` with as many conditions (${entry.conditions})`
  return `${names} both cover ${routeText(entry.route)}${tie}: give one of them another host, path or condition`
}
