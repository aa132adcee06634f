/** The RPC interface of a room's object for access keys. */
import type { AuditValues } from './audit-entry.ts'

export interface RoomKeysObject {
  /** Null: the key was neither used nor revoked, as far as the room knows. */
  accessKey(id: string): KeyReport | null
  /** Writes into the audit that keys were made. Their texts are never sent. */
  auditKeys(room: string, made: AuditValues, who: string): void
  /** Null: too many revoked keys are remembered. */
  revokeAccessKey(room: string, id: string, keepPlaces: boolean, who: string): RevokedKey | null
}

export interface KeyReport {
  /** Null: not known, since the key was revoked before it was used. */
  readonly uses: number | null
  readonly used: number
  /** The issued number of the newest place, null: it is gone, or there was none. */
  readonly number: number | null
  readonly expiresMs: number
  readonly revoked: boolean
}

export interface RevokedKey {
  /** Places that ended. */
  readonly ended: number
  /** Not all have ended: revoke the key again. */
  readonly more: boolean
}
