/**
 * The alert of a smoke run. The cron fires as soon as the samples of this minute are above the
 * threshold, without waiting for the end of the minute, and once more when the crowd has gone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { readDeliveries, readHistory } from './admin-client.ts'
import { MINUTE_MS, minuteIsOver } from './cron.ts'
import { ALERT_ABOVE, type Stage } from './stage.ts'

const POLL_MS = 1_000
const DELIVERY_PATIENCE_MS = 8_000

/** Resolves once the crowd was reported; rejects with the signal. */
export async function reportCrowd(stage: Stage, signal: AbortSignal): Promise<void> {
  for (;;) {
    const minute = currentMinute()
    const points = await readHistory(stage, minute * MINUTE_MS).catch(() => [])
    const waiting = points.reduce((sum, point) => sum + point.waiting, 0)
    if (points.length > 0 && waiting / points.length > ALERT_ABOVE) return minuteIsOver(stage, minute)
    await sleep(POLL_MS, undefined, { signal })
  }
}

/** Reports up to this moment, then waits until every message has arrived or the time is up. */
export async function reportRest(stage: Stage, signal: AbortSignal): Promise<void> {
  await minuteIsOver(stage, currentMinute())
  const deadlineMs = Date.now() + DELIVERY_PATIENCE_MS
  while (Date.now() < deadlineMs) {
    const deliveries = await readDeliveries(stage)
    if (deliveries.every(({ state }) => state === 'delivered')) return
    await sleep(POLL_MS, undefined, { signal })
  }
}

/** Messages that were sent and did not arrive, arrived unsigned, or arrived without being sent. */
export async function undelivered(stage: Stage): Promise<string[]> {
  const { alertReceiver } = stage
  const deliveries = await readDeliveries(stage)
  const problems = (['firing', 'resolved'] as const).flatMap((kind) => {
    const [sent, arrived] = [deliveries.filter((delivery) => delivery.kind === kind).length, alertReceiver.count(kind)]
    return sent === arrived ? [] : [`${sent} alerts "${kind}" were sent, ${arrived} arrived`]
  })
  if (alertReceiver.refused > 0) problems.push(`${alertReceiver.refused} alerts arrived with a wrong signature`)
  return problems
}

function currentMinute(): number {
  return Math.floor(Date.now() / MINUTE_MS)
}
