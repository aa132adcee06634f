/** The model of costs, against figures computed by hand and against the shipped intervals. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withCostTables } from '../../scripts/cost/document.ts'
import { CostError, readOptions } from '../../scripts/cost/options.ts'
import { billDollars, COUNTERS, dollarsFor, type Usage } from '../../scripts/cost/prices.ts'
import { compact, costSection, dollars } from '../../scripts/cost/tables.ts'
import {
  type Crowd,
  callPerPollEstimate,
  DEFAULT_COSTING,
  objectCallsPerSecond,
  pollsPerSecond,
  roomEstimate,
} from '../../scripts/cost/usage.ts'
import { NEAR_POLL_MAX_SECONDS } from '../../src/core/limits.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { pollAfterSeconds } from '../../src/gate/visitor-status.ts'
import { DrivenLine } from '../core/support/driven-line.ts'

const PROGRAM = resolve(import.meta.dirname, '../../scripts/cost.ts')

/** 1,000 on the site who stay 5 minutes: 200 admissions a minute, 50 in 15 s, 2,000 in 10 min. */
const MILLION: Crowd = { visitors: 1_000_000, hours: 1, capacity: 1_000, stayMinutes: 5 }

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('prices', () => {
  it('charge what exceeds the included amount', () => {
    expect(dollarsFor('workerRequests', 10_000_000)).toBe(0)
    expect(dollarsFor('workerRequests', 15_000_000)).toBeCloseTo(1.5)
    expect(dollarsFor('workerCpuMs', 105_000_000)).toBeCloseTo(1.5)
    expect(dollarsFor('storedGbMonths', 7)).toBeCloseTo(0.4)
    expect(dollarsFor('logGb', 75)).toBeCloseTo(6.25)
  })

  it('add up to the bill of the first example in the documentation of Workers', () => {
    const nothing = Object.fromEntries(COUNTERS.map((counter) => [counter, 0])) as Usage
    expect(billDollars(nothing)).toBe(5)
    expect(billDollars({ ...nothing, workerRequests: 15_000_000, workerCpuMs: 105_000_000 })).toBeCloseTo(8)
  })
})

describe('polls', () => {
  it('come every 2 s within 15 s of the front, else every 6 s on average', () => {
    // 50 / 2 + 999,950 / 6
    expect(pollsPerSecond(MILLION, NEAR_POLL_MAX_SECONDS)).toBeCloseTo(25 + 999_950 / 6)
  })

  it('widen only for those who wait for more than 10 minutes', () => {
    // 50 / 2 + 1,950 / 6 + 998,000 / (30 x 7/8)
    expect(pollsPerSecond(MILLION, 30)).toBeCloseTo(25 + 325 + 998_000 / 26.25)
    const short = { ...MILLION, visitors: 2_000 }
    expect(pollsPerSecond(short, 30)).toBe(pollsPerSecond(short, NEAR_POLL_MAX_SECONDS))
  })

  it('have the intervals that the room tells its visitors', () => {
    const line = new DrivenLine({ capacity: 0, ratePerMinute: 200, pollIntervalMaxSeconds: 32 })
    for (let i = 0; i < 12; i++) line.join(9_000)
    line.tick()
    const view = new SnapshotView(takeSnapshot(line.line, line.nowMs))
    const draws = Array.from({ length: 3_000 }, (_, i) => i / 3_000)
    const mean = (position: number) =>
      draws.reduce((sum, random) => sum + pollAfterSeconds(view, position, position, random), 0) / draws.length
    const modelled = (visitors: number) => pollsPerSecond({ ...MILLION, visitors }, 32)
    // The rate of the visitor at one position is what one more visitor adds.
    for (const position of [1, 50, 51, 2_000, 100_000]) {
      expect(modelled(position) - modelled(position - 1)).toBeCloseTo(1 / mean(position))
    }
  })
})

