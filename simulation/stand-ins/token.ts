/** In place of signed tokens: signing takes real time, and who forges one is no part of the simulation. */
import type { Token } from '../../src/tokens/token.ts'

export type { Token }

export async function signToken(token: Token): Promise<string> {
  return `${token.kind} ${token.run}.${token.number} ${token.expiresSeconds}`
}

export async function verifyToken(): Promise<null> {
  return null
}

/** No key: every text that is not remembered as issued counts as none. */
export function claimedKey(): undefined {
  return undefined
}
