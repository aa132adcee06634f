/**
 * Structured logs: one JSON line per event, which Workers Logs can filter by its fields. Never a token, cookie or address.
 */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

export function logWarning(event: string, fields: LogFields = {}): void {
  console.warn(line('warning', event, fields))
}

export function logError(event: string, error: unknown, fields: LogFields = {}): void {
  console.error(line('error', event, { ...fields, error: error instanceof Error ? error.message : String(error) }))
}

function line(level: string, event: string, fields: LogFields): string {
  return JSON.stringify({ level, event, ...fields })
}
