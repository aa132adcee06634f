/**
 * Reads rooms from an answer of Cloudflare's Waiting Room API. Errors say which input is expected.
 */

/** A room from the API, unvalidated. */
export type CloudflareRoom = Readonly<Record<string, unknown>>

export class MigrateError extends Error {
  override name = 'MigrateError'
}

const EXPECTED = 'expected the answer to GET /zones/ZONE/waiting_rooms or .../waiting_rooms/ROOM'

/**
 * Reads one room, a list of rooms, or either as `result` of an answer.
 * @throws MigrateError
 */
export function roomsInAnswer(text: string): readonly CloudflareRoom[] {
  const result = resultIn(text, EXPECTED)
  const rooms = Array.isArray(result) ? result : [result]
  if (rooms.length === 0) throw new MigrateError(`The answer contains no room; ${EXPECTED}.`)
  return rooms.map(checked)
}

/**
 * An answer of the API, or its `result`.
 * @param expected names the input that this one should have been
 * @throws MigrateError
 */
export function resultIn(text: string, expected: string): unknown {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch (error) {
    throw new MigrateError(`This is not JSON (${(error as Error).message}); ${expected}.`)
  }
  return isTable(answer) && ('result' in answer || 'success' in answer) ? resultOf(answer) : answer
}

function resultOf(answer: CloudflareRoom): unknown {
  if (answer.success === false) {
    const errors = Array.isArray(answer.errors) ? answer.errors : []
    const messages = errors.map((error) => (isTable(error) ? `${error.code}: ${error.message}` : String(error)))
    throw new MigrateError(`The API answered with an error instead of rooms: ${messages.join('; ') || 'no details'}`)
  }
  return answer.result
}

function checked(room: unknown, i: number): CloudflareRoom {
  const place = `Entry ${i + 1}`
  if (!isTable(room)) throw new MigrateError(`${place} is not a room; ${EXPECTED}.`)
  if ('event_start_time' in room) {
    throw new MigrateError(
      `${place} is an event: pass events with --events FILE, together with their room; ${EXPECTED}.`,
    )
  }
  if ('expression' in room) {
    throw new MigrateError(`${place} is a rule: pass rules with --rules FILE, together with their room; ${EXPECTED}.`)
  }
  const missing = ['name', 'host', 'total_active_users', 'new_users_per_minute'].filter((key) => !(key in room))
  if (missing.length > 0) throw new MigrateError(`${place} is not a room: ${missing.join(', ')} missing; ${EXPECTED}.`)
  return room
}

/** Makes a value safe for a comment: a note must not break out of its line. */
export function oneLine(value: unknown, maxChars = 200): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: TOML allows none in a comment
  return text.replace(/[\x00-\x1f\x7f]+/g, ' ').slice(0, maxChars)
}

export function isTable(value: unknown): value is CloudflareRoom {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
