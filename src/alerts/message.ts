/**
 * A message of the queue `alerts`: one event for one channel. This module defines its shape and its
 * wording for channels that people read.
 */
import * as v from 'valibot'

const name = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,32}$/))
const whole = v.pipe(v.number(), v.integer(), v.minValue(0))

const base = {
  /**
   * Identical in every retry and duplicate of this message, so that receivers and the ledger can
   * deduplicate.
   */
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.-]{1,200}$/)),
  room: name,
  /** The name of a channel, or `stats-push` for a push of figures. */
  channel: name,
  /** When the event happened, ms since 1970. */
  atMs: whole,
}

const alert = v.object({
  ...base,
  kind: v.picklist(['firing', 'resolved', 'test']),
  rule: v.pipe(v.string(), v.maxLength(64)),
  metric: v.pipe(v.string(), v.maxLength(64)),
  /** The side of the threshold on which the rule fires; null for a test. */
  bound: v.nullable(v.picklist(['above', 'below'])),
  threshold: v.nullable(v.number()),
  value: v.nullable(v.number()),
  /** Of a rule about events that fires: the event, and when it starts or ended. */
  event: v.optional(v.object({ name: v.string(), atMs: whole })),
})

const stats = v.object({
  ...base,
  kind: v.literal('stats'),
  /** The figures of one minute, flat. */
  figures: v.record(v.string(), v.nullable(v.union([v.number(), v.string()]))),
})

const alertMessage = v.variant('kind', [alert, stats])

export type AlertMessage = v.InferOutput<typeof alertMessage>

/** A message for people. Figures are for machines only. */
export type AlertNotice = Exclude<AlertMessage, { kind: 'stats' }>

/** Null: the body has another shape. */
export function parseAlertMessage(body: unknown): AlertMessage | null {
  const result = v.safeParse(alertMessage, body)
  return result.success ? result.output : null
}

/** One line, for instance "Waiting room shop: crowd is firing". */
export function titleOf(notice: AlertNotice): string {
  const where = `Waiting room ${notice.room}`
  switch (notice.kind) {
    case 'firing':
      return notice.event === undefined
        ? `${where}: ${notice.rule} is firing`
        : `${where}: ${eventTitle(notice.metric, notice.event)}`
    case 'resolved':
      return `${where}: ${notice.rule} is resolved`
    case 'test':
      return `${where}: test message`
  }
}

type NoticedEvent = NonNullable<AlertNotice['event']>

function eventTitle(metric: string, event: NoticedEvent): string {
  const [label, at] = momentOf(metric, event)
  return `"${event.name}" ${label.toLowerCase()} ${at}`
}

function momentOf(metric: string, { atMs }: NoticedEvent): [label: string, at: string] {
  return [metric === 'event_starting' ? 'Starts at' : 'Ended at', new Date(atMs).toISOString()]
}

/** Pairs of label and value, in reading order. */
export function detailsOf(notice: AlertNotice): readonly (readonly [string, string])[] {
  const details: [string, string][] = [['Room', notice.room]]
  if (notice.rule !== '') details.push(['Rule', notice.rule])
  if (notice.metric !== '') details.push(['Metric', notice.metric])
  if (notice.event !== undefined) details.push(['Event', notice.event.name], momentOf(notice.metric, notice.event))
  if (notice.value !== null) details.push(['Value', String(notice.value)])
  if (notice.bound !== null && notice.threshold !== null) {
    details.push(['Fires when', `${notice.bound} ${notice.threshold}`])
  }
  details.push(['Time', new Date(notice.atMs).toISOString()])
  return details
}
