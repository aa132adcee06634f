/**
 * The documented guarantees (README.md, docs/guarantees.md), written down independently: the judges
 * must not take their tolerances from the constants of the code that they judge.
 */

/** The rules that the guarantees depend on. */
export interface PromisedRules {
  readonly heartbeatTimeoutSeconds: number
  readonly sessionTimeoutSeconds: number
  readonly pollIntervalMaxSeconds: number
  readonly checkIntervalSeconds: number
  readonly reclaimGraceSeconds: number
  readonly departureGraceSeconds: number
}

/** After a departure a waiting ticket keeps its place for this long. */
export const GOODBYE_SECONDS = 10

/** A session without a beacon may be silent for at least this long. */
const WITHOUT_BEACON_SECONDS = 60

/** An isolate reports a visitor to the object within this time. */
export const TOLD_WITHIN_MS = 1_000

/**
 * After a failed call the next one starts within two seconds, plus up to half of that as jitter.
 */
export const NEXT_TRY_WITHIN_MS = 3_000

/**
 * If the request that should make the call has ended, another takes over after two more seconds.
 */
export const TAKEN_OVER_WITHIN_MS = 2_000

/** A request is told "unreachable" after four failed or slow calls, or after 8 s. */
export const CALLS_BEFORE_OUT_OF_REACH = 4
export const OUT_OF_REACH_AFTER_MS = 8_000

/** One event counts as at most one check interval + 5 s of listening. */
export function listeningStepSeconds({ checkIntervalSeconds }: PromisedRules): number {
  return checkIntervalSeconds + 5
}

/** A pass is valid for three quarters of the session timeout, at most a minute. */
export function passLifeSeconds({ sessionTimeoutSeconds }: PromisedRules): number {
  return Math.floor(Math.min(0.75 * sessionTimeoutSeconds, 60))
}

/** How long a session may be silent. */
export function sessionLimitSeconds({ sessionTimeoutSeconds }: PromisedRules, hasBeacon: boolean): number {
  return hasBeacon ? sessionTimeoutSeconds : Math.max(sessionTimeoutSeconds, WITHOUT_BEACON_SECONDS)
}

/** How long a session keeps its slot after a departure. */
export function goodbyeOfSessionSeconds(rules: PromisedRules): number {
  return Math.max(rules.departureGraceSeconds, passLifeSeconds(rules))
}

/** An isolate that is cut off keeps messages for the longest silence that the room allows. */
export function wordsKeptSeconds(rules: PromisedRules): number {
  return Math.max(rules.heartbeatTimeoutSeconds, sessionLimitSeconds(rules, false), farLimitSeconds(rules))
}

/** Near the front visitors poll this often. */
export const NEAR_POLL_SECONDS = 7

/** Far from the front a waiting ticket may be silent for three of its poll intervals. */
export function farLimitSeconds({ pollIntervalMaxSeconds }: PromisedRules): number {
  return pollIntervalMaxSeconds > NEAR_POLL_SECONDS ? 3 * pollIntervalMaxSeconds : 0
}

/**
 * Tickets are protected from one gap, and again once every limit can have passed: the longest + two
 * check intervals.
 */
export function protectedSeconds(rules: PromisedRules): number {
  return wordsKeptSeconds(rules) + 2 * rules.checkIntervalSeconds
}

/** Numbers of the regular line are below 2^30; each lane has 2^27 of those above. */
export function laneOfNumber(number: number): number {
  return number < 2 ** 30 ? 0 : Math.floor((number - 2 ** 30) / 2 ** 27) + 1
}

export function firstOfLane(lane: number): number {
  return lane === 0 ? 1 : 2 ** 30 + (lane - 1) * 2 ** 27 + 1
}

/** `before`: its place among the lanes that go first; `share`: its part of other admissions. */
export interface PromisedLane {
  readonly before: number | null
  readonly share: number
}

/**
 * The promise of docs/fairness.md to each lane with tickets.
 * @param names by index
 */
export function promisedLanes(
  names: ReadonlyMap<number, string>,
  settings: readonly { readonly name: string; readonly weight: number; readonly first: boolean }[],
): Map<number, PromisedLane> {
  const weights = new Map([
    ['regular', 10],
    ['slow', 1],
    ...settings.filter(({ first }) => !first).map(({ name, weight }) => [name, weight] as const),
  ])
  const first = ['skip', ...settings.filter((lane) => lane.first).map(({ name }) => name)]
  // A lane that is no longer in the settings drains like the regular line.
  for (const name of names.values()) {
    if (!first.includes(name) && !weights.has(name)) weights.set(name, weights.get('regular') as number)
  }
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  return new Map(
    [...names].map(([index, name]) => {
      const before = first.indexOf(name)
      return [index, before < 0 ? { before: null, share: (weights.get(name) as number) / total } : { before, share: 0 }]
    }),
  )
}
