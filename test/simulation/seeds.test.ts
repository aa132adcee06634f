import { describe, expect, it } from 'vitest'
import { runSeed } from '../../simulation/world.ts'

const SEEDS = 60

describe('a room under crashes, losses, repeats and clock jumps', () => {
  it(`keeps its promises in ${SEEDS} seeded runs: one owner per number, order, capacity, everyone who stays gets in`, async () => {
    const broken: string[] = []
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations } = await runSeed(seed)
      broken.push(...violations.map((violation) => `npm run simulate -- --seeds 1 --seed ${seed}: ${violation}`))
    }
    expect(broken).toEqual([])
  }, 120_000)

  it('runs the same way each time', async () => {
    expect(await runSeed(7)).toEqual(await runSeed(7))
  })
})
