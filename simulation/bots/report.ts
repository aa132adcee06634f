/** The table of docs/fairness.md: every attacker in every setting, and what each costs people. */
import { ATTACKERS, BOUGHT_SOLVES, type Budget } from './attackers.ts'
import { runSale, type SaleFigures } from './sale.ts'
import { SETTINGS, type Setting } from './settings.ts'

export interface TableOptions {
  readonly people: number
  readonly places: number
  readonly firstSeed: number
  readonly seeds: number
  readonly onProgress?: (done: number, all: number) => void
}

export interface Row {
  readonly budget: Budget
  readonly boughtSolves: number
  /** By setting, of each seed: the attacker's share of the first places. */
  readonly shares: ReadonlyMap<Setting, readonly number[]>
}

/** The cost of a setting to people. Shares are 0 to 1. */
export interface Cost {
  readonly setting: Setting
  readonly refused: number
  readonly delayed: number
  readonly medianSeconds: number
  /** 99 of 100 are in line after this. */
  readonly slowSeconds: number
}

export interface Table {
  readonly rows: readonly Row[]
  readonly costs: readonly Cost[]
}

/** People who are in line later than this are delayed. */
export const DELAYED_SECONDS = 2

export async function runTable(options: TableOptions): Promise<Table> {
  const costs: Cost[] = []
  const rows: Row[] = []
  const all = ATTACKERS.length * BOUGHT_SOLVES.length * SETTINGS.length
  let done = 0
  for (const budget of ATTACKERS) {
    for (const boughtSolves of BOUGHT_SOLVES) {
      const shares = new Map<Setting, readonly number[]>()
      for (const setting of SETTINGS) {
        const same = rows.at(-1)?.budget === budget && !needsSolves(setting) ? rows.at(-1)?.shares.get(setting) : null
        // People who come late meet the same room whatever the attacker does: one crowd is enough.
        const isCounted = !costs.some((cost) => cost.setting === setting)
        const runs = same == null ? await runSeeds({ budget, boughtSolves, setting, isCounted }, options) : []
        shares.set(setting, same ?? runs.map(({ botShare }) => botShare))
        if (isCounted) costs.push(costOf(setting, runs[0] as SaleFigures))
        options.onProgress?.(++done, all)
      }
      rows.push({ budget, boughtSolves, shares })
    }
  }
  return { rows, costs }
}

interface Case {
  readonly budget: Budget
  readonly boughtSolves: number
  readonly setting: Setting
  readonly isCounted: boolean
}

async function runSeeds(
  { isCounted, ...sale }: Case,
  { people, places, firstSeed, seeds }: TableOptions,
): Promise<SaleFigures[]> {
  const runs: SaleFigures[] = []
  for (let i = 0; i < seeds; i++) {
    const everyone = isCounted && i === 0
    runs.push(await runSale({ ...sale, people, places, seed: firstSeed + i, everyone }))
  }
  return runs
}

function needsSolves({ room }: Setting): boolean {
  return room.turnstile_action === 'infinite_queue'
}

function costOf(setting: Setting, { people, refused, delaysMs }: SaleFigures): Cost {
  const secondsAt = (share: number) => (delaysMs[Math.floor(share * (delaysMs.length - 1))] ?? 0) / 1000
  return {
    setting,
    refused: refused / people,
    delayed: delaysMs.filter((delayMs) => delayMs > DELAYED_SECONDS * 1000).length / people,
    medianSeconds: secondsAt(0.5),
    slowSeconds: secondsAt(0.99),
  }
}
