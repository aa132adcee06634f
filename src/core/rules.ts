/**
 * The settings that the line itself obeys. The Worker's schema (src/settings) validates and maps them.
 */
export interface LineRules {
  /** People on the site at once: offered + active, 1 or more (0 in a room that only drains). */
  readonly capacity: number
  /** Admissions per minute, 1 or more. */
  readonly ratePerMinute: number
  /** A waiting or offered ticket is silent after this. */
  readonly heartbeatTimeoutSeconds: number
  /** A session is silent after this. */
  readonly sessionTimeoutSeconds: number
  /** Time between ticks, below the heartbeat time-out. */
  readonly checkIntervalSeconds: number
  /** An absent ticket is gone after this; 0: at once. */
  readonly reclaimGraceSeconds: number
  /** So often a ticket may come back from absence with its old number; 0: without bound. */
  readonly returnsMax: number
  /** A goodbye keeps a session's slot for this long, and never less than its pass opens the door. */
  readonly departureGraceSeconds: number
  /** A session whose page nobody touches ends after this; 0: off. */
  readonly idleTimeoutSeconds: number
  /** Any session ends after this; 0: off. */
  readonly sessionMaxSeconds: number
  /** People who may wait; more are answered "full". */
  readonly maxWaiting: number
  /** The origin guard slows admission above this share of failed requests; 0: off. */
  readonly originErrorRatioMax: number
  /** ... and above this p90 of its latency, one of `ORIGIN_LATENCY_BUCKETS_MS`; 0: off. */
  readonly originLatencyMaxMs: number
  readonly mode: LineMode
  /** Newcomers are turned away; who waits keeps the place and is admitted as before. */
  readonly closed: boolean
  /** A closed room opens by itself at this time, ms since 1970; null: when an operator opens it. */
  readonly opensAtMs: number | null
  /** The room steps aside: nobody joins, nobody is admitted, everyone goes past it. */
  readonly suspended: boolean
  /** The operators' word to everyone in line. */
  readonly message: string | null
  /** After this it is no longer told, ms since 1970; null: told until it is removed. */
  readonly messageUntilMs: number | null
}

/** What operators steer while the room runs; everything else only a deploy changes. */
export type SteeredRules = Pick<
  LineRules,
  'capacity' | 'ratePerMinute' | 'mode' | 'closed' | 'opensAtMs' | 'suspended' | 'message' | 'messageUntilMs'
>

/**
 * `queue-all`: newcomers always wait, and nobody is admitted but by hand (`admitByHand`). `paused`: nobody is admitted at
 * all.
 */
export type LineMode = 'open' | 'queue-all' | 'paused'

/** Whether newcomers are turned away now. */
export function isClosed({ closed, opensAtMs }: LineRules, nowMs: number): boolean {
  return closed && (opensAtMs === null || nowMs < opensAtMs)
}

/** What is told to everyone in line now. */
export function messageNow({ message, messageUntilMs }: LineRules, nowMs: number): string | null {
  return messageUntilMs === null || nowMs < messageUntilMs ? message : null
}
