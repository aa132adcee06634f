import { statSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Examples before properties, which cost a hundred times more: most mutants die by an example. */
class ExamplesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const cost = ({ moduleId }: TestSpecification) =>
      statSync(moduleId).size + (/property|snapshot-view/.test(moduleId) ? 1e9 : 0)
    return [...files].sort((a, b) => cost(a) - cost(b))
  }
}

/**
 * What mutants of the line's rules are run against (`npm run mutate`): the tests that state what
 * the line does. Code with mutants in it is several times slower, hence the patience.
 */
export default defineConfig({
  test: {
    environment: 'node',
    // A worker for each file and mutant would take most of the time.
    isolate: false,
    include: ['test/core/**/*.test.ts'],
    setupFiles: ['test/mutation/short-properties.ts'],
    sequence: { sequencer: ExamplesFirst },
    testTimeout: 120_000,
  },
})
