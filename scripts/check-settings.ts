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

/** Secrets are not in the file: what refers to one is checked as if it were set. */
function standInSecrets(vars: Record<string, unknown>): Record<string, string> {
  const channels = Array.isArray(vars.ALERT_CHANNELS) ? (vars.ALERT_CHANNELS as Record<string, unknown>[]) : []
  const secret = `whsec_${Buffer.alloc(32).toString('base64')}`
  const signed = ['stats-push', ...channels.map(({ name }) => String(name))]
  const urls = channels.flatMap(({ url_from }) =>
    typeof url_from === 'string' ? [[url_from, 'https://receiver.example/']] : [],
  )
  return { ...Object.fromEntries(urls), ALERT_SECRETS: signed.map((name) => `${name}:${secret}`).join(',') }
}

const file = process.argv[2] ?? 'wrangler.toml'
const config = parse(readFileSync(file, 'utf8')) as Section
const sections: [string, Section][] = [['top level', config], ...Object.entries(config.env ?? {})]
let failed = false
for (const [name, { vars = {} }] of sections) {
  try {
    const { rooms } = parseSettings({ ...vars, ...standInSecrets(vars) })
    console.log(`${file}, ${name}: settings of ${rooms.length} room(s) can be used`)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    failed = true
    console.error(`${file}, ${name}: ${error.message}`)
  }
}
process.exitCode = failed ? 1 : 0
