/**
 * The queue `checks`. Its consumer passes each check to the room's object, which sends the next
 * one.
 */
import * as v from 'valibot'
import type { CheckMessage } from '../core/check-chains.ts'
import { logError, logWarning } from '../log/log.ts'
import type { RoomSettings } from '../settings/rooms.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

const checkMessage = v.object({
  room: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,32}$/)),
  run: count,
  segment: count,
  generation: count,
})

/** Null: not a check message. */
function parseCheckMessage(body: unknown): CheckMessage | null {
  const result = v.safeParse(checkMessage, body)
  return result.success ? result.output : null
}

interface Rooms {
  readonly rooms: readonly RoomSettings[]
  readonly stub: (room: RoomSettings) => { check(check: CheckMessage): Promise<unknown> }
}

/** Delay before a check is retried whose object could not be reached. */
const RETRY_DELAY_SECONDS = 5

export async function consumeChecks(batch: MessageBatch, rooms: Rooms): Promise<void> {
  await Promise.all(batch.messages.map((message) => consumeCheck(message, rooms)))
}

async function consumeCheck(message: Message, { rooms, stub }: Rooms): Promise<void> {
  const check = parseCheckMessage(message.body)
  if (check === null) {
    logWarning('check_unknown_shape', { id: message.id })
    message.ack()
    return
  }
  const room = rooms.find(({ name }) => name === check.room)
  try {
    // A room that was removed from the settings drains by its alarm, without checks.
    if (room !== undefined) await stub(room).check(check)
    message.ack()
  } catch (error) {
    logError('check_failed', error, { room: check.room, segment: check.segment, attempts: message.attempts })
    message.retry({ delaySeconds: RETRY_DELAY_SECONDS })
  }
}

/** Logs the checks that the queue gave up on. The object's alarm starts their chains again. */
export function consumeDeadChecks(batch: MessageBatch): void {
  for (const message of batch.messages) {
    const check = parseCheckMessage(message.body)
    logError('check_dead', new Error('given up after all retries'), { room: check?.room, segment: check?.segment })
    message.ack()
  }
}
