/**
 * Checks every environment of wrangler.toml with the schema that the Worker uses at start-up. A dry
 * run of a deploy does not run the Worker, so it cannot find these problems. Reports all problems
 * of all environments at once.
 */
import { SettingsError } from '../src/settings/settings.ts'
import { bindingNotes } from './checks/bindings.ts'
import { environmentProblems, problemList } from './checks/environment-problems.ts'
import { bypassSuggestions, returnNotes } from './checks/rooms.ts'
import { originPlaceholder } from './checks/variables.ts'
import { type Environment, environments, WRANGLER_TOML } from './deployment-config.ts'

const file = process.argv[2] ?? WRANGLER_TOML
const all = readEnvironments()
for (const environment of all) {
  const place = `${file}, ${environment.name ?? 'top level'}`
  const problems = environmentProblems(environment, all, file)
  if (problems.length > 0) {
    process.exitCode = 1
    console.error(problemList(place, problems))
    continue
  }
  console.log(`${place}: settings are valid`)
  const placeholder = originPlaceholder(environment)
  // The top level is only for development and the demo.
  const suggestions = environment.name === null ? [] : bypassSuggestions(environment.section)
  const notes = [
    ...bindingNotes(environment.section),
    ...returnNotes(environment.section),
    ...(placeholder === null ? [] : [`before a deploy: ${placeholder}`]),
    ...suggestions,
  ]
  for (const note of notes) console.log(`  note: ${note}`)
}

function readEnvironments(): Environment[] {
  try {
    return environments(file)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    console.error(problemList(file, error.problems))
    process.exit(1)
  }
}
