/**
 * Sends reports to Sentry, or to any service that accepts its envelopes, with toucan-js. The
 * library sees neither the request nor the original error, only the report, and only the fields
 * named here are sent.
 */
import { waitUntil } from 'cloudflare:workers'
import { Toucan } from 'toucan-js'
import { version } from '../../package.json'
import { logWarning } from './log.ts'
import { createReporter, type Report, type Reporter } from './reporter.ts'

/** Bounds the request to a receiver that hangs. */
const REPORT_TIMEOUT_MS = 5_000

const DSN = /^https?:\/\/\w+@[\w.-]+(:\d+)?\/([\w.-]+\/)*\d+$/

type BeforeSend = NonNullable<ConstructorParameters<typeof Toucan>[0]['beforeSend']>
type SentryEvent = Parameters<BeforeSend>[0]

/**
 * The reporter of an isolate, null without a usable DSN. It holds no request: the platform's
 * `waitUntil` extends whichever event is running.
 */
export function sentryReporter(value: string | undefined): Reporter | null {
  if (value === undefined || value === '') return null
  const dsn = usableDsn(value)
  if (dsn !== null) {
    return createReporter({ send: sentrySender(dsn), waitUntil, nowMs: () => Date.now(), warn: logWarning })
  }
  // Missing reports are no reason to stop serving.
  logWarning('sentry_dsn_unusable', { error: 'SENTRY_DSN must look like https://key@host/project: reports stay off' })
  return null
}

/** Null: not set, or not of the form `https://key@host/project`. */
export function usableDsn(value: unknown): string | null {
  return typeof value === 'string' && DSN.test(value) ? value : null
}

/** @throws (the sender) if the receiver did not accept the report */
function sentrySender(dsn: string): (report: Report) => Promise<void> {
  return async (report) => {
    let sending: Promise<unknown> = Promise.reject(new Error('the report was not sent'))
    sending.catch(() => {})
    // One client per report: a client keeps promises, which are bound to the event that created
    // them.
    const sentry = new Toucan({
      dsn,
      release: version,
      defaultIntegrations: false,
      context: {
        waitUntil: (promise) => {
          sending = promise
        },
      },
      beforeSend: (event) => allowedEvent(report, event),
      transportOptions: { fetcher: post },
    })
    sentry.captureException(errorOf(report))
    await sending
  }
}

function errorOf({ type, message, stack }: Report): Error {
  const error = new Error(message)
  error.name = type
  error.stack = stack
  return error
}

function allowedEvent({ event, tags, figures }: Report, built: SentryEvent): SentryEvent {
  const allowed: SentryEvent = {
    type: undefined,
    // For the platform "javascript" Sentry would store the sender's address as the user's.
    // `infer_ip` also forbids it.
    platform: 'node',
    level: 'error',
    message: event,
    fingerprint: [event, '{{ default }}'],
    tags: { event, ...tags },
    extra: { ...figures },
    sdk: { settings: { infer_ip: 'never' } } as NonNullable<SentryEvent['sdk']>,
  }
  const { event_id, timestamp, release, exception } = built
  return Object.assign(allowed, { event_id, timestamp, release, exception })
}

/** Does not follow redirects, which would send the report elsewhere. */
const post: typeof fetch = async (url, init) => {
  const signal = AbortSignal.timeout(REPORT_TIMEOUT_MS)
  const response = await fetch(url, { ...init, redirect: 'manual', signal })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`the receiver answered ${response.status}`)
  return response
}
