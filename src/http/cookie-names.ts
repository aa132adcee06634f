/** Names of our cookies that belong to no room. No room can have one of these: their names have no underscore. */

/** The session of an operator's browser. */
export const OPERATOR_COOKIE = 'waiting-room-_operator'

/** The language picked on a waiting page. */
export const LANG_COOKIE = 'waiting-room-_lang'