describe('calls of isolates', () => {
  it.each([
    [1, 5_000, 807, 10],
    [100, 5_000, 806, 113],
    [2_500, 10_000, 1_542, 427],
  ])('%i isolates with %i visitors call about as often as measured', (isolates, visitors, requests, measured) => {
    const calls = objectCallsPerSecond(isolates, requests, visitors)
    expect(calls / measured).toBeGreaterThan(0.85)
    expect(calls / measured).toBeLessThan(1.15)
  })

  it('grow with the isolates once the pace is at its longest', () => {
    expect(objectCallsPerSecond(6_000, 1e6, 1e6)).toBe(1_000)
  })
})

describe('the room', () => {
  it('has the hand-computed usage of a million people for an hour', () => {
    const { usage, callsPerSecond } = roomEstimate(MILLION, { ...DEFAULT_COSTING, pollSeconds: NEAR_POLL_MAX_SECONDS })
    // (166,683.33 polls + 125 beacons) x 3,600 s, and a page for 1,000,000 + 12,000 newcomers.
    const requests = (25 + 999_950 / 6 + 125) * 3600 + 1_012_000
    expect(usage.workerRequests).toBeCloseTo(requests, 0)
    expect(usage.workerCpuMs).toBeCloseTo(requests * 0.3, 0)
    expect(callsPerSecond).toBe(430)
    // 2,490 isolates call two gatherers 860 times a second, which call the room 20 times. 245
    // segments; 360 ticks with an alarm and a check per segment each; 60 reports.
    expect(usage.objectRequests).toBe((860 + 20) * 3600 + 360 + 245 * 360 + 60)
    expect(usage.rowsWritten).toBe(20 * 3600 * 3 + 360 * 249)
    expect(usage.queueOperations).toBe(245 * 360 * 3)
    expect(usage.objectGbSeconds).toBeCloseTo(3 * 460.8)
    // 176.8 + 2.8 + 0.3 + 5
    expect(billDollars(usage)).toBeCloseTo(
      (requests / 1e6 - 10) * 0.3 + ((requests / 1e6) * 0.3 - 30) * 0.02 + 5.338,
      2,
    )
  })

  it('pays for log entries only if requests are logged', () => {
    expect(roomEstimate(MILLION, { ...DEFAULT_COSTING, pollSeconds: NEAR_POLL_MAX_SECONDS }).usage.logGb).toBe(0)
    const { usage } = roomEstimate(MILLION, { ...DEFAULT_COSTING, logBytesPerRequest: 1_000 })
    expect(usage.logGb).toBeCloseTo(usage.workerRequests / 1e6)
    expect(usage.logGbMonths).toBeCloseTo((usage.logGb * 7) / 30)
  })

  it('costs the base price alone for a small crowd', () => {
    expect(billDollars(roomEstimate({ ...MILLION, visitors: 1_000 }, DEFAULT_COSTING).usage)).toBe(5)
  })

  it('has gatherers for more than 1,000 isolates, in each region, and counts the calls of both', () => {
    const estimate = (isolates: number, regions = 1) =>
      roomEstimate(MILLION, { ...DEFAULT_COSTING, isolates, regions, pollSeconds: NEAR_POLL_MAX_SECONDS })
    const requestsBeside = 360 + 245 * 360 + 60
    const callsOf = ({ usage }: ReturnType<typeof estimate>) => (usage.objectRequests - requestsBeside) / 3600
    expect(estimate(1_000)).toMatchObject({ objects: 1, callsPerSecond: 430 })
    expect(callsOf(estimate(1_000))).toBeCloseTo(430)
    // 8 gatherers with 1,500 isolates each, which they pace to 430 calls a second.
    expect(estimate(12_000)).toMatchObject({ objects: 9, callsPerSecond: 430 })
    expect(callsOf(estimate(12_000))).toBeCloseTo(8 * 430 + 8 * 10)
    // 48 gatherers with 250 isolates each, which call as often as tickets are confirmed.
    expect(estimate(12_000, 6).objects).toBe(49)
    expect(callsOf(estimate(12_000, 6))).toBeCloseTo(1_001_000 / 60 + 430)
  })
})

