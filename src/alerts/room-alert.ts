/** An alert rule of a room, as its settings have it: what is watched, and who is told. */
import type { AlertRule } from '../core/alert-rules.ts'

export interface RoomAlert extends AlertRule {
  readonly channels: readonly string[]
}
