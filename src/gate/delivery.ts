/** How a request that may reach the site gets there. */
import type { RequestKind } from '../http/request-kind.ts'
import { forwardAdmitted, forwardCounted, forwardPast } from './forward.ts'
import type { Issued } from './issue.ts'
import type { RoomContext } from './room-context.ts'

export interface Delivery {
  /** With a pass. */
  admitted(context: RoomContext, kind: RequestKind, pass: Issued): Promise<Response>
  /** Without a pass, by the room's leave. */
  counted(context: RoomContext): Promise<Response>
  /** Past the room, which learns nothing of it. */
  past(context: RoomContext): Promise<Response>
}

/** The Worker is in front of the site. */
export const byProxy: Delivery = { admitted: forwardAdmitted, counted: forwardCounted, past: forwardPast }
