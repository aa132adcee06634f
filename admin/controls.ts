/**
 * The actions of panels on a room. Changes run one at a time, and a change of settings can be
 * undone.
 */
import { useRef, useState } from 'hono/jsx/dom'
import { call, type Reply, type Settings, type Values, valuesOf } from './api.ts'
import type { Question } from './dialog.tsx'
import type { Polled } from './hooks.ts'

/** Used until the settings are known. */
const TICK_DEFAULT_SECONDS = 10

export interface Controls {
  readonly mayWrite: boolean
  readonly values: Values
  readonly settings: Settings['settings']
  readonly deployedOnly: Settings['deployedOnly']
  /** Interval between two samples. */
  readonly tickSeconds: number
  /** Changes settings. The notice, which shows `text`, offers to undo the change. */
  readonly change: (text: string, patch: Values) => void
  /**
   * Runs an action that is not a setting. `describe` makes the notice from the result, in place of
   * `text`.
   */
  readonly act: (text: string, action: string, body: unknown, describe?: (result: Values) => string) => void
  /**
   * Runs any other change. The notice shows the text that it returns, or else why it failed. Null:
   * no notice.
   */
  readonly run: (work: () => Promise<string | null>) => void
  /** Asks the operator to confirm. */
  readonly ask: (question: Question) => void
}

/** The outcome of the last change, with a way to undo it where there is one. */
export interface Notice {
  readonly text: string
  readonly isError: boolean
  readonly undo: (() => void) | null
}

interface Source {
  readonly room: string
  readonly mayWrite: boolean
  readonly settings: Polled<Reply<Settings>>
  /** The room's clock. */
  readonly nowMs: number
  readonly ask: (question: Question) => void
  /** Loads again what a change may have affected. */
  readonly refresh: () => void
}

interface RoomControls {
  /** Null until the settings are loaded. */
  readonly controls: Controls | null
  readonly tickSeconds: number
  readonly notice: Notice | null
  readonly dismiss: () => void
}

export function useControls({ room, mayWrite, settings, nowMs, ask, refresh }: Source): RoomControls {
  const { notice, dismiss, enqueue } = useChanges(refresh)
  const etag = useLatestEtag(settings.value?.etag ?? null)

  const patch = async (values: Values, match: string): Promise<string> =>
    (await call<Settings>('PATCH', `/rooms/${room}/settings`, values, match)).etag ?? '*'

  const change = (text: string, values: Values, current: Values) =>
    enqueue(async () => {
      const before = undoOf(values, current, nowMs)
      const changed = await patch(values, etag.current ?? '*')
      etag.current = changed
      // The entity tag makes the server refuse to undo once someone else has changed a setting.
      const undo = () =>
        enqueue(async () => {
          etag.current = await patch(before, changed)
          return { text: `Undone: ${text}`, undo: null }
        })
      return { text, undo }
    })

  const act: Controls['act'] = (text, action, body, describe) =>
    enqueue(async () => {
      const done = await call<{ result: Values }>('POST', `/rooms/${room}/${action}`, body)
      return { text: describe === undefined ? text : describe(done.body.result), undo: null }
    })

  const run: Controls['run'] = (work) =>
    enqueue(async () => {
      const text = await work()
      return text === null ? null : { text, undo: null }
    })

  const body = settings.value?.body ?? null
  const values = body === null ? null : valuesOf(body.settings)
  const tickSeconds = Number(body?.deployedOnly.check_interval_seconds ?? TICK_DEFAULT_SECONDS)
  const controls = body &&
    values && {
      mayWrite,
      values,
      settings: body.settings,
      deployedOnly: body.deployedOnly,
      tickSeconds,
      change: (text: string, changes: Values) => change(text, changes, values),
      act,
      run,
      ask,
    }
  return { controls, tickSeconds, notice, dismiss }
}

/** Makes changes one after the other, and notes what became of the last one. */
function useChanges(refresh: () => void) {
  const [notice, setNotice] = useState<Notice | null>(null)
  const queue = useRef<Promise<void>>(Promise.resolve())
  // Changes run in order: the second of two quick clicks must see the result of the first.
  const enqueue = (work: () => Promise<Omit<Notice, 'isError'> | null>) => {
    queue.current = (queue.current as Promise<void>).then(async () => {
      try {
        const done = await work()
        if (done !== null) setNotice({ ...done, isError: false })
      } catch (error) {
        setNotice({ text: (error as Error).message, isError: true, undo: null })
      }
      refresh()
    })
  }
  return { notice, dismiss: () => setNotice(null), enqueue }
}

/** The newest entity tag of the settings: of a poll, or of a change made after it. */
function useLatestEtag(polledEtag: string | null): { current: string | null } {
  const etag = useRef<string | null>(null)
  const lastPolled = useRef<string | null>(null)
  if (polledEtag !== lastPolled.current) {
    lastPolled.current = polledEtag
    etag.current = polledEtag
  }
  return etag
}

/**
 * The patch that undoes `patch`. A time that has passed meanwhile is not restored: what it ended
 * stays ended.
 */
function undoOf(patch: Values, current: Values, nowMs: number): Values {
  const before = Object.fromEntries(Object.keys(patch).map((key) => [key, current[key] ?? null]))
  const isOver = (key: string) => typeof before[key] === 'string' && Date.parse(String(before[key])) <= nowMs
  return {
    ...before,
    ...(isOver('opens_at') ? { closed: false, opens_at: null } : {}),
    ...(isOver('message_until') ? { message: null, message_until: null } : {}),
  }
}
