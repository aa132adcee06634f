import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Budget } from '../../simulation/bots/attackers.ts'
import { assumptions, SEEDS_OF_THE_DOCUMENT } from '../../simulation/bots/markdown.ts'
import { PEOPLE_BY_DEFAULT } from '../../simulation/bots/people.ts'
import { runTable } from '../../simulation/bots/report.ts'
import { runSale, type SaleFigures, type SaleOptions } from '../../simulation/bots/sale.ts'
import { SETTINGS } from '../../simulation/bots/settings.ts'

/** About 13 people come in each of the first seconds. */
const PEOPLE = 800
const PLACES = 200

const SERVER: Budget = {
  name: 'a server',
  requestsPerSecond: 40,
  cores: 1,
  roundTripMs: 20,
  addresses: ['198.51.100.7'],
}
const MANY: Budget = { ...SERVER, addresses: Array.from({ length: 1_000 }, (_, i) => `70.${i >> 8}.${i & 255}.9`) }

/** Several tests look at the same sale. */
const sales = new Map<string, Promise<SaleFigures>>()

type SettingName = (typeof SETTINGS)[number]['name']

function sale(name: SettingName, changes: Partial<SaleOptions> = {}): Promise<SaleFigures> {
  const setting = SETTINGS.find((one) => one.name === name)
  if (setting === undefined) throw new Error(`no setting ${name}`)
  const sizes = { seed: 3, people: PEOPLE, places: PLACES, everyone: true }
  const options = { ...sizes, setting, budget: SERVER, boughtSolves: 0, ...changes }
  const key = JSON.stringify(options)
  const figures = sales.get(key) ?? runSale(options)
  sales.set(key, figures)
  return figures
}

const slowest = ({ delaysMs }: SaleFigures) => (delaysMs.at(-1) ?? 0) / 1000

describe('without any defence', () => {
  it('gives bots the same share of the places as of the requests', async () => {
    for (const requestsPerSecond of [10, 40, 160]) {
      const { botShare } = await sale('off', { budget: { ...SERVER, requestsPerSecond } })
      expect(botShare).toBeGreaterThan(requestsPerSecond / (requestsPerSecond + 13) - 0.1)
      expect(botShare).toBeLessThan(requestsPerSecond / (requestsPerSecond + 13) + 0.1)
    }
  })

  it('refuses and delays nobody', async () => {
    const figures = await sale('off')
    expect(figures).toMatchObject({ people: PEOPLE, refused: 0 })
    expect(slowest(figures)).toBeLessThan(1)
  })
})

describe('the join limit', () => {
  it('holds one address to its limit, and does nothing against many', async () => {
    const rush = { ...SERVER, requestsPerSecond: 400 }
    const { botTickets } = await sale('join limit', { budget: rush })
    expect(botTickets).toBeGreaterThanOrEqual(100)
    // The deployed limit is 100 in 10 s; the places are gone after less than 20 s.
    expect(botTickets).toBeLessThanOrEqual(200)
    expect((await sale('join limit', { budget: rush })).botShare).toBeLessThan(
      (await sale('off', { budget: rush })).botShare,
    )
    expect((await sale('join limit', { budget: MANY })).botShare).toBe((await sale('off', { budget: MANY })).botShare)
  })

  it('refuses none of 200 people behind one address', async () => {
    expect(await sale('join limit', { people: 4_000 })).toMatchObject({ refused: 0 })
  })
})

describe('proof of work', () => {
  it('takes places from a server, and none from an attacker whose networks are all new', async () => {
    const [without, withProof] = [await sale('off'), await sale('proof of work `"auto"`')]
    expect(withProof.botShare).toBeLessThan(without.botShare - 0.05)
    expect(withProof.botRequests).toBeGreaterThan(1.5 * withProof.botTickets)
    const many = await sale('proof of work `"auto"`', { budget: MANY })
    expect(many.botShare).toBeCloseTo((await sale('off', { budget: MANY })).botShare, 1)
  })

  it('gives no more places than the computers of an attacker can pay for', async () => {
    const setting = { name: 'hard', room: { join_limit: false, proof_of_work: 'fixed', proof_of_work_bits: 22 } }
    const { botShare, delaysMs } = await sale('off', { setting })
    // 2^22 hashes at 10,000,000 a second: 2.4 places a second.
    expect(botShare).toBeLessThan(0.3)
    expect(botShare).toBeGreaterThan(0.02)
    expect(delaysMs.at(delaysMs.length >> 1)).toBeGreaterThan(1_000)
  })

  it('lets people without JavaScript join', async () => {
    const setting = { name: 'hard', room: { join_limit: false, proof_of_work: 'fixed', proof_of_work_bits: 12 } }
    expect(await sale('off', { setting })).toMatchObject({ refused: 0 })
  })
})

describe('Turnstile', () => {
  it('keeps bots out with the infinite queue, except for one place per bought check', async () => {
    expect(await sale('Turnstile `"infinite_queue"`')).toMatchObject({ botShare: 0, botTickets: 0 })
    const { botShare, botTickets } = await sale('Turnstile `"infinite_queue"`', { boughtSolves: 30 })
    expect(botTickets).toBe(30)
    expect(botShare).toBeCloseTo(30 / PLACES, 2)
  })

  it('keeps out neither bots nor people with the log', async () => {
    const figures = await sale('Turnstile `"log"`')
    expect(figures.refused).toBe(0)
    expect(figures.botShare).toBeGreaterThan(0.3)
  })

  it('refuses people whom it takes for bots, and people without JavaScript, in the infinite queue', async () => {
    const { refused } = await sale('Turnstile `"infinite_queue"`')
    expect(refused).toBeGreaterThan(0)
    expect(refused).toBeLessThan(0.05 * PEOPLE)
  })
})

it('keeps bots without a key out, and people who lost theirs', async () => {
  const { botShare, botTickets, refused } = await sale('invite keys')
  expect({ botShare, botTickets }).toEqual({ botShare: 0, botTickets: 0 })
  expect(refused).toBeGreaterThan(0)
  expect(refused).toBeLessThan(0.05 * PEOPLE)
})

it('runs the same way each time', async () => {
  const options = { seed: 4, people: 200, places: 50, everyone: true, budget: SERVER, boughtSolves: 10 }
  for (const setting of SETTINGS) {
    expect(await runSale({ ...options, setting })).toEqual(await runSale({ ...options, setting }))
  }
})

it('gives every attacker a figure in every setting', async () => {
  const { rows, costs } = await runTable({ people: 200, places: 20, firstSeed: 1, seeds: 1 })
  expect(costs.map(({ setting }) => setting)).toEqual(SETTINGS)
  for (const { shares } of rows) {
    for (const setting of SETTINGS) expect(shares.get(setting)).toEqual([expect.any(Number)])
  }
})

it('states in docs/fairness.md what the figures assume', () => {
  const document = readFileSync('docs/fairness.md', 'utf8')
  const isCurrent = document.includes(assumptions(PEOPLE_BY_DEFAULT, SEEDS_OF_THE_DOCUMENT))
  expect(isCurrent, 'run: npm run simulate -- --bots --write').toBe(true)
})
