/**
 * Addresses of a site that programs ask for and that no bypass rule of a room lets by. Suggestions, since a site may not have
 * them, or may want them to wait.
 */
import { matchesPattern } from '../src/bypass/bypass-settings.ts'
import { parseRooms, type RoomSettings } from '../src/settings/rooms.ts'

const RECIPES = 'docs/abuse.md#bypass-recipes'

/** What nearly every site has, each with an address that stands for it. */
const USUAL_PATHS: readonly (readonly [name: string, path: string])[] = [
  ['/robots.txt', '/robots.txt'],
  ['/.well-known/acme-challenge/*', '/.well-known/acme-challenge/token'],
  ['/.well-known/apple-app-site-association', '/.well-known/apple-app-site-association'],
  ['/.well-known/assetlinks.json', '/.well-known/assetlinks.json'],
  ['/.well-known/security.txt', '/.well-known/security.txt'],
]

/** At most one line for each room that covers a whole host. `rooms`: as in wrangler.toml; silent where they cannot be used. */
export function bypassSuggestions(rooms: unknown): string[] {
  return (parseRooms(rooms).rooms ?? [])
    .filter(({ path }) => path === '/')
    .flatMap((room) => {
      const missing = missingPaths(room)
      if (missing.length === 0) return []
      return [
        `room "${room.name}" has no bypass rule for ${missing.join(', ')}: programs that ask for these wait in line. ` +
          `Rules for these, and for monitors, feeds and payment callbacks: ${RECIPES}`,
      ]
    })
}

/** A rule that names such a path has been thought about, whatever else it asks for: only its paths count here. */
function missingPaths({ bypass }: RoomSettings): string[] {
  const patterns = bypass.flatMap(({ paths }) => paths ?? [])
  return USUAL_PATHS.filter(([, path]) => !patterns.some((pattern) => matchesPattern(pattern, path))).map(
    ([name]) => name,
  )
}
