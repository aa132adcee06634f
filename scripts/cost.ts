/**
 * npm run cost -- --visitors N --hours H --capacity C: what a crowd costs in dollars a month, by
 * Cloudflare's published prices. `--write` updates the tables of docs/scale.md. Makes no network
 * calls.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { NEAR_POLL_MAX_SECONDS } from '../src/core/limits.ts'
import { COST_FILE, withCostTables } from './cost/document.ts'
import { CostError, HELP, type Options, readOptions } from './cost/options.ts'
import { billDollars, PRICES_READ } from './cost/prices.ts'
import { detailTable, type Way, ways } from './cost/tables.ts'
import { OBJECT_CALLS_PER_SECOND_MAX } from './cost/usage.ts'

function print({ crowd, costing, json }: Options): void {
  const intervals = [...new Set([costing.pollSeconds, NEAR_POLL_MAX_SECONDS])]
  const compared = ways(crowd, costing, intervals)
  if (json) {
    console.log(JSON.stringify(compared.map(asJson), null, 2))
    return
  }
  const { visitors, hours, capacity, stayMinutes } = crowd
  console.log(`${visitors.toLocaleString('en-US')} people wait for ${hours} h, ${capacity.toLocaleString('en-US')} are on the site for ${stayMinutes} min each.
Amounts, and dollars beyond what the plan includes, in a month in which nothing else happens.
Prices as of ${PRICES_READ}: docs/scale.md.

${detailTable(compared).replaceAll('\\*', '*')}`)
  for (const { name, estimate } of compared) {
    if (estimate.callsPerSecond <= OBJECT_CALLS_PER_SECOND_MAX) continue
    console.log(`* ${name}: more calls a second than one object takes (about ${OBJECT_CALLS_PER_SECOND_MAX}).`)
  }
}

function asJson({ name, estimate }: Way) {
  return { way: name, dollars: Math.round(billDollars(estimate.usage) * 100) / 100, ...estimate }
}

function write(): void {
  const text = withCostTables(readFileSync(COST_FILE, 'utf8'))
  if (text === null) throw new CostError(`${COST_FILE} has no place for the tables of costs.`)
  writeFileSync(COST_FILE, text)
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(HELP)
  else if (options === 'write') write()
  else print(options)
} catch (error) {
  if (!(error instanceof CostError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
