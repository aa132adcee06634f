/** The bounds of runtime rooms, each with the reason for its size. */

/**
 * Runtime rooms. An isolate holds all of them, checks a changed one once, and a list of 1,000
 * with 500 bytes each is half a megabyte on the wire.
 */
export const RUNTIME_ROOMS_MAX = 1_000

/** The document of one room: as much as `ROOMS` allows for all deployed ones, less its brackets. */
export const DOCUMENT_MAX_BYTES = 5_000

/** Names of deleted rooms that the directory remembers, with their jurisdiction. */
export const REMOVED_ROOMS_MAX = 5_000

/**
 * An isolate with traffic asks for a newer list of rooms this often, and the answer is cached in
 * its data centre this long: two of them and a call stay within 5 s.
 */
export const DIRECTORY_REFRESH_MS = 2_000

/** The first request of an isolate waits this long for the list, then goes on without. */
export const DIRECTORY_FIRST_READ_MS = 1_500

/** A refresh that has not ended after this was cancelled with its request. */
export const DIRECTORY_READ_GIVE_UP_MS = 5_000

/** How long a data centre keeps the newest list, for isolates that cannot reach the directory. */
export const DIRECTORY_LIST_CACHE_SECONDS = 3_600

/** The directory's call to a room's object: an operator waits for it. */
export const DIRECTORY_PUSH_GIVE_UP_MS = 5_000

/** How often the directory revisits rooms that are draining or could not be reached. */
export const DIRECTORY_ALARM_MS = 2_000
export const DIRECTORY_ALARM_MAX_MS = 60_000

/** Calls to rooms' objects at once. */
export const ROOM_CALLS_AT_ONCE = 100

/** A room's object that found no document asks the directory again after this. */
export const DOCUMENT_ASK_AGAIN_MS = 2_000
