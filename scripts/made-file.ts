/** Files that a script makes and that are checked in all the same, so that nothing has to be built before they are used. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** With `--check` on the command line nothing is written: it fails where the file is not what would be made. */
export const checksOnly = process.argv.includes('--check')

/** `command`: what makes the file. */
export function writeOrCheck(file: string, text: string, command: string): void {
  if (!checksOnly) {
    writeFileSync(file, text)
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is not current. Make it with: ${command}`)
    process.exitCode = 1
  }
}
