/** The demo's cron. `wrangler dev` fires none, so the demo calls the path that triggers it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stage } from './stage.ts'

export const MINUTE_MS = 60_000
const CALL_TIMEOUT_MS = 10_000
/** The last sample of a minute may be slightly late. */
const AFTER_THE_MINUTE_MS = 500

/** Fires the cron as at the end of `minute` (since 1970). */
export async function minuteIsOver(stage: Stage, minute: number): Promise<void> {
  const url = `${stage.baseUrl}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&time=${(minute + 1) * MINUTE_MS}`
  const response = await fetch(url, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`the cron answered ${response.status}`)
}

/** Fires every minute, until the signal. The next minute makes up for one that fails. */
export async function runCron(stage: Stage, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const minute = Math.floor(Date.now() / MINUTE_MS)
    const overMs = (minute + 1) * MINUTE_MS + AFTER_THE_MINUTE_MS
    await sleep(overMs - Date.now(), undefined, { signal }).catch(() => {})
    if (!signal.aborted) await minuteIsOver(stage, minute).catch(() => {})
  }
}
