/**
 * The rooms in an answer of Cloudflare's Waiting Room API. Bad input is named, with what to pass instead.
 */

/** A room as that API tells it, unchecked. */
export type CloudflareRoom = Readonly<Record<string, unknown>>

export class MigrateError extends Error {
  override name = 'MigrateError'
}

const WANTED = 'wanted is the answer of GET /zones/ZONE/waiting_rooms, or of .../waiting_rooms/ROOM'

/**
 * Reads one room, a list of rooms, or either as `result` of an answer.
 * @throws MigrateError
 */
export function roomsInAnswer(text: string): readonly CloudflareRoom[] {
  const answer = parsed(text)
  const result = isTable(answer) && ('result' in answer || 'success' in answer) ? resultOf(answer) : answer
  const rooms = Array.isArray(result) ? result : [result]
  if (rooms.length === 0) throw new MigrateError(`There is no room in it; ${WANTED}.`)
  return rooms.map(checked)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new MigrateError(`This is no JSON (${(error as Error).message}); ${WANTED}.`)
  }
}

function resultOf(answer: CloudflareRoom): unknown {
  if (answer.success === false) {
    const errors = Array.isArray(answer.errors) ? answer.errors : []
    const told = errors.map((error) => (isTable(error) ? `${error.code}: ${error.message}` : String(error)))
    throw new MigrateError(
      `The API answered with an error instead of rooms: ${told.join('; ') || 'it does not say which'}`,
    )
  }
  return answer.result
}

function checked(room: unknown, i: number): CloudflareRoom {
  const place = `Entry ${i + 1}`
  if (!isTable(room)) throw new MigrateError(`${place} is no room; ${WANTED}.`)
  if ('event_start_time' in room) {
    throw new MigrateError(`${place} is an event. Events are not migrated: see docs/migrate.md, "Events"; ${WANTED}.`)
  }
  if ('expression' in room) {
    throw new MigrateError(`${place} is a rule: pass rules with --rules FILE beside their room; ${WANTED}.`)
  }
  const missing = ['name', 'host', 'total_active_users', 'new_users_per_minute'].filter((key) => !(key in room))
  if (missing.length > 0) throw new MigrateError(`${place} is no room, it has no ${missing.join(', ')}; ${WANTED}.`)
  return room
}

export function isTable(value: unknown): value is CloudflareRoom {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
