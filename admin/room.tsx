/** One room: its figures and charts, what can be done, and what was done. */
import { useRef, useState } from 'hono/jsx/dom'
import { Actions } from './actions.tsx'
import { Alerts } from './alerts.tsx'
import {
  type Alerts as AlertsView,
  type Audit,
  call,
  get,
  type Settings,
  type Stats,
  type Values,
  valuesOf,
} from './api.ts'
import { AuditLog } from './audit.tsx'
import { Charts } from './charts.tsx'
import { Dialog, type Question } from './dialog.tsx'
import { Figures } from './figures.tsx'
import { usePolling } from './hooks.ts'
import { Steer } from './steer.tsx'
import { TicketLookup } from './ticket.tsx'

const STATS_EVERY_MS = 2_000
const SETTINGS_EVERY_MS = 6_000
const SLOW_EVERY_MS = 10_000

/** What was done, and how to undo it where that is possible. */
interface Notice {
  readonly text: string
  readonly isError: boolean
  readonly undo: (() => void) | null
}

/** What panels may ask the room for. */
export interface Controls {
  readonly mayWrite: boolean
  readonly values: Values
  readonly settings: Settings['settings']
  /** Changes settings; the notice offers to undo it. */
  readonly change: (what: string, patch: Values) => void
  /** Does what is no setting. */
  readonly act: (what: string, action: string, body: unknown, told?: (result: Values) => string) => void
  /** Asks first. */
  readonly ask: (question: Question) => void
}

export function Room({ name, covers, mayWrite }: { name: string; covers: string; mayWrite: boolean }) {
  const base = `/rooms/${name}`
  const stats = usePolling(`${name} stats`, STATS_EVERY_MS, () => get<Stats>(`${base}/stats`))
  const settings = usePolling(`${name} settings`, SETTINGS_EVERY_MS, () => call<Settings>('GET', `${base}/settings`))
  const alerts = usePolling(`${name} alerts`, SLOW_EVERY_MS, () => get<AlertsView>(`${base}/alerts`))
  const audit = usePolling(`${name} audit`, SLOW_EVERY_MS, () => get<Audit>(`${base}/audit?limit=20`))
  const [notice, setNotice] = useState<Notice | null>(null)
  const [question, setQuestion] = useState<Question | null>(null)
  const etag = useRef<string | null>(null)
  const polled = useRef<string | null>(null)
  const known = settings.value?.etag ?? null
  // The answer to a change is newer than the poll before it, which is still shown until the next.
  if (known !== polled.current) {
    polled.current = known
    etag.current = known
  }

  const settle = async (work: () => Promise<Omit<Notice, 'isError'>>) => {
    try {
      setNotice({ ...(await work()), isError: false })
    } catch (error) {
      setNotice({ text: (error as Error).message, isError: true, undo: null })
    }
    for (const asked of [stats, settings, audit]) asked.again()
  }
  const patch = async (values: Values, match: string): Promise<string> => {
    return (await call<Settings>('PATCH', `${base}/settings`, values, match)).etag ?? '*'
  }
  const current = settings.value === null ? null : valuesOf(settings.value.body.settings)
  const controls: Controls | null = settings.value && {
    mayWrite,
    values: current as Values,
    settings: settings.value.body.settings,
    change: (text, values) =>
      settle(async () => {
        const before = Object.fromEntries(Object.keys(values).map((key) => [key, (current as Values)[key] ?? null]))
        const next = await patch(values, etag.current ?? '*')
        etag.current = next
        // Only as long as nobody has changed anything since.
        const undo = () =>
          settle(async () => {
            await patch(before, next)
            return { text: `Undone: ${text}`, undo: null }
          })
        return { text, undo }
      }),
    act: (text, action, body, told) =>
      settle(async () => {
        const done = await call<{ result: Values }>('POST', `${base}/${action}`, body)
        return { text: told === undefined ? text : told(done.body.result), undo: null }
      }),
    ask: setQuestion,
  }
  const lost = stats.error ?? settings.error
  return (
    <main class="room">
      <div class="title">
        <h2>{name}</h2>
        <p class="muted">
          covers {covers} · <a href={`/__waiting-room/admin/preview?room=${name}`}>its waiting page</a>
        </p>
        {stats.value !== null && <States stats={stats.value} />}
      </div>
      {lost !== null && (
        <p class="banner error" role="alert">
          The room cannot be asked right now ({lost.message}). The figures are the last known ones; this page keeps
          trying.
        </p>
      )}
      <Figures stats={stats.value} />
      <Charts room={name} stats={stats.value} />
      <div class="columns">
        <div class="stack">
          {stats.value !== null && controls !== null && <Steer room={name} stats={stats.value} controls={controls} />}
          <Alerts view={alerts.value} controls={controls} />
          <TicketLookup room={name} />
        </div>
        {stats.value !== null && controls !== null && <Actions room={name} stats={stats.value} controls={controls} />}
      </div>
      <AuditLog room={name} newest={audit.value} />
      {/* Kept in place, so that screen readers hear what comes into it. */}
      <div class="notices" aria-live="polite">
        {notice !== null && (
          <p class={notice.isError ? 'notice error' : 'notice'}>
            <span>{notice.text}</span>
            {notice.undo !== null && (
              <button type="button" onClick={notice.undo}>
                Undo
              </button>
            )}
            <button type="button" aria-label="Dismiss" onClick={() => setNotice(null)}>
              ×
            </button>
          </p>
        )}
      </div>
      {question !== null && <Dialog question={question} onClose={() => setQuestion(null)} />}
    </main>
  )
}

function States({ stats }: { stats: Stats }) {
  const states = [
    stats.suspended ? ['suspended', 'warn'] : null,
    stats.mode === 'paused' ? ['paused', 'warn'] : null,
    stats.mode === 'queue-all' ? ['everyone waits', 'warn'] : null,
    stats.closed ? ['closed to newcomers', 'warn'] : null,
    (stats.admissionFactor ?? 1) < 1
      ? [`origin guard: ${Math.round(100 * (stats.admissionFactor ?? 1))}% of the rate`, 'warn']
      : null,
  ].filter((state) => state !== null)
  const shown = states.length > 0 ? states : [['open', 'good']]
  return (
    <p class="states">
      {shown.map(([text, kind]) => (
        <span key={text} class={`badge ${kind}`}>
          {text}
        </span>
      ))}
    </p>
  )
}
