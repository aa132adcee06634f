/**
 * What the origin has the room do, by a header of its answer: `revoke` ends the session of the pass that asked. No visitor ever
 * sees the header, whatever it says.
 */
import { logWarning } from '../log/log.ts'

/** Our own name, and Cloudflare Waiting Room's. */
const COMMAND_HEADERS = ['Waiting-Room-Command', 'Cf-Waiting-Room-Command']

const LOGGED_MAX_CHARS = 40

export interface Commanded {
  /** Without the header. */
  readonly response: Response
  readonly revokes: boolean
}

/** `target`: what was asked for at the origin, for the log. */
export function takeCommand(response: Response, target: string): Commanded {
  // As each answer goes through here, nothing is made for those, nearly all, that say nothing.
  if (!COMMAND_HEADERS.some((name) => response.headers.has(name))) return { response, revokes: false }
  const given = COMMAND_HEADERS.map((name) => response.headers.get(name)).filter((value) => value !== null)
  const stripped = new Response(response.body, response)
  for (const name of COMMAND_HEADERS) stripped.headers.delete(name)
  const commands = given.flatMap((value) => value.split(',')).map((value) => value.trim().toLowerCase())
  const unknown = commands.find((command) => command !== 'revoke')
  if (unknown !== undefined) {
    logWarning('origin_command_unknown', { host: new URL(target).host, command: unknown.slice(0, LOGGED_MAX_CHARS) })
  }
  return { response: stripped, revokes: commands.includes('revoke') }
}
