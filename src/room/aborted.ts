/**
 * How callers know that a room's object aborted. They report it in the object's place: the platform cancels whatever an
 * aborting object still sends, and one that aborts at every event never gets to send at all.
 */
import { errorText } from '../log/scrub.ts'

const ABORTED = 'The room starts again from storage'

export function abortReason(error: unknown): string {
  return `${ABORTED}: ${errorText(error)}`
}

export function isAborted(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(ABORTED)
}
