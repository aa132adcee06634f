/**
 * Checks of the rooms and the other settings of an environment: values, files they name, and
 * missing bypass rules.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Mustache from 'mustache'
import { matchesPattern } from '../../src/bypass/patterns.ts'
import { BYPASS_SECRET_MIN_CHARS, LOGO_MAX_BYTES, TEMPLATE_MAX_BYTES } from '../../src/limits.ts'
import { parseRooms, type RoomSettings } from '../../src/settings/rooms.ts'
import { routesOf } from '../../src/settings/routes.ts'
import { parseSettings, SettingsError } from '../../src/settings/settings.ts'
import {
  addressSecrets,
  bypassSecrets,
  hasTurnstile,
  returningRooms,
  type Section,
  signedChannels,
} from '../deployment-config.ts'

/**
 * Problems for which the Worker would refuse to start. Secrets are not in the file, so references
 * to them count as set.
 */
export function settingsProblems(section: Section): readonly string[] {
  try {
    parseSettings({ ...section.vars, ROOMS_FILE: section.roomsFile ?? [], ...placeholderSecrets(section) })
    return []
  } catch (error) {
    if (error instanceof SettingsError) return error.problems
    throw error
  }
}

function placeholderSecrets(section: Section): Record<string, string> {
  const secret = `whsec_${Buffer.alloc(32).toString('base64')}`
  return {
    ...Object.fromEntries(bypassSecrets(section).map((name) => [name, 'x'.repeat(BYPASS_SECRET_MIN_CHARS)])),
    ...Object.fromEntries(addressSecrets(section).map((name) => [name, 'https://receiver.example/'])),
    ...(section.vars?.TURNSTILE_SITE_KEY === undefined && !hasTurnstile(section) ? {} : { TURNSTILE_SECRET: 'set' }),
    ALERT_SECRETS: signedChannels(section)
      .map((name) => `${name}:${secret}`)
      .join(','),
  }
}

/**
 * Unusable files of public/ that rooms name. The Worker would fall back to the default page.
 * @param rooms the value in wrangler.toml; other problems with it are ignored
 */
export function lookProblems(rooms: unknown, folder: string): string[] {
  if (!Array.isArray(rooms)) return []
  return rooms.flatMap(({ template, logo }, i) => [
    ...fileProblem(`ROOMS[${i}].template`, template, folder, TEMPLATE_MAX_BYTES, (file) => {
      Mustache.parse(readFileSync(file, 'utf8'))
    }),
    ...fileProblem(`ROOMS[${i}].logo`, String(logo).startsWith('data:') ? undefined : logo, folder, LOGO_MAX_BYTES),
  ])
}

function fileProblem(
  key: string,
  name: unknown,
  folder: string,
  maxBytes: number,
  read: (file: string) => void = () => {},
): string[] {
  if (typeof name !== 'string') return []
  const file = join(folder, name)
  if (!existsSync(file)) return [`${key}: there is no file ${file}`]
  const { size } = statSync(file)
  if (size > maxBytes) return [`${key}: ${file} has ${size} bytes, ${maxBytes} at most`]
  try {
    read(file)
    return []
  } catch (error) {
    return [`${key}: ${file} is not a Mustache template: ${(error as Error).message}`]
  }
}

/** Secrets are not in the file, so this can only be said, not checked. */
export function returnNotes(section: Section): string[] {
  const rooms = returningRooms(section)
  if (rooms.length === 0) return []
  const names = rooms.map((name) => `"${name}"`).join(', ')
  return [
    `return_hosts of ${names}: the secret PASS_KEYS is needed, npm run setup generates it (docs/redirect-mode.md)`,
  ]
}

const RECIPES = 'docs/abuse.md#bypass-recipes'

/** Paths that programs request on nearly every site, each with a concrete example. */
const USUAL_PATHS: readonly (readonly [name: string, path: string])[] = [
  ['/robots.txt', '/robots.txt'],
  ['/.well-known/acme-challenge/*', '/.well-known/acme-challenge/token'],
  ['/.well-known/apple-app-site-association', '/.well-known/apple-app-site-association'],
  ['/.well-known/assetlinks.json', '/.well-known/assetlinks.json'],
  ['/.well-known/security.txt', '/.well-known/security.txt'],
]

/**
 * Usual paths without a bypass rule, at most one line for each room that covers a whole host. Only
 * suggestions: a site may not have these paths, or may want them to wait.
 * There are none for invalid rooms.
 */
export function bypassSuggestions({ vars = {}, roomsFile = [] }: Section): string[] {
  return (parseRooms(vars.ROOMS, undefined, roomsFile).rooms ?? [])
    .filter((room) => routesOf(room).some(({ path }) => path === '/'))
    .flatMap((room) => {
      const missing = missingPaths(room)
      if (missing.length === 0) return []
      return [
        `room "${room.name}" has no bypass rule for ${missing.join(', ')}: programs that request these wait in line. ` +
          `Rules for these, and for monitors, feeds and payment callbacks: ${RECIPES}`,
      ]
    })
}

/** A rule that names a path counts, whatever its other conditions are. */
function missingPaths({ bypass }: RoomSettings): string[] {
  const patterns = bypass.flatMap(({ paths }) => paths ?? [])
  return USUAL_PATHS.filter(([, path]) => !patterns.some((pattern) => matchesPattern(pattern, path))).map(
    ([name]) => name,
  )
}
