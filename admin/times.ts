/** Formats times in the reader's language and time zone. */

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

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

/** A time with weekday, date and time zone, and with the year unless it is this one. */
export function momentText(iso: string): string {
  const at = new Date(iso)
  return at.toLocaleString([], {
    ...(at.getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' }),
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

/** The value of a `datetime-local` field, in the reader's time zone. */
export function localText(iso: string): string {
  const at = new Date(iso)
  const pad = (value: number, length = 2) => String(value).padStart(length, '0')
  const day = `${pad(at.getFullYear(), 4)}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
  const [seconds, ms] = [at.getSeconds(), at.getMilliseconds()]
  const fraction = ms === 0 ? '' : `.${pad(ms, 3)}`
  const rest = seconds === 0 && ms === 0 ? '' : `:${pad(seconds)}${fraction}`
  return `${day}T${pad(at.getHours())}:${pad(at.getMinutes())}${rest}`
}

/**
 * The time of a `datetime-local` field with the offset of the reader's time zone at that time:
 * RFC 3339. A time that the clocks skip becomes the one that they show instead. A text that is not
 * a time stays as it is.
 */
export function withOffset(local: string): string {
  const at = new Date(local)
  if (Number.isNaN(at.getTime())) return local
  const minutes = -at.getTimezoneOffset()
  const pad = (value: number) => String(Math.trunc(value)).padStart(2, '0')
  const [hours, rest] = [Math.abs(minutes) / 60, Math.abs(minutes) % 60]
  const text = localText(at.toISOString())
  return `${text.length === 16 ? `${text}:00` : text}${minutes < 0 ? '-' : '+'}${pad(hours)}:${pad(rest)}`
}
