/** The runtime's error for a call of a method that the class of an older deploy does not have. */

export function isMissingMethod(error: unknown, method: string): boolean {
  return error instanceof Error && error.message.includes(`does not implement the method "${method}"`)
}
