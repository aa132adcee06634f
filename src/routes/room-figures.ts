/** A room's figures as its object has them; all zero, without a run, for a room that nobody has come to yet. */

import { Line } from '../core/line.ts'
import { NO_TOTALS } from '../core/line-record.ts'
import { lineStats } from '../core/line-stats.ts'
import { countObstacles, NO_LATENCY, noObstacles } from '../core/origin-report.ts'
import { NO_RECENT_SITE, type SiteHealth, siteHealth } from '../core/site-health.ts'
import type { Deployment } from '../deployment.ts'
import type { RoomStats } from '../room/room-object.ts'
import { lineRules, type RoomSettings } from '../settings/rooms.ts'

export type RoomFigures = Omit<RoomStats, 'run'> & { readonly run: number | null }

export async function roomFigures({ stub }: Deployment, room: RoomSettings): Promise<RoomFigures> {
  const known: RoomStats | null = await stub(room).stats()
  // An object of an older version knows less.
  if (known !== null) {
    const { originLatency = NO_LATENCY, admissionFactor = 1, calls = 0, rowsWritten = 0, totals } = known
    const { recentSite = NO_RECENT_SITE } = known
    const pagesWithoutBeacon = countObstacles(noObstacles(), known.pagesWithoutBeacon)
    return {
      ...known,
      pagesWithoutBeacon,
      originLatency,
      recentSite,
      admissionFactor,
      calls,
      rowsWritten,
      totals: { ...NO_TOTALS, ...totals },
    }
  }
  const nowMs = Date.now()
  return {
    room: room.name,
    calls: 0,
    rowsWritten: 0,
    recentSite: NO_RECENT_SITE,
    ...lineStats(Line.start(lineRules(room), 0, nowMs), nowMs),
    run: null,
  }
}

/** How the site behind the room does, by the limits of the room. */
export function siteOf({ recentSite, admissionFactor }: RoomFigures, room: RoomSettings): SiteHealth {
  return siteHealth(recentSite, lineRules(room), admissionFactor)
}
