import { statSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Examples run before properties, which cost a hundred times more: an example kills most mutants.
 */
class ExamplesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const cost = ({ moduleId }: TestSpecification) =>
      statSync(moduleId).size + (/property|snapshot-view/.test(moduleId) ? 1e9 : 0)
    return [...files].sort((a, b) => cost(a) - cost(b))
  }
}

/**
 * The tests for mutants of the line's rules (`npm run mutate`), which specify the line's behaviour.
 * Code with mutants in it is several times slower, hence the long time-outs.
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
