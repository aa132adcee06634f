/**
 * Checks wrangler.toml, each environment of it, with the very schema that the Worker starts with. A dry run of a deploy does
 * not run the code, so it would not see what is wrong. All problems of all environments are named at once.
 */
import { bypassSuggestions } from './bypass-suggestions.ts'
import { bindingNotes } from './checks/bindings.ts'
import { environmentProblems, problemList } from './checks/environment-problems.ts'
import { originPlaceholder } from './checks/variables.ts'
import { environments, WRANGLER_TOML } from './deployment-config.ts'

const file = process.argv[2] ?? WRANGLER_TOML
const all = environments(file)
for (const environment of all) {
  const place = `${file}, ${environment.name ?? 'top level'}`
  const problems = environmentProblems(environment, all, file)
  if (problems.length > 0) {
    process.exitCode = 1
    console.error(problemList(place, problems))
    continue
  }
  console.log(`${place}: settings can be used`)
  const placeholder = originPlaceholder(environment)
  // The top level is for development and the demo.
  const suggestions = environment.name === null ? [] : bypassSuggestions(environment.section.vars?.ROOMS)
  const notes = [
    ...bindingNotes(environment.section),
    ...(placeholder === null ? [] : [`before a deploy: ${placeholder}`]),
    ...suggestions,
  ]
  for (const note of notes) console.log(`  note: ${note}`)
}
