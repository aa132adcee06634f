/** One room: its figures and charts, what can be done, and what was done. */
import { useRef, useState } from 'hono/jsx/dom'
import { Actions } from './actions.tsx'
import { Alerts } from './alerts.tsx'
import {
  type Alerts as AlertsView,
  type Audit,
  call,
  get,
  type RoomList,
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
import { shownMessage } from './message.tsx'
import { Pinned } from './pinned.tsx'
import { Preview } from './preview.tsx'
import { Steer } from './steer.tsx'
import { TicketLookup } from './ticket.tsx'
import { siteText } from './words.ts'

const STATS_EVERY_MS = 2_000
const SETTINGS_EVERY_MS = 6_000
const SLOW_EVERY_MS = 10_000

/** What holds where the settings are not known yet. */
const TICK_DEFAULT_SECONDS = 10

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
  /** Time between two samples. */
  readonly tickSeconds: number
  /** Changes settings; the notice offers to undo it. */
  readonly change: (what: string, patch: Values) => void
  /** Does what is no setting. */
  readonly act: (what: string, action: string, body: unknown, told?: (result: Values) => string) => void
  /** Asks first. */
  readonly ask: (question: Question) => void
}

interface Props {
  readonly name: string
  readonly covers: string
  readonly preview: RoomList['preview']
  readonly mayWrite: boolean
  /** What is above every room. */
  readonly children?: unknown
}

export function Room({ name, covers, preview, mayWrite, children }: Props) {
  const base = `/rooms/${name}`
  const stats = usePolling(`${name} stats`, STATS_EVERY_MS, () => get<Stats>(`${base}/stats`))
  const settings = usePolling(`${name} settings`, SETTINGS_EVERY_MS, () => call<Settings>('GET', `${base}/settings`))
  const alerts = usePolling(`${name} alerts`, SLOW_EVERY_MS, () => get<AlertsView>(`${base}/alerts`))
  const audit = usePolling(`${name} audit`, SLOW_EVERY_MS, () => get<Audit>(`${base}/audit?limit=20`))
  const [notice, setNotice] = useState<Notice | null>(null)
  const [question, setQuestion] = useState<Question | null>(null)
  const turn = useRef<Promise<void>>(Promise.resolve())
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
  // One after the other: the second of two quick clicks must know what the first one changed.
  const inTurn = (work: () => Promise<Omit<Notice, 'isError'>>) => {
    turn.current = (turn.current as Promise<void>).then(() => settle(work))
  }
  const patch = async (values: Values, match: string): Promise<string> => {
    return (await call<Settings>('PATCH', `${base}/settings`, values, match)).etag ?? '*'
  }
  // By the room's clock: the browser's may be wrong.
  const nowMs = stats.value === null ? Date.now() : Date.parse(stats.value.at)
  const body = settings.value?.body ?? null
  const tickSeconds = Number(body?.deployedOnly.check_interval_seconds ?? TICK_DEFAULT_SECONDS)
  const current = body === null ? null : valuesOf(body.settings)
  const controls: Controls | null = body && {
    mayWrite,
    values: current as Values,
    settings: body.settings,
    tickSeconds,
    change: (text, values) =>
      inTurn(async () => {
        const before = undoOf(values, current as Values, nowMs)
        const next = await patch(values, etag.current ?? '*')
        etag.current = next
        // Only as long as nobody has changed anything since.
        const undo = () =>
          inTurn(async () => {
            await patch(before, next)
            return { text: `Undone: ${text}`, undo: null }
          })
        return { text, undo }
      }),
    act: (text, action, sent, told) =>
      inTurn(async () => {
        const done = await call<{ result: Values }>('POST', `${base}/${action}`, sent)
        return { text: told === undefined ? text : told(done.body.result), undo: null }
      }),
    ask: setQuestion,
  }
  const lost = stats.error ?? settings.error
  const isReady = stats.value !== null && controls !== null
  return (
    <>
      <div class="page">
        {children as never}
        <main class="room">
          <div class="title">
            <h2>{name}</h2>
            <p class="muted">covers {covers}</p>
          </div>
          {lost !== null && (
            <p class="banner error" role="alert">
              The room cannot be reached right now ({lost.message}). The figures are the last known ones. This page
              keeps trying.
            </p>
          )}
          {stats.value?.site.state === 'bad' && (
            <p class="banner error" role="alert">
              <b>The site is failing.</b> {siteText(stats.value.site)}
            </p>
          )}
          <Figures stats={stats.value} />
          <Charts room={name} stats={stats.value} tickSeconds={tickSeconds} />
          <div class="columns">
            <div class="stack">
              {isReady && <Steer room={name} stats={stats.value as Stats} controls={controls} />}
              <Alerts polled={alerts} controls={controls} />
              <TicketLookup room={name} />
              <Preview room={name} choices={preview} message={current === null ? null : shownMessage(current, nowMs)} />
            </div>
            {isReady && <Actions room={name} stats={stats.value as Stats} controls={controls} />}
          </div>
          <AuditLog room={name} polled={audit} />
        </main>
      </div>
      {/* Beside the page, not above it: what is in it never covers anything. */}
      <footer class="foot">
        {/* Kept in place, so that screen readers hear what comes into it. */}
        <div class="notices" aria-live="polite">
          {notice !== null && (
            <p class={notice.isError ? 'notice error' : 'notice'}>
              <span class="notice-text">{notice.text}</span>
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
        {isReady && <Pinned room={name} stats={stats.value as Stats} controls={controls} />}
      </footer>
      {question !== null && <Dialog question={question} onClose={() => setQuestion(null)} />}
    </>
  )
}

/** The values to go back to. A time that has passed since is not set again: what it ended stays ended. */
function undoOf(patch: Values, current: Values, nowMs: number): Values {
  const before = Object.fromEntries(Object.keys(patch).map((key) => [key, current[key] ?? null]))
  const isOver = (key: string) => typeof before[key] === 'string' && Date.parse(String(before[key])) <= nowMs
  return {
    ...before,
    ...(isOver('opens_at') ? { closed: false, opens_at: null } : {}),
    ...(isOver('message_until') ? { message: null, message_until: null } : {}),
  }
}
