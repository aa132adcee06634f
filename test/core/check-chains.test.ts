import { describe, expect, it } from 'vitest'
import { CheckChains } from '../../src/core/check-chains.ts'
import { START_MS } from './support/driven-line.ts'

const INTERVAL_SECONDS = 10

describe('a chain of checks', () => {
  it('continues by its own message and by one of a forgotten chain', () => {
    const chains = new CheckChains()
    const first = chains.start(3, START_MS, INTERVAL_SECONDS)
    expect(first).toEqual({ segment: 3, generation: 1 })
    expect(chains.next({ segment: 3, generation: 1 }, START_MS)).toEqual({ segment: 3, generation: 2 })
    expect(chains.next({ segment: 8, generation: 5 }, START_MS)).toEqual({ segment: 8, generation: 6 })
  })

  it('restarts at once after it ended', () => {
    const chains = new CheckChains()
    chains.start(3, START_MS, INTERVAL_SECONDS)
    chains.end(3)
    expect(chains.start(3, START_MS + 1, INTERVAL_SECONDS)).toEqual({ segment: 3, generation: 1 })
  })

  it('ends with its segment and restarts if the segment is live again', () => {
    const chains = new CheckChains()
    chains.start(3, START_MS, INTERVAL_SECONDS)
    chains.start(4, START_MS, INTERVAL_SECONDS)
    expect(chains.restartOverdue([4], START_MS + 1, INTERVAL_SECONDS)).toEqual([])
    expect(chains.start(3, START_MS + 2, INTERVAL_SECONDS)).toEqual({ segment: 3, generation: 1 })
    expect(chains.start(4, START_MS + 2, INTERVAL_SECONDS)).toBeNull()
  })
})
