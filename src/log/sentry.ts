/**
 * Sends reports to Sentry, or to anything that takes its envelopes, by toucan-js. The library sees neither the request nor
 * the error itself, only the report, and of the event it makes only what is named here goes out.
 */
import { Toucan } from 'toucan-js'
import packageJson from '../../package.json' with { type: 'json' }
import type { Report } from './reporter.ts'

/** A receiver that hangs is cut off. */
const REPORT_TIMEOUT_MS = 5_000

const DSN = /^https?:\/\/\w+@[\w.-]+(:\d+)?\/([\w.-]+\/)*\d+$/

type BeforeSend = NonNullable<ConstructorParameters<typeof Toucan>[0]['beforeSend']>
type SentryEvent = Parameters<BeforeSend>[0]

/** Null: not set, or not of the form `https://key@host/project`. */
export function usableDsn(value: unknown): string | null {
  return typeof value === 'string' && DSN.test(value) ? value : null
}

/** A sender for the reporter; throws where the report was not taken. */
export function sentrySender(dsn: string): (report: Report) => Promise<void> {
  return async (report) => {
    let sending: Promise<unknown> = Promise.reject(new Error('the report was not sent'))
    sending.catch(() => {})
    // One client per report: it keeps promises, which belong to the event that made them.
    const sentry = new Toucan({
      dsn,
      release: packageJson.version,
      defaultIntegrations: false,
      context: {
        waitUntil: (promise) => {
          sending = promise
        },
      },
      beforeSend: (event) => onlyOf(report, event),
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

function onlyOf({ event, tags, figures }: Report, made: SentryEvent): SentryEvent {
  const only: SentryEvent = {
    type: undefined,
    // Of the platform "javascript" Sentry would keep the sender's address as the user's; `infer_ip` says so once more.
    platform: 'node',
    level: 'error',
    message: event,
    fingerprint: [event, '{{ default }}'],
    tags: { event, ...tags },
    extra: { ...figures },
    sdk: { settings: { infer_ip: 'never' } } as NonNullable<SentryEvent['sdk']>,
  }
  const { event_id, timestamp, release, exception } = made
  return Object.assign(only, { event_id, timestamp, release, exception })
}

/** Neither follows redirects, which would carry the report elsewhere, nor waits for long. */
const post: typeof fetch = async (url, init) => {
  const signal = AbortSignal.timeout(REPORT_TIMEOUT_MS)
  const response = await fetch(url, { ...init, redirect: 'manual', signal })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`the receiver answered ${response.status}`)
  return response
}
