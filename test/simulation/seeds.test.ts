import { describe, expect, it } from 'vitest'
import { runSeed } from '../../simulation/world.ts'

const SEEDS = 200
const EVENT_SEEDS = 60
const LANE_SEEDS = 100
const GATHERER_SEEDS = 30
const HELD_SEEDS = 20

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

  it(`keeps them in ${EVENT_SEEDS} runs with an event, and every draw is the published one`, async () => {
    const broken: string[] = []
    let draws = 0
    for (let seed = 1; seed <= EVENT_SEEDS; seed++) {
      const report = await runSeed(seed, { events: true })
      draws += report.draws.length
      broken.push(
        ...report.violations.map((violation) => `npm run simulate -- --events --seeds 1 --seed ${seed}: ${violation}`),
      )
    }
    expect(broken).toEqual([])
    expect(draws).toBeGreaterThan(EVENT_SEEDS / 3)
  })

  it(`keeps them in ${LANE_SEEDS} runs with lanes, and no lane starves`, async () => {
    const broken: string[] = []
    let admissions = 0
    for (let seed = 1; seed <= LANE_SEEDS; seed++) {
      const events = seed % 4 === 0
      const report = await runSeed(seed, { lanes: true, events })
      admissions += report.laneAdmissions
      const command = `npm run simulate -- --lanes${events ? ' --events' : ''} --seeds 1 --seed ${seed}`
      broken.push(...report.violations.map((violation) => `${command}: ${violation}`))
    }
    expect(broken).toEqual([])
    expect(admissions).toBeGreaterThan(10 * LANE_SEEDS)
  })

  it(`keeps them in ${GATHERER_SEEDS} runs with gatherers that are lost again and again`, async () => {
    const broken: string[] = []
    let lost = 0
    let calls = 0
    for (let seed = 1; seed <= GATHERER_SEEDS; seed++) {
      const report = await runSeed(seed, { gatherers: true, lanes: seed % 5 === 0 })
      lost += report.gatherersLost
      calls += report.gathererCalls
      const command = `npm run simulate -- --gatherers${seed % 5 === 0 ? ' --lanes' : ''} --seeds 1 --seed ${seed}`
      broken.push(...report.violations.map((violation) => `${command}: ${violation}`))
    }
    expect(broken).toEqual([])
    expect(lost).toBeGreaterThan(GATHERER_SEEDS)
    expect(calls).toBeGreaterThan(100 * GATHERER_SEEDS)
  })

  it(`keeps them in ${HELD_SEEDS} runs with slots held for visitors who do not look at the page`, async () => {
    const broken: string[] = []
    for (let seed = 1; seed <= HELD_SEEDS; seed++) {
      const { violations } = await runSeed(seed, { held: true })
      broken.push(...violations.map((violation) => `npm run simulate -- --held --seeds 1 --seed ${seed}: ${violation}`))
    }
    expect(broken).toEqual([])
  })

  it('runs the same way each time', async () => {
    expect(await runSeed(8)).toEqual(await runSeed(8))
    expect(await runSeed(8, { events: true })).toEqual(await runSeed(8, { events: true }))
    expect(await runSeed(8, { lanes: true })).toEqual(await runSeed(8, { lanes: true }))
    expect(await runSeed(8, { gatherers: true })).toEqual(await runSeed(8, { gatherers: true }))
  })
})
