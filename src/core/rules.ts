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
  /** A session whose page nobody touches ends after this; 0: off. */
  readonly idleTimeoutSeconds: number
  /** Any session ends after this; 0: off. */
  readonly sessionMaxSeconds: number
  /** People who may wait; more are answered "full". */
  readonly maxWaiting: number
  /** `queue-all`: everyone waits, nobody is admitted. */
  readonly mode: LineMode
}

export type LineMode = 'open' | 'queue-all'
