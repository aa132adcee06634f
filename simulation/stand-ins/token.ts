/** Replaces signed tokens: signing takes real time, and forgery is not simulated. */
import type { Token } from '../../src/tokens/token.ts'

export type { Token }

export async function signToken(token: Token): Promise<string> {
  return `${token.kind} ${token.run}.${token.number} ${token.expiresSeconds}`
}

export async function verifyToken(): Promise<null> {
  return null
}

/** Without a key, a text that was not issued is no token. */
export function claimedKey(): undefined {
  return undefined
}
