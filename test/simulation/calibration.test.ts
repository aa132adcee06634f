import { describe, expect, it } from 'vitest'
import { calibrate } from '../../simulation/calibration.ts'
import { SCENARIOS } from '../../simulation/scenarios.ts'

describe('the range of the wait shown on joining', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    'holds four times out of five, is narrow, and beats position / rate: %s',
    (_, scenario) => {
      const { admitted, unknownShare, insideShare, medianWidth, ...scores } = calibrate(scenario, 1)
      expect(admitted).toBeGreaterThan(500)
      expect(unknownShare).toBeLessThan(0.02)
      expect(insideShare).toBeGreaterThanOrEqual(0.8)
      expect(medianWidth).toBeLessThanOrEqual(0.6)
      expect(scores.score).toBeLessThan(scores.scoreOfSetRate)
      expect(scores.score).toBeLessThan(scores.scoreOfMeasuredRate)
    },
  )
})
