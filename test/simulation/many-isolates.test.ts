import { expect, it } from 'vitest'
import { simulateManyIsolates } from '../../simulation/many-isolates.ts'

const crowd = { capacity: 100, ratePerMinute: 600, seed: 5, arrivalSeconds: 20, staySeconds: 25 }

it.each([
  [1, 1500],
  [100, 1500],
  [2500, 5000],
])(
  '%d isolates with %d visitors: under 500 calls in any second, and nobody present expires',
  async (isolates, visitors) => {
    const figures = await simulateManyIsolates({ ...crowd, isolates, visitors })
    expect(figures).toMatchObject({ joined: visitors, expired: 0, unreachable: 0, defects: [] })
    expect(figures.admitted).toBeGreaterThanOrEqual(crowd.capacity)
    expect(figures.worstSecond).toBeLessThan(500)
    // Far fewer than one call per request. A single isolate never waits.
    expect(figures.callsPerSecond).toBeLessThan(0.6 * figures.requestsPerSecond)
    expect(figures.worstPaceMs).toBeLessThanOrEqual(isolates === 1 ? 0 : 2.4 * isolates)
  },
  120_000,
)
