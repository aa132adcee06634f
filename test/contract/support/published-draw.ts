/** Ranks of a published draw, computed by the description in docs/draw.md and none of our code. */
import { createHash, createHmac } from 'node:crypto'

/** A draw in the JSON of `/__waiting-room/draw`, as far as the tests read it. */
export interface PublishedDraw {
  readonly event: string
  readonly run: number
  readonly first: number
  readonly end: number
  readonly commitment: string
  readonly secret: string
  readonly beacon: { readonly url: string; readonly hash: string; readonly round: number } | null
  readonly randomness: string | null
  readonly seed: string
  readonly frozenAtMs: number
  readonly drawnAtMs: number
  readonly ahead: number
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The ranks from 1, in order of the entries. @throws Error when the record contradicts itself */
export function ranksOf({ run, first, end, commitment, secret, randomness, seed }: PublishedDraw): number[] {
  const key = Buffer.from(secret, 'hex')
  if (sha256(key) !== commitment) throw new Error('The commitment is not that of the secret')
  const seedBytes = createHmac('sha256', key)
    .update(`draw:${run}:${first}:${end}:${randomness ?? ''}`)
    .digest()
  if (seedBytes.toString('hex') !== seed) throw new Error('The seed is not that of the draw')
  const size = end - first
  const side = Math.max(64, Math.ceil(Math.sqrt(size)))
  const roundValue = (round: number, half: number) => {
    const block = createHmac('sha256', seedBytes).update(`${round}:${Math.floor(half / 8)}`)
    return block.digest().readUInt32BE(4 * (half % 8))
  }
  const permuted = (value: number) => {
    let [left, right] = [Math.floor(value / side), value % side]
    for (let round = 0; round < 10; round++) [left, right] = [right, (left + roundValue(round, right)) % side]
    return left * side + right
  }
  return Array.from({ length: size }, (_, entry) => {
    let value = permuted(entry)
    while (value >= size) value = permuted(value)
    return value + 1
  })
}
