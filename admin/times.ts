/** Times in the reader's own words. */

/** The time of day; for another day with its date. */
export function clockText(iso: string): string {
  const at = new Date(iso)
  const isToday = at.toDateString() === new Date().toDateString()
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
  return at.toLocaleString([], isToday ? time : { ...time, day: 'numeric', month: 'short' })
}
