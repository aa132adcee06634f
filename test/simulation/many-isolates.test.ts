import { expect, it } from 'vitest'
import { simulateManyIsolates } from '../../simulation/many-isolates.ts'
import { rules } from '../core/support/rules.ts'

const ofRoom = { rules: rules({ capacity: 100, ratePerMinute: 600 }), seed: 5 }

it.each([
  [1, 1500],
  [100, 1500],
  [2500, 5000],
])(
  '%d isolates with %d visitors: under 500 calls a second, and nobody present expires',
  async (isolates, visitors) => {
    const figures = await simulateManyIsolates({ ...ofRoom, isolates, visitors, staySeconds: 25 })
    expect(figures).toMatchObject({ joined: visitors, admitted: 100, expired: 0 })
    expect(figures.callsPerSecond).toBeLessThan(500)
    // One isolate is never asked to wait; 2,500 are, and each second is near the mean.
    expect(figures.worstPaceMs).toBe(isolates === 1 ? 0 : isolates * 2)
    expect(figures.worstSecond).toBeLessThan(1.2 * 500)
  },
  60_000,
)
