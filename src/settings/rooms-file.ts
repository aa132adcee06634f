/**
 * The rooms of `rooms.toml`, which is bundled with the Worker. They stand beside those of `ROOMS`,
 * whose size the platform limits.
 */
import { parse } from 'smol-toml'
import { SettingsError } from './settings.ts'

/**
 * Returns the `[[rooms]]` tables, not checked yet.
 * @throws SettingsError if the text is not TOML, or has anything else
 */
export function roomsOfFile(text: string): readonly unknown[] {
  const { rooms = [], ...others } = parsed(text)
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw problem(`has "${unknown}", but may have [[rooms]] tables only`)
  if (!Array.isArray(rooms)) throw problem('"rooms" must be [[rooms]] tables, one per room')
  return rooms
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return plainToml(text)
  } catch (error) {
    throw problem(`is not valid TOML. ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The content of a TOML text. Times become texts, as the settings have them. */
export function plainToml(text: string) {
  return JSON.parse(JSON.stringify(parse(text)))
}

function problem(text: string): SettingsError {
  return new SettingsError([`rooms.toml: ${text}`])
}