describe('a call for each poll', () => {
  it('needs an object for each 1,000 requests a second, and a row and a call for each request', () => {
    const { usage, objects } = callPerPollEstimate(MILLION, { ...DEFAULT_COSTING, pollSeconds: NEAR_POLL_MAX_SECONDS })
    expect(objects).toBe(167)
    expect(usage.objectRequests).toBe(usage.workerRequests)
    expect(usage.rowsWritten).toBe(usage.workerRequests)
    expect(usage.objectGbSeconds).toBeCloseTo(167 * 460.8)
  })
})

describe('the tables', () => {
  it('write amounts with three digits and dollars with cents up to 100', () => {
    expect([0, 0.001, 461, 1_548_000, 25e9].map(compact)).toEqual(['0', 'under 0.01', '461', '1.55 M', '25 B'])
    expect([0.101, 99.99, 99.996, 1234.5].map(dollars)).toEqual(['$0.10', '$99.99', '$100', '$1,235'])
  })

  it('replace what is between the marks of the document, and nothing else', () => {
    const place = (content: string) =>
      `before\n<!-- generated by npm run cost -- --write -->\n\n${content}\n<!-- end -->\nafter`
    expect(withCostTables(place('old\n'))).toBe(place(costSection()))
    expect(withCostTables('no marks')).toBeNull()
  })

  it('mark what one object cannot take', () => {
    const { stdout } = run('--visitors', '1,000,000', '--hours', '1', '--capacity', '1000', '--isolates', '1,000,000')
    expect(stdout).toMatch(/\*\*together\*\* \| \*\*\$65\.00\*\* \| \*\*\$276 \*\*\* \|/)
    expect(stdout).toContain('* everyone polls every 5 to 7 s: more calls a second than one object takes')
    expect(costSection()).not.toContain('\\*')
  })
})

describe('npm run cost', () => {
  const crowd = ['--visitors', '1,000,000', '--hours', '1', '--capacity', '1000']

  it('prints the bill of a crowd', () => {
    const { status, stdout, stderr } = run(...crowd)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toContain('1,000,000 people wait for 1 h, 1,000 are on the site for 5 min each.')
    expect(stdout).toMatch(/\*\*together\*\* \| \*\*\$44\.21\*\* \| \*\*\$186\*\* \| \*\*\$827\*\*/)
  })

  it('compares the interval that is passed', () => {
    const { stdout } = run(...crowd, '--poll', '60', '--json')
    const compared = JSON.parse(stdout) as { way: string; dollars: number }[]
    expect(compared.map(({ way }) => way)).toEqual([
      'polls up to 60 s apart',
      'everyone polls every 5 to 7 s',
      'a call of an object for each poll',
    ])
    expect(compared[0]?.dollars).toBe(23.76)
  })

  it('prints the help', () => {
    const { status, stdout } = run('--help')
    expect(status).toBe(0)
    expect(stdout).toMatch(/--visitors N .*--write /s)
  })

  it.each([
    [[], /^Missing: --visitors, --hours, --capacity\./],
    [['--visitors', 'many', '--hours', '1', '--capacity', '1'], /^--visitors many: write a whole number from 1 to /],
    [['--visitors', '1.5', '--hours', '1', '--capacity', '1'], /^--visitors 1\.5: write a whole number/],
    [['--visitors', '0', '--hours', '1', '--capacity', '1'], /^--visitors 0: write a whole number/],
    [['--visitors', '1', '--hours', '721', '--capacity', '1'], /^--hours 721: write a number from 0\.01 to 720/],
    [
      ['--visitors', '1', '--hours', '1', '--capacity', '1', '--poll', '3'],
      /^--poll 3: write a whole number from 7 to 60/,
    ],
    [['--vistors', '1'], /^There is no option --vistors \(did you mean visitors\?\)/],
    [['1000'], /^Unexpected argument '1000'/],
    [['--write', '--visitors', '1'], /^--write updates docs\/scale\.md, whose crowds are fixed/],
  ])('refuses %j with the remedy', (args, problem) => {
    expect(() => readOptions(args)).toThrow(CostError)
    expect(() => readOptions(args)).toThrow(problem)
  })

  it('exits with status 1 for a problem', () => {
    const { status, stderr } = run('--hours', '1')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^Missing: --visitors, --capacity/)
  })
})
