/** What the Worker would refuse in an environment's variables. */
import { BYPASS_SECRET_MIN_CHARS } from '../src/limits.ts'
import { parseSettings, SettingsError } from '../src/settings/settings.ts'
import { addressSecrets, bypassSecrets, type Section, signedChannels } from './deployment-config.ts'

/** Every problem with its key. Secrets are not in the file: what refers to one is checked as if it were set. */
export function settingsProblems(section: Section): readonly string[] {
  try {
    parseSettings({ ...section.vars, ...standInSecrets(section) })
    return []
  } catch (error) {
    if (error instanceof SettingsError) return error.problems
    throw error
  }
}

function standInSecrets(section: Section): Record<string, string> {
  const secret = `whsec_${Buffer.alloc(32).toString('base64')}`
  return {
    ...Object.fromEntries(bypassSecrets(section).map((name) => [name, 'x'.repeat(BYPASS_SECRET_MIN_CHARS)])),
    ...Object.fromEntries(addressSecrets(section).map((name) => [name, 'https://receiver.example/'])),
    ALERT_SECRETS: signedChannels(section)
      .map((name) => `${name}:${secret}`)
      .join(','),
  }
}
