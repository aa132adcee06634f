/**
 * The figures of a room, as its object has them. A room that nobody has come to yet has no run, and
 * zeros.
 */
import { Line } from '../core/line.ts'
import { lineStats } from '../core/line-stats.ts'
import { countObstacles, noObstacles } from '../core/origin-report.ts'
import { NO_RECENT_SITE, type SiteHealth, siteHealth } from '../core/site-health.ts'
import type { Deployment } from '../deployment.ts'
import type { RoomStats } from '../room/room-object.ts'
import { lineRules, type RoomSettings } from '../settings/rooms.ts'

export type RoomFigures = Omit<RoomStats, 'run'> & { readonly run: number | null }

export async function roomFigures({ stub }: Deployment, room: RoomSettings): Promise<RoomFigures> {
  const stats: RoomStats | null = await stub(room).stats()
  const unused = unusedRoom(room)
  if (stats === null) return unused
  // An object of an older version has fewer figures.
  return {
    ...unused,
    ...stats,
    totals: { ...unused.totals, ...stats.totals },
    pagesWithoutBeacon: countObstacles(noObstacles(), stats.pagesWithoutBeacon),
  }
}

function unusedRoom(room: RoomSettings): RoomFigures {
  const nowMs = Date.now()
  const stats = lineStats(Line.start(lineRules(room), 0, nowMs), nowMs)
  return {
    room: room.name,
    calls: 0,
    gatheredCalls: 0,
    rowsWritten: 0,
    recentSite: NO_RECENT_SITE,
    ...stats,
    run: null,
  }
}

/** The health of the site behind the room, by the room's limits. */
export function siteOf({ recentSite, admissionFactor }: RoomFigures, room: RoomSettings): SiteHealth {
  return siteHealth(recentSite, lineRules(room), admissionFactor)
}
