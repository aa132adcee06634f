/**
 * Checks the variables in wrangler.toml, those of each environment too, with the very schema that the Worker starts with.
 * A dry run of a deploy does not run the code, so it would not see what is wrong with them.
 */
import { environments, WRANGLER_TOML } from './deployment-config.ts'
import { settingsProblem } from './settings-problem.ts'

const file = process.argv[2] ?? WRANGLER_TOML
let failed = false
for (const { name, section } of environments(file)) {
  const place = `${file}, ${name ?? 'top level'}`
  const problem = settingsProblem(section)
  if (problem === null) {
    console.log(`${place}: settings can be used`)
  } else {
    failed = true
    console.error(`${place}: ${problem}`)
  }
}
process.exitCode = failed ? 1 : 0
