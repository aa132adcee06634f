/** Errors of calls to an object, and what the caller can tell from them. */
import { errorText } from '../log/scrub.ts'

const ABORTED = 'The room starts again from storage'

/** The error with which an object aborts. */
export function abortReason(error: unknown): string {
  return `${ABORTED}: ${errorText(error)}`
}

/**
 * A room's object aborted. Callers report it for the object: the platform cancels whatever an
 * aborting object still sends.
 */
export function isAborted(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(ABORTED)
}

/** The platform's or our own mark: the object has too much to do, and asks for no retry. */
export function isOverloaded(error: unknown): boolean {
  return (error as { overloaded?: unknown } | null)?.overloaded === true
}

/** The object's class is of an older deploy, and does not have the method. */
export function isMissingMethod(error: unknown, method: string): boolean {
  return error instanceof Error && error.message.includes(`does not implement the method "${method}"`)
}
