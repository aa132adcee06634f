import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SHELL_FAULTS } from './shell-faults.ts'

it.each(SHELL_FAULTS.map((fault) => [fault.name, fault] as const))(
  'the fault "%s" can still be put into the shell (npm run faults)',
  (_, { file, find, replace }) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    expect(text.split(find).length - 1).toBe(1)
    expect(replace).not.toBe(find)
  },
)
