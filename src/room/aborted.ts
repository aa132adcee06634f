/**
 * The error by which callers recognise that a room's object aborted. Callers report it for the
 * object: the platform cancels whatever an aborting object still sends.
 */
import { errorText } from '../log/scrub.ts'

const ABORTED = 'The room starts again from storage'

export function abortReason(error: unknown): string {
  return `${ABORTED}: ${errorText(error)}`
}

export function isAborted(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(ABORTED)
}
