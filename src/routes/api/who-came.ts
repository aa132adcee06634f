/** `GET .../rooms/:room/who-came?from=&to=`: the report of src/core/who-came.ts. */
import type { Context } from 'hono'
import type { AppEnv } from '../../app-env.ts'
import { whoCame } from '../../core/who-came.ts'
import { DAY_MS, HOUR_MS } from '../../limits.ts'
import type { HistoryPoint } from '../../room/room-object.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { isoTime, NO_STORE } from './operation.ts'
import { readTimeRange } from './time-range.ts'

export async function whoCameReport(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const read = readTimeRange(c, HOUR_MS, { ms: 7 * DAY_MS, text: 'The range can be at most 7 days.' })
  if (read instanceof Response) return read
  const { fromMs, toMs } = read
  const points: HistoryPoint[] = await c.var.deployment.stub(room).history(fromMs, toMs, HOUR_MS)
  const range = { from: isoTime(fromMs), to: isoTime(toMs) }
  return c.json({ room: room.name, ...range, ...whoCame(points) }, 200, NO_STORE)
}
