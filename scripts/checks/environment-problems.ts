/**
 * All problems of an environment that can be found before a deploy: settings, with the Worker's own
 * schema, the files they name, variables, bindings, queues and options.
 */
import { dirname, join } from 'node:path'
import { inFile } from '../../src/settings/rooms.ts'
import { type Environment, roomTables } from '../deployment-config.ts'
import { bindingProblems, optionProblems } from './bindings.ts'
import { queueProblems, sharedQueues } from './queues.ts'
import { lookProblems, settingsProblems } from './rooms.ts'
import { originProblems, unknownVariables } from './variables.ts'

/**
 * Each with its key and what to do.
 * @param all the environments of the file
 * @param file the path of wrangler.toml
 */
export function environmentProblems(environment: Environment, all: readonly Environment[], file: string): string[] {
  const { section } = environment
  return [
    ...unknownVariables(section),
    ...settingsProblems(section),
    ...lookProblems(roomTables(section), join(dirname(file), 'public')).map((problem) =>
      inFile(problem, section.vars?.ROOMS),
    ),
    ...originProblems(environment),
    ...bindingProblems(section),
    ...queueProblems(section),
    ...sharedQueues(environment, all),
    ...optionProblems(section),
  ]
}

/** A list with a heading, such as "wrangler.toml, production". */
export function problemList(place: string, problems: readonly string[]): string {
  return `${place}: invalid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`
}
