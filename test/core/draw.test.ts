import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { commitmentOf, drawSeed, Permutation } from '../../src/core/draw.ts'
import { COMMITMENT, DRAW_VECTORS } from './support/draw-vectors.ts'

const [{ input, seed }] = DRAW_VECTORS as [(typeof DRAW_VECTORS)[0]]

describe('the draw', () => {
  it('commits to the secret by its SHA-256', () => {
    expect(commitmentOf(input.secret)).toBe(COMMITMENT)
  })

  it.each(DRAW_VECTORS)('computes the published vector of entries $input.first to $input.end', (vector) => {
    const { first, end } = vector.input
    expect(drawSeed(vector.input)).toBe(vector.seed)
    const permutation = new Permutation(vector.seed, end - first)
    expect(vector.ranks.map(([entry]) => [entry, permutation.rankOf(entry - first)])).toEqual(vector.ranks)
  })

  it('is documented with these vectors', () => {
    const document = readFileSync(new URL('../../docs/draw.md', import.meta.url), 'utf8')
    const published = JSON.parse(/^```json\n([\s\S]*?)^```/m.exec(document)?.[1] ?? '')
    expect(published).toEqual(
      DRAW_VECTORS.map(({ input: { secret, ...others }, seed: ofVector, ranks }) => ({
        ...others,
        seed: ofVector,
        ranks: Object.fromEntries(ranks),
      })),
    )
    expect(document).toContain(input.secret)
    expect(document).toContain(COMMITMENT)
  })

  it('has another seed if any part of the input differs', () => {
    const other = 'f'.repeat(64)
    const inputs = [
      input,
      { ...input, secret: other },
      { ...input, run: 2 },
      { ...input, first: 2 },
      { ...input, end: 12 },
      { ...input, first: 11, end: 11 },
      { ...input, first: 1, end: 111 },
      { ...input, randomness: other },
    ]
    expect(new Set(inputs.map(drawSeed)).size).toBe(inputs.length)
  })

  it.each([
    [{ ...input, secret: 'ab' }, /secret/],
    [{ ...input, secret: input.secret.toUpperCase() }, /secret/],
    [{ ...input, randomness: '' }, /randomness/],
    [{ ...input, run: 1.5 }, /run/],
    [{ ...input, first: -1 }, /first/],
    [{ ...input, first: 12 }, /end/],
    [{ ...input, end: Number.NaN }, /end/],
  ])('refuses a bad part of the input: %j', (bad, key) => {
    expect(() => drawSeed(bad)).toThrow(key)
  })
})

describe('a permutation', () => {
  it('is a bijection for every size from 0 to 300', () => {
    for (let size = 0; size <= 300; size++) {
      const ranks = ranksOf(new Permutation(seed, size))
      expect([...ranks].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i))
    }
  })

  // Around the squares, where the cipher grows, and where few or many indices walk.
  it.each([4095, 4096, 4097, 4160, 4225, 4226, 65_535, 65_536, 99_856, 99_857, 250_000])(
    'is a bijection for %i entries',
    (size) => {
      const seen = new Uint8Array(size)
      for (const rank of ranksOf(new Permutation(seed, size))) seen[rank] = 1
      expect(seen.every((each) => each === 1)).toBe(true)
    },
  )

  it.each([-1, 1.5, Number.NaN, 2 ** 31])('refuses a size of %d', (size) => {
    expect(() => new Permutation(seed, size)).toThrow(RangeError)
  })

  it.each([-1, 10, 0.5, Number.NaN])('of ten entries refuses an index of %d', (index) => {
    expect(() => new Permutation(seed, 10).rankOf(index)).toThrow(RangeError)
  })

  it.each(['', 'xyz', seed.slice(1), seed.toUpperCase()])('refuses a seed that is not 32 bytes of hex: %j', (bad) => {
    expect(() => new Permutation(bad, 10)).toThrow(RangeError)
  })

  it.each([3, 5])('of %i entries gives each possible order equally often over the seeds', (size) => {
    const orders = new Map<string, number>()
    for (const permutation of permutations(size, 2000)) {
      const order = ranksOf(permutation).join()
      orders.set(order, (orders.get(order) ?? 0) + 1)
    }
    const factorial = [2, 6, 24, 120][size - 2] as number
    expect(orders.size).toBe(factorial)
    expectUniform([...orders.values()])
  })

  it.each([
    [40, 0],
    [40, 39],
    [5000, 0],
    [5000, 2500],
    [5000, 4999],
  ])('of %i entries gives entry %i each rank equally often over the seeds', (size, index) => {
    const counts = new Array<number>(40).fill(0)
    for (const permutation of permutations(size, 1000)) {
      ;(counts[Math.floor((permutation.rankOf(index) * 40) / size)] as number)++
    }
    expectUniform(counts)
  })

  it('gives neighbours unrelated ranks', () => {
    const distances = new Array<number>(50).fill(0)
    const permutation = new Permutation(seed, 20_000)
    for (let index = 0; index + 1 < 20_000; index += 2) {
      const distance = permutation.rankOf(index + 1) - permutation.rankOf(index)
      ;(distances[Math.floor((((distance + 20_000) % 20_000) * 50) / 20_000)] as number)++
    }
    expectUniform(distances)
  })
})

function ranksOf(permutation: Permutation): number[] {
  return Array.from({ length: permutation.size }, (_, index) => permutation.rankOf(index))
}

function* permutations(size: number, count: number): Iterable<Permutation> {
  for (let run = 0; run < count; run++) yield new Permutation(drawSeed({ ...input, run }), size)
}

/**
 * Pearson's chi-square at a quantile of 1 - 1e-9 (6 standard deviations, Wilson and Hilferty). The
 * seeds are fixed, so a permutation that passes once passes always.
 */
function expectUniform(counts: readonly number[]): void {
  const freedom = counts.length - 1
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  const part = 2 / (9 * freedom)
  expect(statistic).toBeLessThan(freedom * (1 - part + 6 * Math.sqrt(part)) ** 3)
}
