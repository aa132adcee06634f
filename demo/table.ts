/**
 * The live figures: a table redrawn in place on a terminal, otherwise a line every few seconds.
 * Owns the drawing; the figures come from the object's own record.
 */
import type { WriteStream } from 'node:tty'
import type { JournalEntry } from './admin-client.ts'
import type { ReceivedAlert } from './alert-receiver.ts'
import { type Figures, spread } from './figures.ts'
import { leaverDelaysSeconds } from './monitor.ts'
import type { Visitor } from './visitor.ts'

const LINE_EVERY_MS = 5_000
const EVENT_LINES = 8
const ALERT_LINES = 2
/** Free lines of the terminal: the prompt, and the text above the table. */
const SPARE_LINES = 8
const DEFAULT_COLUMNS = 80
const DEFAULT_ROWS = 24

/** The text for an event, by the previous state if that matters. */
function eventText({ number, event, from }: JournalEntry): string {
  const who = `number ${number}`
  switch (event) {
    case 'joined':
      return `${who} takes a place in line`
    case 'admitted':
      return `${who} is called`
    case 'claimed':
      return `${who} comes in`
    case 'expired':
      if (from === 'waiting') return `${who} has fallen silent in line`
      return from === 'offered' ? `${who} did not come when called` : `${who} has vanished from the site`
    case 'returned':
      return `${who} is back, and keeps the number`
    case 'left':
      return `${who} leaves`
    case 'ended':
      return `${who}: the session was ended`
    case 'forgotten':
      return `${who} stayed away too long`
  }
}

export class FigureTable {
  readonly #out: WriteStream
  #drawnLines = 0
  #lastLineMs = 0
  #newestAlert: ReceivedAlert | undefined

  constructor(out: WriteStream) {
    this.#out = out
  }

  /** `alerts`: in order of arrival. `event`: the state of the event, if the run has one. */
  show(figures: Figures, visitors: readonly Visitor[], alerts: readonly ReceivedAlert[], event?: string): void {
    if (this.#out.isTTY) this.#draw(figures, visitors, alerts, event)
    else this.#print(figures, alerts, event)
  }

  #draw(figures: Figures, visitors: readonly Visitor[], alerts: readonly ReceivedAlert[], event?: string): void {
    const columns = this.#out.columns ?? DEFAULT_COLUMNS
    const room = Math.max(0, (this.#out.rows ?? DEFAULT_ROWS) - SPARE_LINES)
    const arrived = alerts.slice(-ALERT_LINES).map((alert) => `  ${alertLine(alert)}`)
    const course = event === undefined ? [] : [`  event: ${event}`]
    const lines = [...figureLines(figures, visitors), ...course, ...arrived, '', ...eventLines(figures)].slice(0, room)
    const up = this.#drawnLines === 0 ? '' : `\x1b[${this.#drawnLines}A`
    // One write prevents half-drawn tables on slow terminals. Lines are cut, because a wrapped line
    // would be counted wrong.
    const text = lines.map((line) => `\x1b[2K${line.slice(0, columns - 1)}\n`).join('')
    this.#out.write(`\r${up}${text}\x1b[J`)
    this.#drawnLines = lines.length
  }

  #print(figures: Figures, alerts: readonly ReceivedAlert[], event?: string): void {
    const known = this.#newestAlert === undefined ? -1 : alerts.indexOf(this.#newestAlert)
    for (const alert of alerts.slice(known + 1))
      this.#out.write(`${new Date().toISOString().slice(11, 19)}  ${alertLine(alert)}\n`)
    this.#newestAlert = alerts.at(-1)
    if (Date.now() - this.#lastLineMs < LINE_EVERY_MS) return
    this.#lastLineMs = Date.now()
    const cells = columnsOf(figures).map(([name, value]) => `${name} ${value}`)
    if (event !== undefined) cells.unshift(event)
    this.#out.write(`${new Date().toISOString().slice(11, 19)}  ${cells.join(', ')}\n`)
  }
}

function alertLine({ text }: ReceivedAlert): string {
  return `Alert: ${text}`
}

function columnsOf({ stats, licences }: Figures): (readonly [name: string, value: string])[] {
  if (stats === null || licences === null) return []
  return [
    ['active', `${stats.active}/${stats.capacity}`],
    ['waiting', String(stats.waiting)],
    ['absent', String(stats.absent)],
    ['joined', String(stats.totals.joined)],
    ['admitted', String(stats.totals.admitted)],
    ['expired', String(stats.totals.expired)],
    ['returned', String(stats.totals.returned)],
    ['licences', `${licences.held}/${licences.capacity}`],
    ['overloads', String(licences.overloads)],
  ]
}

function figureLines(figures: Figures, visitors: readonly Visitor[]): string[] {
  const columns = columnsOf(figures)
  // As narrow as the text allows: the table must fit 80 columns.
  const row = (cellOf: (name: string, value: string) => string) =>
    ` ${columns.map(([name, value]) => ` ${cellOf(name, value).padStart(Math.max(name.length, value.length))}`).join('')}`
  const found = spread(leaverDelaysSeconds(visitors, figures).filter((delay) => delay !== null))
  return [
    row((name) => name),
    row((name) => '─'.repeat(name.length)),
    row((_name, value) => value),
    '',
    `  let in out of order: ${figures.orderViolations}; most at once: ${figures.maxActive}`,
    `  silent leavers found after: ${found === null ? '(none yet)' : `${found.min} to ${found.max} s, median ${found.median} s`}`,
    ...visitors.flatMap(({ complaints }) => complaints.map((text) => `  broken promise: ${text}`)).slice(-1),
  ]
}

function eventLines(figures: Figures): string[] {
  return figures.latest
    .slice(-EVENT_LINES)
    .map((entry) => `  ${new Date(entry.atMs).toTimeString().slice(0, 8)}  ${eventText(entry)}`)
}
