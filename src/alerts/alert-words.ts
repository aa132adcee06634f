/**
 * An alert in words, for channels that people read.
 */
import type { AlertMessage } from './alert-message.ts'

/** What people are told; figures are for machines only. */
export type AlertNotice = Exclude<AlertMessage, { kind: 'stats' }>

/** One line, for instance "Waiting room shop: crowd is firing". */
export function titleOf(notice: AlertNotice): string {
  const where = `Waiting room ${notice.room}`
  switch (notice.kind) {
    case 'firing':
      return `${where}: ${notice.rule} is firing`
    case 'resolved':
      return `${where}: ${notice.rule} is resolved`
    case 'test':
      return `${where}: test message`
  }
}

/** Label and value, in the order in which they are read. */
export function detailsOf(notice: AlertNotice): readonly (readonly [string, string])[] {
  const details: [string, string][] = [['Room', notice.room]]
  if (notice.rule !== '') details.push(['Rule', notice.rule])
  if (notice.metric !== '') details.push(['Metric', notice.metric])
  if (notice.value !== null) details.push(['Value', String(notice.value)])
  if (notice.bound !== null && notice.threshold !== null) {
    details.push(['Fires when', `${notice.bound} ${notice.threshold}`])
  }
  details.push(['Time', new Date(notice.atMs).toISOString()])
  return details
}
