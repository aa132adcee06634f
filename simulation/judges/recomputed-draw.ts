/**
 * Computes a published draw again, from docs/draw.md and with Node's cryptography: shares nothing
 * with the shipped code.
 */
import { createHash, createHmac } from 'node:crypto'

interface Published {
  readonly secret: string
  readonly run: number
  readonly first: number
  readonly end: number
  readonly randomness: string | null
}

export function recomputedCommitment(secret: string): string {
  return createHash('sha256').update(Buffer.from(secret, 'hex')).digest('hex')
}

/** The line numbers of the entries first, first + 1, ..., end - 1. */
export function recomputedLineNumbers({ secret, run, first, end, randomness }: Published): number[] {
  const seed = createHmac('sha256', Buffer.from(secret, 'hex'))
    .update(`draw:${run}:${first}:${end}:${randomness ?? ''}`)
    .digest()
  const size = end - first
  const side = Math.max(64, Math.ceil(Math.sqrt(size)))
  const hmacs = new Map<string, Buffer>()
  const roundValue = (round: number, half: number) => {
    const text = `${round}:${Math.floor(half / 8)}`
    const bytes = hmacs.get(text) ?? createHmac('sha256', seed).update(text).digest()
    hmacs.set(text, bytes)
    return bytes.readUInt32BE((half % 8) * 4)
  }
  const encipher = (value: number) => {
    let [left, right] = [Math.floor(value / side), value % side]
    for (let round = 0; round < 10; round++) {
      ;[left, right] = [right, (left + roundValue(round, right)) % side]
    }
    return left * side + right
  }
  return Array.from({ length: size }, (_, index) => {
    let rank = encipher(index)
    while (rank >= size) rank = encipher(rank)
    return first + rank
  })
}
