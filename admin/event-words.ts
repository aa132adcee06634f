/** The vocabulary of events: badges, times and refusals. */
import { type Events, Refused, type RoomEvent } from './api.ts'
import { clockText, countdownText, momentText } from './times.ts'
import { nameOf } from './words.ts'

/** Events in the order that operators read them: the next one first, the last ended one last. */
export function sorted(events: Events['events'], nowMs: number) {
  return {
    ahead: events.filter((event) => !isOver(event, nowMs)),
    over: events.filter((event) => isOver(event, nowMs)).reverse(),
  }
}

/** A suspended event has no phase. */
export function isOver({ phase, event_end_time }: RoomEvent, nowMs: number): boolean {
  return phase === 'ended' || (phase === 'none' && Date.parse(event_end_time) <= nowMs)
}

/** The event whose lobby is open, or that runs. */
export function underWay(events: Events['events']): RoomEvent | null {
  return events.find(({ phase }) => phase === 'lobby' || phase === 'drawing' || phase === 'running') ?? null
}

/** The event under way, or else the next one. */
export function nextEvent(events: Events['events'], nowMs: number): RoomEvent | null {
  return underWay(events) ?? events.find((event) => !event.suspended && !isOver(event, nowMs)) ?? null
}

/** A lobby or a draw: nobody is admitted. */
export function holdsLine(event: RoomEvent | null): boolean {
  return event?.phase === 'lobby' || event?.phase === 'drawing'
}

export function eventBadge(event: RoomEvent, nowMs: number): { readonly text: string; readonly kind: string } {
  if (isOver(event, nowMs)) return { text: 'Ended', kind: '' }
  if (event.suspended) return { text: 'Suspended', kind: 'warn' }
  switch (event.phase) {
    case 'lobby':
      return { text: 'Lobby open', kind: 'warn' }
    case 'drawing':
      return { text: 'Drawing', kind: 'warn' }
    case 'running':
      return { text: 'Running', kind: 'good' }
    default:
      return { text: 'Upcoming', kind: '' }
  }
}

/** How far away the next border is. */
export function borderText(event: RoomEvent, nowMs: number): string {
  const { prequeue_start_time: lobby, event_start_time: start, event_end_time: end } = event
  const until = (time: string) => countdownText(Date.parse(time) - nowMs)
  if (isOver(event, nowMs)) return `Ended ${momentText(end)}.`
  if (event.suspended) return 'Ignored until it is resumed.'
  switch (event.phase) {
    case 'lobby':
      return `Starts in ${until(start)}.`
    case 'drawing':
      return 'The draw is being made: this takes up to a minute.'
    case 'running':
      return `Ends in ${until(end)}.`
    default:
      return lobby === null ? `Starts in ${until(start)}.` : `The lobby opens in ${until(lobby)}.`
  }
}

export function sourceText({ source, changedAt, changedBy }: RoomEvent): string {
  const by = `by ${changedBy}, ${clockText(changedAt)}`
  switch (source) {
    case 'deployed':
      return 'From wrangler.toml.'
    case 'override':
      return `From wrangler.toml, changed here ${by}.`
    case 'api':
      return `Created here. Last change ${by}.`
  }
}

/** The anchor of an event, for links of the page. */
export function eventAnchor(id: string): string {
  return `event-item-${id}`
}

export const METHODS: Readonly<Record<string, string>> = {
  '': 'The room’s',
  fifo: 'In line, in order',
  random: 'In line, in random rounds',
  passthrough: 'Everyone goes straight to the site',
  reject: 'Newcomers are turned away',
}

const KEYS = /\b[a-z]+(?:_[a-z]+)+\b/g
const TIMES = /\b\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)/g

/** A problem that the API reports, in the words of the page. */
export function problemText(problem: string, keepsKeys = false): string {
  const label = (key: string) => (keepsKeys || nameOf(key) === key.replaceAll('_', ' ') ? key : `“${nameOf(key)}”`)
  const text = problem.replace(TIMES, momentText).replace(KEYS, label)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** Why a change of an event was refused, and what to do. */
export function refusalText(error: Error): string {
  if (!(error instanceof Refused)) return error.message
  if (error.status === 412) return 'Someone else has changed the event meanwhile. Check it, and try again.'
  if (error.problems.length === 0) return error.message
  return error.problems
    .map(({ key, problem }) => (key === '' ? problemText(problem) : `“${nameOf(key)}” ${problemText(problem)}`))
    .join(' ')
}

/** Whether a running event decides the capacity and the rate, so that those of the room wait. */
export function overridden(event: RoomEvent | null, nowMs: number): { capacity: boolean; rate: boolean } {
  if (event?.phase !== 'running') return { capacity: false, rate: false }
  const plan = event.rate_plan ?? []
  // A ramp begins at the step before it.
  const begun = plan.filter(({ at, ramp }, i) => Date.parse((ramp && plan[i - 1]?.at) || at) <= nowMs)
  return {
    capacity:
      event.total_active_users !== null || begun.some(({ total_active_users: users }) => typeof users === 'number'),
    rate: event.new_users_per_minute !== null || begun.length > 0,
  }
}
