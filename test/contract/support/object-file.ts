/** Reads the file in which the only object of a running workerd stores its line. Read-only. */
import { readdirSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Workerd } from './workerd.ts'

/** Persisted times of the clockwork, ms since 1970. */
export interface Clockwork {
  /** The time of the next alarm. */
  readonly alarmAtMs: number
  /** The time of the last completed tick. 0: none yet. */
  readonly lastTickMs: number
}

/** The databases of rooms' objects, below the storage folder, which has a folder for each class. */
export function roomFiles({ storage }: Workerd): string[] {
  const files = readdirSync(storage, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => /-waiting-room\/[0-9a-f]{64}\.sqlite$/.test(file))
}

export class ObjectFile {
  private readonly database: DatabaseSync
  private statement: StatementSync | null = null

  constructor(workerd: Workerd) {
    const [name, ...others] = roomFiles(workerd)
    if (name === undefined || others.length > 0) throw new Error(`Not one object: ${name}, ${others}`)
    this.database = new DatabaseSync(`${workerd.storage}/${name}`, { readOnly: true })
  }

  /** Null while nothing is stored. */
  clockwork(): Clockwork | null {
    try {
      this.statement ??= this.database.prepare(
        'SELECT alarm_at_ms AS alarmAtMs, (SELECT coalesce(max(at_ms), 0) FROM samples) AS lastTickMs FROM line',
      )
      return (this.statement.get() as unknown as Clockwork | undefined) ?? null
    } catch (error) {
      if (/no such table/.test(String(error))) return null
      throw error
    }
  }

  close(): void {
    this.database.close()
  }
}
