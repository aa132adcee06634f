/**
 * npm run deploy -- --env NAME [arguments of wrangler deploy]: checks the environment, then deploys it. Refuses the top level,
 * which is for development, and placeholders, unless it is a dry run.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { didYouMean } from './checks/did-you-mean.ts'
import { environmentProblems, problemList } from './checks/environment-problems.ts'
import { originPlaceholder } from './checks/variables.ts'
import { type Environment, environments, WRANGLER_TOML } from './deployment-config.ts'

const WRANGLER = new URL('../node_modules/wrangler/bin/wrangler.js', import.meta.url).pathname

const args = process.argv.slice(2)
const { values } = parseArgs({
  args,
  options: {
    env: { type: 'string', short: 'e' },
    config: { type: 'string', short: 'c', default: WRANGLER_TOML },
    'dry-run': { type: 'boolean', default: false },
  },
  // Everything else is wrangler's.
  strict: false,
})
const file = String(values.config)
const all = environments(file)
const refusal = refusalOf(String(values.env ?? process.env.CLOUDFLARE_ENV ?? ''))
if (refusal === null) {
  const { status } = spawnSync(process.execPath, [WRANGLER, 'deploy', ...args], { stdio: 'inherit' })
  process.exitCode = status ?? 1
} else {
  console.error(`deploy: ${refusal}`)
  process.exitCode = 1
}

/** Why nothing is deployed, null: nothing stands against it. */
function refusalOf(name: string): string | null {
  const environment = all.find((one) => one.name === name)
  if (environment === undefined) return noSuchEnvironment(name)
  const problems = environmentProblems(environment, all, file)
  const placeholder = values['dry-run'] === true ? null : originPlaceholder(environment)
  if (placeholder !== null) problems.push(placeholder)
  return problems.length > 0 ? problemList(`${file}, ${name}`, problems) : null
}

function noSuchEnvironment(written: string): string {
  const names = all.flatMap(({ name }: Environment) => name ?? [])
  const commands = names.map((name) => `npm run deploy -- --env ${name}`).join('\n  ')
  const what =
    written === ''
      ? `say which environment; the top level of ${file} is for npm run dev and the demo`
      : `${file} has no [env.${written}]${didYouMean(written, names)}`
  return `${what}:\n  ${commands}`
}
