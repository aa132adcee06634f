/**
 * Solves the proof of work before joining: finds a nonce so that SHA-256 of `id:nonce` begins with
 * a number of zero bits (src/core/proof-of-work.ts checks it).
 *
 * The text fits one block of SHA-256, and only its last digits change. So the loop hashes one block
 * in place, without an object or a call for each nonce. `fast-sha256` hashes a tenth as many, and
 * WebCrypto, with a promise for each hash, a hundredth (`npm run bench -- --proof`): visitors would
 * wait that much longer.
 */

/** The longest text that fits one block, with its end mark and its length. */
const TEXT_MAX_BYTES = 55

/** Decimal digits of a nonce; 10^10 are more than anybody tries for 24 bits. */
const NONCE_DIGITS = 10

export class Solver {
  /** Nonces tried so far. */
  tried = 0
  private readonly id: string
  private readonly bits: number
  /** The block, as big-endian words; of its bytes only the nonce changes. */
  private readonly block = new Int32Array(16)
  private readonly firstDigit: number
  private readonly words = new Int32Array(64)

  /** @param id ASCII, at most 44 characters */
  constructor(id: string, bits: number) {
    const text = `${id}:${'0'.repeat(NONCE_DIGITS)}`
    if (text.length > TEXT_MAX_BYTES) throw new RangeError('the id is too long for one block')
    this.id = id
    this.bits = bits
    this.firstDigit = id.length + 1
    for (let i = 0; i < text.length; i++) this.addToByte(i, text.charCodeAt(i))
    this.addToByte(text.length, 0x80)
    this.block[15] = text.length * 8
  }

  /** Tries this many nonces. Returns the nonce of a solution, or null if it found none. */
  run(count: number): string | null {
    for (let i = 0; i < count; i++) {
      const found = Math.clz32(firstWord(this.block, this.words)) >= this.bits
      if (found) return this.nonce
      this.tried++
      this.next()
    }
    return null
  }

  private get nonce(): string {
    return String(this.tried).padStart(NONCE_DIGITS, '0')
  }

  /** Adds 1 to the nonce, digit by digit from the last. */
  private next(): void {
    for (let i = this.firstDigit + NONCE_DIGITS - 1; i >= this.firstDigit; i--) {
      if (this.byteAt(i) !== NINE) {
        this.addToByte(i, 1)
        return
      }
      this.addToByte(i, -9)
    }
    throw new Error(`no solution for ${this.id}`)
  }

  private byteAt(i: number): number {
    return ((this.block[i >> 2] as number) >>> (24 - 8 * (i & 3))) & 0xff
  }

  private addToByte(i: number, amount: number): void {
    this.block[i >> 2] = (this.block[i >> 2] as number) + (amount << (24 - 8 * (i & 3)))
  }
}

const NINE = '9'.charCodeAt(0)

/** The first words of the fractional parts of square and cube roots of primes (FIPS 180-4). */
const START = roots(8, 2)
const ROUND = roots(64, 3)

function roots(count: number, degree: number): Int32Array {
  const words: number[] = []
  for (let candidate = 2; words.length < count; candidate++) {
    const isPrime = !Array.from({ length: candidate - 2 }, (_, i) => i + 2).some((divisor) => candidate % divisor === 0)
    if (isPrime) words.push((candidate ** (1 / degree) % 1) * 2 ** 32)
  }
  return Int32Array.from(words, (word) => word | 0)
}

/**
 * The first word of the hash of one block. Destructuring the eight start values takes as long as
 * all the rest.
 */
function firstWord(block: Int32Array, w: Int32Array): number {
  w.set(block)
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number
    const y = w[i - 2] as number
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0
  }
  let a = START[0] as number
  let b = START[1] as number
  let c = START[2] as number
  let d = START[3] as number
  let e = START[4] as number
  let f = START[5] as number
  let g = START[6] as number
  let h = START[7] as number
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[i] as number) + (w[i] as number)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  return (a + (START[0] as number)) | 0
}
