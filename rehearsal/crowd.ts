/** Starts each visit at its time, and ends all of them when the rehearsal is over. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Plan } from './plan.ts'
import { newRecord, type VisitRecord } from './record.ts'
import type { Target } from './target.ts'
import { Visitor } from './visitor.ts'

/** @param records gets one record per visitor who came */
export async function playCrowd(
  target: Target,
  plans: readonly Plan[],
  records: VisitRecord[],
  signal: AbortSignal,
): Promise<void> {
  const startMs = Date.now()
  const visits: Promise<void>[] = []
  for (const plan of plans) {
    const waitMs = startMs + plan.arrivesMs - Date.now()
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) break
    const record = newRecord(plan, Date.now())
    records.push(record)
    visits.push(new Visitor(target, record, signal).run())
  }
  await Promise.all(visits)
}
