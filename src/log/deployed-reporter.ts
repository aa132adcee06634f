/**
 * The reporter of this deployment, one per isolate, null without `SENTRY_DSN`. It holds nothing of any request: the
 * platform's `waitUntil` acts on whatever event is running.
 */
import { env, waitUntil } from 'cloudflare:workers'
import { logWarning } from './log.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { sentrySender, usableDsn } from './sentry.ts'

export const deployedReporter: Reporter | null = reporterOf(env.SENTRY_DSN)

function reporterOf(value: string | undefined): Reporter | null {
  if (value === undefined || value === '') return null
  const dsn = usableDsn(value)
  if (dsn !== null)
    return createReporter({ send: sentrySender(dsn), waitUntil, nowMs: () => Date.now(), warn: logWarning })
  // Reports are not worth a refusal to serve.
  logWarning('sentry_dsn_unusable', { error: 'SENTRY_DSN must look like https://key@host/project: reports stay off' })
  return null
}
