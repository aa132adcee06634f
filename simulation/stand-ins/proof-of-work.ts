/** Replaces the hashes of proofs of work: the simulation counts the time that they take. */
export { adaptiveBits, NewcomerCounts } from '../../src/core/proof-of-work.ts'

/** The nonce of a client that has done the work. */
export const SOLVED_NONCE = '1'

export function solves(_id: string, nonce: string): boolean {
  return nonce === SOLVED_NONCE
}
