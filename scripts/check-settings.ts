/**
 * Checks the variables in wrangler.toml, those of each environment too, with the very schema that the Worker starts with.
 * A dry run of a deploy does not run the code, so it would not see what is wrong with them.
 */
import { readFileSync } from 'node:fs'
import { parse } from 'smol-toml'
import { parseSettings, SettingsError } from '../src/settings/settings.ts'

interface Section {
  vars?: Record<string, unknown>
  env?: Record<string, Section>
}

const file = process.argv[2] ?? 'wrangler.toml'
const config = parse(readFileSync(file, 'utf8')) as Section
const sections: [string, Section][] = [['top level', config], ...Object.entries(config.env ?? {})]
let failed = false
for (const [name, { vars = {} }] of sections) {
  try {
    const { rooms } = parseSettings(vars)
    console.log(`${file}, ${name}: settings of ${rooms.length} room(s) can be used`)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    failed = true
    console.error(`${file}, ${name}: ${error.message}`)
  }
}
process.exitCode = failed ? 1 : 0
