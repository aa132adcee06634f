/**
 * npm run deploy -- --env NAME [arguments of wrangler deploy]: checks an environment and deploys
 * it. Refuses the top level, which is for development, and placeholders except in a dry run.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { didYouMean } from './checks/did-you-mean.ts'
import { environmentProblems, problemList } from './checks/environment-problems.ts'
import { originPlaceholder } from './checks/variables.ts'
import { type Environment, environments, WRANGLER, WRANGLER_TOML } from './deployment-config.ts'

const args = process.argv.slice(2)
const { values } = parseArgs({
  args,
  options: {
    env: { type: 'string', short: 'e' },
    config: { type: 'string', short: 'c', default: WRANGLER_TOML },
    'dry-run': { type: 'boolean', default: false },
  },
  // All other arguments go to wrangler.
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

/** Why the deploy is refused; null: it is not. */
function refusalOf(name: string): string | null {
  const environment = all.find((candidate) => candidate.name === name)
  if (environment === undefined) return noSuchEnvironment(name)
  const problems = environmentProblems(environment, all, file)
  const placeholder = values['dry-run'] === true ? null : originPlaceholder(environment)
  if (placeholder !== null) problems.push(placeholder)
  return problems.length > 0 ? problemList(`${file}, ${name}`, problems) : null
}

function noSuchEnvironment(requested: string): string {
  const names = all.flatMap(({ name }: Environment) => name ?? [])
  const commands = names.map((name) => `npm run deploy -- --env ${name}`).join('\n  ')
  const reason =
    requested === ''
      ? `choose an environment; the top level of ${file} is for npm run dev and the demo`
      : `${file} has no [env.${requested}]${didYouMean(requested, names)}`
  return `${reason}:\n  ${commands}`
}
