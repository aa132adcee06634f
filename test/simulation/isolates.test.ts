/** A room with gatherers and an aggregated crowd; bigger ones: `npm run simulate -- --isolates`. */
import { describe, expect, it } from 'vitest'
import { problemsOf } from '../../simulation/isolates/report.ts'
import { type IsolatesCase, simulateIsolates } from '../../simulation/isolates/simulate.ts'
import type { RoomClient } from '../../src/room/room-client.ts'

const small: IsolatesCase = {
  name: 'small',
  isolates: 2_500,
  visitors: 6_000,
  arrivalSeconds: 12,
  startSeconds: 12,
  seconds: 42,
  regions: 1,
  locations: 20,
  capacity: 100,
  ratePerMinute: 600,
  pollSeconds: 7,
  seed: 3,
  faults: { gathererLostEvery: 10, isolatesNewAt: 24, roomLostAt: 31, roomLostFor: 3 },
}

/** Isolates that ignore what tokens, and the cache of their location, tell of gatherers. */
const ignorant: IsolatesCase = {
  ...small,
  locations: 0,
  mutant: {
    client: (client: RoomClient) => {
      client.learnGatherers = () => {}
    },
  },
}

describe('2,500 isolates, with gatherers lost, all isolates new at once and the room lost', () => {
  it('make under 500 calls in any second, and nobody present expires', async () => {
    const figures = await simulateIsolates(small)
    expect(problemsOf(figures, small)).toEqual([])
    expect(figures.gatherers).toBeGreaterThan(0)
    expect(figures.worstSecond).toBeLessThan(500)
  }, 120_000)

  it('would all call the object first if tokens did not tell them of gatherers', async () => {
    expect((await simulateIsolates({ ...ignorant, seconds: 26 })).worstSecond).toBeGreaterThan(500)
  }, 120_000)
})

describe('2,500 isolates that start within 3 s', () => {
  const sudden: IsolatesCase = { ...small, locations: 100, arrivalSeconds: 3, startSeconds: 3, seconds: 14, faults: {} }

  it('make under 500 calls in any second but the first', async () => {
    const figures = await simulateIsolates(sudden)
    expect(problemsOf(figures, sudden)).toEqual([])
    expect(figures.worstLaterSecond).toBeLessThan(500)
  }, 120_000)
})

describe('isolates that report no polls', () => {
  const deaf: IsolatesCase = {
    ...small,
    isolates: 20,
    visitors: 1_000,
    faults: {},
    mutant: {
      client: (client: RoomClient) => {
        client.hear = () => {}
      },
    },
  }

  it('are noticed: their visitors expire', async () => {
    expect((await simulateIsolates(deaf)).expired).toBeGreaterThan(500)
  }, 120_000)
})
