/**
 * Each minute every room reports the minute that is over. A room that cannot be reached catches up
 * with the next report.
 */
import type { Deployment } from './deployment.ts'
import { logError } from './log/log.ts'

export async function reportMinute(
  scheduledMs: number,
  { rooms, stub }: Pick<Deployment, 'rooms' | 'stub'>,
): Promise<void> {
  const minute = Math.floor(scheduledMs / 60_000) - 1
  const reports = await Promise.allSettled(rooms.map((room) => stub(room).report(minute, room.name)))
  for (const [i, report] of reports.entries()) {
    if (report.status === 'rejected') logError('report_failed', report.reason, { room: rooms[i]?.name, minute })
  }
}
