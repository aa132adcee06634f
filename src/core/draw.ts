/**
 * The draw: the order of a lobby's entries, computed from a secret that the room committed to when
 * the lobby opened. docs/draw.md specifies it byte by byte; this file and that document change
 * together.
 *
 * The order is a keyed bijection, so no list of ranks exists: the seed is enough to compute the
 * rank of any entry. The bijection is the generalized Feistel cipher of J. Black and P. Rogaway
 * ("Ciphers with Arbitrary Finite Domains", CT-RSA 2002) on pairs of numbers below `side`, with
 * HMAC-SHA-256 as its round function and the ten rounds of NIST's FF1 (SP 800-38G). `side` is the
 * smallest number whose square holds the size. An index that lands beyond the size is permuted
 * again until it lands within it ("cycle walking", same paper).
 */
import { HMAC, hash as sha256 } from 'fast-sha256'
import { bytesOfAscii, bytesOfHex, hexOf } from './hex.ts'
import { MAX_NUMBER } from './limits.ts'

/** Everything that decides the order. */
export interface DrawInput {
  /** 32 random bytes as 64 lower-case hex digits; like every hex text of a draw. */
  readonly secret: string
  readonly run: number
  /** The entries are the numbers from `first` to `end` - 1. */
  readonly first: number
  readonly end: number
  /** The value of the public randomness beacon; null: the draw has none. */
  readonly randomness: string | null
}

const ROUNDS = 10

/** A Feistel cipher on tiny halves mixes badly. */
const SIDE_MIN = 64

/**
 * One HMAC serves the round function for this many values, four bytes for each, so that the
 * remainder modulo `side` is as good as uniform.
 */
const VALUES_PER_HMAC = 8
const BYTES_PER_VALUE = 4

/** The SHA-256 of the secret's bytes. */
export function commitmentOf(secret: string): string {
  return hexOf(sha256(bytesOf('secret', secret)))
}

export function drawSeed({ secret, run, first, end, randomness }: DrawInput): string {
  const key = bytesOf('secret', secret)
  for (const [name, value] of Object.entries({ run, first, end })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} is not a whole number from 0 on`)
  }
  if (end < first) throw new RangeError('end is below first')
  if (randomness !== null) bytesOf('randomness', randomness)
  return hexOf(new HMAC(key).update(bytesOfAscii(`draw:${run}:${first}:${end}:${randomness ?? ''}`)).digest())
}

/** The rank of each of `size` entries: a bijection on 0 to `size` - 1. */
export class Permutation {
  readonly size: number
  private readonly side: number
  private readonly rounds: Uint16Array

  /** Computes 1,250 HMACs and 20 KB for a million entries; both grow with the root of the size. */
  constructor(seed: string, size: number) {
    if (!Number.isInteger(size) || size < 0 || size > MAX_NUMBER) {
      throw new RangeError(`the size of a draw is not a whole number from 0 to ${MAX_NUMBER}`)
    }
    this.size = size
    this.side = Math.max(SIDE_MIN, Math.ceil(Math.sqrt(size)))
    this.rounds = roundTable(bytesOf('seed', seed), this.side)
  }

  rankOf(index: number): number {
    const { size } = this
    if (!Number.isInteger(index) || index < 0 || index >= size) {
      throw new RangeError(`the index of an entry is not a whole number from 0 to ${size - 1}`)
    }
    // The walk ends: the cipher is a bijection, so at the latest it returns to the index itself.
    let value = this.encipher(index)
    while (value >= size) value = this.encipher(value)
    return value
  }

  /** The cipher on 0 to side² - 1. Two rounds at once, which saves the swap of the halves. */
  private encipher(value: number): number {
    const { side, rounds } = this
    let left = Math.floor(value / side)
    let right = value - left * side
    for (let row = 0; row < rounds.length; row += 2 * side) {
      left = reduced(left + (rounds[row + right] as number), side)
      right = reduced(right + (rounds[row + side + left] as number), side)
    }
    return left * side + right
  }
}

/** A sum of two numbers below `side`, modulo `side`. A branch would be predicted wrongly. */
function reduced(sum: number, side: number): number {
  const rest = sum - side
  return rest + (side & (rest >> 31))
}

/** The round function: for each round a row with a number below `side` for each of a half. */
function roundTable(seed: Uint8Array, side: number): Uint16Array {
  const table = new Uint16Array(ROUNDS * side)
  const keyed = new HMAC(seed)
  for (let round = 0; round < ROUNDS; round++) {
    for (let half = 0; half < side; half += VALUES_PER_HMAC) {
      const bytes = keyed
        .reset()
        .update(bytesOfAscii(`${round}:${half / VALUES_PER_HMAC}`))
        .digest()
      const values = new DataView(bytes.buffer)
      for (let i = 0; i < Math.min(VALUES_PER_HMAC, side - half); i++) {
        table[round * side + half + i] = values.getUint32(i * BYTES_PER_VALUE) % side
      }
    }
  }
  return table
}

function bytesOf(name: string, hex: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new RangeError(`the ${name} of a draw is not 64 lower-case hex digits`)
  return bytesOfHex(hex)
}
