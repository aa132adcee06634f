/**
 * Everything that is known to be wrong with an environment before it is deployed, all at once: settings as the Worker itself
 * reads them, the files that they name, variables, bindings, queues and options.
 */
import { dirname, join } from 'node:path'
import { type Environment, roomTables } from '../deployment-config.ts'
import { lookProblems } from '../look-problems.ts'
import { settingsProblems } from '../settings-problem.ts'
import { bindingProblems, optionProblems } from './bindings.ts'
import { queueProblems, sharedQueues } from './queues.ts'
import { originProblems, unknownVariables } from './variables.ts'

/** Each with its key and what to do. `file`: the wrangler.toml; `all`: its environments. */
export function environmentProblems(environment: Environment, all: readonly Environment[], file: string): string[] {
  const { section } = environment
  return [
    ...unknownVariables(section),
    ...settingsProblems(section),
    ...lookProblems(roomTables(section), join(dirname(file), 'public')),
    ...originProblems(environment),
    ...bindingProblems(section),
    ...queueProblems(section),
    ...sharedQueues(environment, all),
    ...optionProblems(section),
  ]
}

/** As a list below a place, such as "wrangler.toml, production". */
export function problemList(place: string, problems: readonly string[]): string {
  return `${place}: cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`
}
