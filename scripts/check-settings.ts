/**
 * Checks the variables in wrangler.toml, those of each environment too, with the very schema that the Worker starts with.
 * A dry run of a deploy does not run the code, so it would not see what is wrong with them. So are the files they name.
 * Suggests what many sites need besides.
 */
import { dirname, join } from 'node:path'
import { bypassSuggestions } from './bypass-suggestions.ts'
import { environments, WRANGLER_TOML } from './deployment-config.ts'
import { lookProblems } from './look-problems.ts'
import { settingsProblem } from './settings-problem.ts'

const file = process.argv[2] ?? WRANGLER_TOML
let failed = false
for (const { name, section } of environments(file)) {
  const place = `${file}, ${name ?? 'top level'}`
  const files = lookProblems(section.vars?.ROOMS, join(dirname(file), 'public'))
  const problem = settingsProblem(section) ?? (files.length > 0 ? files.join('\n') : null)
  if (problem === null) {
    console.log(`${place}: settings can be used`)
    // The top level is for development and the demo.
    const suggestions = name === null ? [] : bypassSuggestions(section.vars?.ROOMS)
    for (const suggestion of suggestions) console.log(`${place}: suggestion: ${suggestion}`)
  } else {
    failed = true
    console.error(`${place}: ${problem}`)
  }
}
process.exitCode = failed ? 1 : 0
