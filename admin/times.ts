/** Formats times in the reader's language and time zone. */

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** The time of day, with the date unless it is today. */
export function clockText(iso: string): string {
  const at = new Date(iso)
  const isToday = at.toDateString() === new Date().toDateString()
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
  return at.toLocaleString([], isToday ? time : { ...time, day: 'numeric', month: 'short' })
}

/** Date and time, for a log that spans days. */
export function dateText(iso: string): string {
  return new Date(iso).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' })
}

/** A time with weekday, date and time zone. */
export function momentText(iso: string): string {
  return new Date(iso).toLocaleString([], {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  })
}

/** The reader's time zone, as in "Europe/Berlin". */
export function zoneText(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

const UNITS = [
  [DAY_MS, 'd'],
  [HOUR_MS, 'h'],
  [MINUTE_MS, 'min'],
  [SECOND_MS, 's'],
] as const

/** A duration in its two largest units: "2 d 3 h", "4 min 12 s". */
export function countdownText(ms: number): string {
  const parts: string[] = []
  let rest = Math.max(0, ms)
  for (const [size, name] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (parts.length > 0 || count > 0) parts.push(`${count} ${name}`)
  }
  return parts.slice(0, 2).join(' ') || '0 s'
}

export type Moment =
  | { readonly state: 'none' }
  | { readonly state: 'past' }
  | { readonly state: 'ahead'; readonly iso: string; readonly note: string }

/** Reads the value of a `datetime-local` field, in the reader's time zone. */
export function readMoment(text: string, nowMs: number): Moment {
  const atMs = new Date(text).getTime()
  if (text === '' || Number.isNaN(atMs)) return { state: 'none' }
  if (atMs <= nowMs) return { state: 'past' }
  const iso = new Date(atMs).toISOString()
  return { state: 'ahead', iso, note: `${momentText(iso)}, in ${countdownText(atMs - nowMs)}` }
}
