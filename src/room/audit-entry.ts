/** An entry in the audit of a room or of the directory: an operator and a change. */

/** Plain values by name: settings, counts, states. */
export type AuditValues = Readonly<Record<string, string | number | boolean | null>>

export interface AuditEntry {
  /** 1, 2, 3, ... within the room. */
  readonly id: number
  readonly atMs: number
  /** The operator's name, or `deployment`. */
  readonly who: string
  readonly action: string
  readonly before: AuditValues
  readonly after: AuditValues
}
