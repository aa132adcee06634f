/**
 * The order of the test files: the project with the longest file first, and within a project the
 * long files first, so that none of them is left for the end, when the other processes have nothing
 * to do. A fresh clone knows no durations, and Vitest's own order goes by the size of files, which
 * says little here: short files wait for time-outs.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The longest first. Any other file takes less than about 15 s on an idle machine. */
const LONG_FILES: readonly string[] = [
  'engines/journeys.test.ts',
  'simulation/seeds.test.ts',
  'simulation/judges.test.ts',
  'contract/crash.test.ts',
  'contract/draw-beacon.test.ts',
  'contract/idle.test.ts',
  'contract/hostile/requests.test.ts',
  'contract/alerts.test.ts',
  'contract/figures.test.ts',
  'contract/join-limits-wider.test.ts',
  'contract/reporter.test.ts',
  'contract/configuration.test.ts',
  'contract/redeploy.test.ts',
  'contract/comeback.test.ts',
  'contract/silence.test.ts',
  'contract/suspension.test.ts',
  'contract/idle-object.test.ts',
  'contract/waiting-requests.test.ts',
  'deployment/setup.test.ts',
  'deployment/package.test.ts',
  'browser/waiting/states.test.ts',
  'browser/admin-events.test.ts',
  'browser/admin.test.ts',
  'browser/waiting/lobby.test.ts',
  'browser/waiting/trials.test.ts',
  'browser/waiting/called.test.ts',
]

export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const longFirst = sorted.toSorted((a, b) => placeOf(a) - placeOf(b))
    const projects = [...new Set(longFirst.map(({ project }) => project))]
    const rank = ({ project }: TestSpecification) => projects.indexOf(project)
    return longFirst.sort((a, b) => rank(a) - rank(b))
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = LONG_FILES.findIndex((file) => moduleId.endsWith(`/test/${file}`))
  return place === -1 ? LONG_FILES.length : place
}
