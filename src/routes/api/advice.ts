/** `GET .../rooms/:room/advice`: thresholds from the samples of the last days. */
import type { Context } from 'hono'
import type { AppEnv } from '../../app-env.ts'
import { type Advice, advise } from '../../core/advice.ts'
import { SAMPLES_KEPT_MS } from '../../limits.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { isoTime, NO_STORE, type Operation, ROOM_PARAMETER, withRoom } from './operation.ts'
import { adviceSchema } from './report-schemas.ts'

export const adviceOperations: readonly Operation[] = [
  {
    id: 'getAdvice',
    method: 'get',
    path: '/rooms/{room}/advice',
    tag: 'figures',
    summary: 'Thresholds that the visitors of the last 7 days would need',
    description: 'Says what visitors need, not what the site can carry. Best with the queueing method `passthrough`.',
    needs: 'read',
    parameters: ROOM_PARAMETER,
    answers: { 200: { description: 'The figures and the suggestion.', schema: adviceSchema } },
    handle: withRoom(advice),
  },
]

const NOBODY: Advice = advise({ arrivals: [], onSite: [], inLine: [], siteTimes: [] }, false)

async function advice(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const toMs = Date.now()
  const fromMs = toMs - SAMPLES_KEPT_MS
  const known: Advice | null = await c.var.deployment.stub(room).advice(fromMs, toMs)
  return c.json({ room: room.name, from: isoTime(fromMs), to: isoTime(toMs), ...(known ?? NOBODY) }, 200, NO_STORE)
}
