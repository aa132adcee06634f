/** Figures as CSV. */
import type { Context } from 'hono'
import * as v from 'valibot'
import { NO_STORE, type Parameter } from './operation.ts'

type Cell = string | number | null

/**
 * RFC 4180, with the columns of the first row. Cells are numbers, times and our own words, which
 * need no quotes; null is empty.
 */
export function csvResponse(c: Context, name: string, rows: readonly Readonly<Record<string, Cell>>[]): Response {
  const columns = Object.keys(rows[0] ?? { at: null })
  const lines = rows.map((row) => columns.map((column) => row[column] ?? '').join(','))
  return c.body(`${[columns.join(','), ...lines].join('\r\n')}\r\n`, 200, {
    ...NO_STORE,
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="${name}.csv"`,
  })
}

export const FORMAT_PARAMETER: Parameter = {
  in: 'query',
  description: 'Default: json, or csv for `Accept: text/csv`.',
  schema: v.picklist(['json', 'csv']),
}

/** From the query, otherwise from the `Accept` header; null when the query is invalid. */
export function formatOf(c: Context): 'json' | 'csv' | null {
  const format = c.req.query('format')
  if (format === undefined) return /\btext\/csv\b/i.test(c.req.header('Accept') ?? '') ? 'csv' : 'json'
  return format === 'json' || format === 'csv' ? format : null
}
