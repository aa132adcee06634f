/**
 * What the documents promise (README.md, docs/guarantees.md), written down once more: the judges must not take their tolerance
 * from the constants of the code that they judge.
 */

/** The rules of a room that its promises depend on. */
export interface PromisedRules {
  readonly heartbeatTimeoutSeconds: number
  readonly sessionTimeoutSeconds: number
  readonly checkIntervalSeconds: number
  readonly reclaimGraceSeconds: number
  readonly departureGraceSeconds: number
}

/** A page that said goodbye keeps its place in line for this long. */
export const GOODBYE_SECONDS = 10

/** A session whose page never sent a beacon may be silent for this long at least. */
const WITHOUT_BEACON_SECONDS = 60

/** An isolate tells the object of a visitor within a second. */
export const TOLD_WITHIN_MS = 1_000

/** After a failed call the next one is made within two seconds, spread by half of that. */
export const NEXT_TRY_WITHIN_MS = 3_000

/** When the request that was to make it has ended, any other takes over after two more seconds. */
export const TAKEN_OVER_WITHIN_MS = 2_000

/** A request is told "out of reach" after four calls that failed or were slow, or after 8 s. */
export const CALLS_BEFORE_OUT_OF_REACH = 4
export const OUT_OF_REACH_AFTER_MS = 8_000

/** One event counts as one check interval and 5 s of listening at most. */
export function listeningStepSeconds({ checkIntervalSeconds }: PromisedRules): number {
  return checkIntervalSeconds + 5
}

/** A pass opens the door for three quarters of the session time-out, a minute at most. */
export function passLifeSeconds({ sessionTimeoutSeconds }: PromisedRules): number {
  return Math.floor(Math.min(0.75 * sessionTimeoutSeconds, 60))
}

/** How long a session may be silent. */
export function sessionLimitSeconds({ sessionTimeoutSeconds }: PromisedRules, hasBeacon: boolean): number {
  return hasBeacon ? sessionTimeoutSeconds : Math.max(sessionTimeoutSeconds, WITHOUT_BEACON_SECONDS)
}

/** How long a goodbye keeps a session's slot. */
export function goodbyeOfSessionSeconds(rules: PromisedRules): number {
  return Math.max(rules.departureGraceSeconds, passLifeSeconds(rules))
}

/** An isolate that is cut off keeps words for as long as the longest silence that the room allows. */
export function wordsKeptSeconds(rules: PromisedRules): number {
  return Math.max(rules.heartbeatTimeoutSeconds, sessionLimitSeconds(rules, false))
}

/** Everyone is protected from one gap, and again once every limit can have run out: two check intervals after the longest. */
export function protectedSeconds(rules: PromisedRules): number {
  return wordsKeptSeconds(rules) + 2 * rules.checkIntervalSeconds
}
