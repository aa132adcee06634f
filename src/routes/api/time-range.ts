/** The times `from` and `to` of a query about the past. */
import type { Context } from 'hono'
import * as v from 'valibot'
import { problem } from '../../http/problem.ts'
import { HISTORY_RANGE_SLACK_MS } from '../../operators/limits.ts'
import type { Parameter } from './operation.ts'

export interface TimeRange {
  /** Included. */
  readonly fromMs: number
  /** Excluded; by default now. */
  readonly toMs: number
}

/** @param before how long before `to` the range begins by default */
export function rangeParameters(before: string): Readonly<Record<'from' | 'to', Parameter>> {
  const schema = v.string()
  return {
    from: { in: 'query', description: `ISO 8601, or ms since 1970. Default: ${before} before \`to\`.`, schema },
    to: { in: 'query', description: 'ISO 8601, or ms since 1970. Default: now.', schema },
  }
}

/** The longest range, and how a refusal names it. */
interface RangeMax {
  readonly ms: number
  readonly text: string
}

/**
 * Reads the range, or refuses it. Without `to` it may be a little longer, because clocks differ.
 */
export function readTimeRange(c: Context, defaultMs: number, max: RangeMax): TimeRange | Response {
  const endsNow = (c.req.query('to') ?? '') === ''
  const toMs = timeOf(c.req.query('to'), Date.now())
  const fromMs = timeOf(c.req.query('from'), toMs - defaultMs)
  if (Number.isNaN(toMs) || Number.isNaN(fromMs)) {
    return problem(400, 'Bad query', '"from" and "to" must be ISO 8601 times or milliseconds since 1970.')
  }
  if (fromMs >= toMs) return problem(400, 'Bad query', '"from" must be before "to".')
  if (toMs - fromMs > max.ms + (endsNow ? HISTORY_RANGE_SLACK_MS : 0)) {
    return problem(400, 'Range too wide', max.text)
  }
  return { fromMs, toMs }
}

/** An ISO 8601 date or time. `Date.parse` alone reads "room 1" as a year. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/

/** NaN when the text is not a time. */
function timeOf(text: string | undefined, defaultMs: number): number {
  if (text === undefined || text === '') return defaultMs
  if (/^\d{1,15}$/.test(text)) return Number(text)
  return ISO_TIME.test(text) ? Date.parse(text) : Number.NaN
}
