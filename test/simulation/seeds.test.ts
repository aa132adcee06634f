import { describe, expect, it } from 'vitest'
import { runSeed } from '../../simulation/world.ts'

const SEEDS = 200

describe('a room under crashes, losses, outages, late alarms, clock steps and deploys', () => {
  it(`keeps its guarantees in ${SEEDS} seeded runs`, async () => {
    const broken: string[] = []
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations } = await runSeed(seed)
      broken.push(
        ...violations.map((violation) => `npm run simulate -- --seeds 1 --seed ${seed} --trace: ${violation}`),
      )
    }
    expect(broken).toEqual([])
  })

  it('runs the same way each time', async () => {
    expect(await runSeed(8)).toEqual(await runSeed(8))
  })
})
