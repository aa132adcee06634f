/** Generated files that are checked in, so that nothing has to be built before use. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * With `--check` nothing is written: the run fails if the file differs from its generated content.
 */
export const checksOnly = process.argv.includes('--check')

/** `command` generates the file. */
export function writeOrCheck(file: string, text: string, command: string): void {
  if (!checksOnly) {
    writeFileSync(file, text)
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is out of date. Run: ${command}`)
    process.exitCode = 1
  }
}
