import type { LaneRule } from './lanes.ts'
import type { RatePlan } from './rate-plan.ts'

/** The settings that the line itself obeys. src/settings validates and maps them. */
export interface LineRules {
  /** Visitors on the site at once: offered + active. 1 or more; 0 in a room that only drains. */
  readonly capacity: number
  /** Admissions per minute, 1 or more. */
  readonly ratePerMinute: number
  /** A waiting or offered ticket is silent after this. */
  readonly heartbeatTimeoutSeconds: number
  /** Visitors far from the front poll at most this many seconds apart; 7: like those near it. */
  readonly pollIntervalMaxSeconds: number
  /** A session is silent after this. */
  readonly sessionTimeoutSeconds: number
  /** Time between ticks, below the heartbeat timeout. */
  readonly checkIntervalSeconds: number
  /** An absent ticket is gone after this; 0: at once. */
  readonly reclaimGraceSeconds: number
  /** How often a ticket may return from absence with its number; 0: unlimited. */
  readonly returnsMax: number
  /** After a departure a session keeps its slot this long, and at least while its pass is valid. */
  readonly departureGraceSeconds: number
  /** An unused session ends after this; 0: off. */
  readonly idleTimeoutSeconds: number
  /** Any session ends after this; 0: off. */
  readonly sessionMaxSeconds: number
  /**
   * An offered slot is held this long while nobody looks at the visitor's page; 0 or missing: off.
   */
  readonly confirmEntrySeconds?: number
  /** Waiting tickets allowed; further newcomers are answered "full". */
  readonly maxWaiting: number
  /** The origin guard slows admission above this share of failed requests; 0: off. */
  readonly originErrorRatioMax: number
  /** ... and above this p90 of its latency, one of `ORIGIN_LATENCY_BUCKETS_MS`; 0: off. */
  readonly originLatencyMaxMs: number
  readonly mode: LineMode
  /** Missing: `fifo`. */
  readonly method?: QueueingMethod
  /** Newcomers are refused; waiting tickets are admitted as before. */
  readonly closed: boolean
  /** A closed room opens at this time, ms since 1970; null: when an operator opens it. */
  readonly opensAtMs: number | null
  /**
   * While fewer slots than this share of the capacity are taken, isolates are lent slots, 0 to 0.9;
   * 0 or missing: never (lending.ts).
   */
  readonly leaseBelow?: number
  /** The room is switched off: nobody joins or is admitted, visitors go straight to the site. */
  readonly suspended: boolean
  /**
   * Everything is sold: admission stops and newcomers are refused. Tickets in line stay until their
   * holders leave.
   */
  readonly soldOut: boolean
  /** Planned changes of rate and capacity. */
  readonly ratePlan: RatePlan
  /** The operators' message to everyone in line. */
  readonly message: string | null
  /** When the message ends, ms since 1970; null: when an operator removes it. */
  readonly messageUntilMs: number | null
  /** Lines beside the regular one. Missing: `skip` and `slow` only. */
  readonly lanes?: readonly LaneRule[]
  /** How isolates treat newcomers; the line only passes it on. */
  readonly entry?: EntryRules
}

/** Settings of fair entry by key: src/settings/entry-settings.ts lists them. */
export type EntryRules = Readonly<Record<string, string | number | boolean>>

/** The rules that operators change while the room runs. The others change only by a deploy. */
export type RuntimeRules = Pick<
  LineRules,
  | 'capacity'
  | 'ratePerMinute'
  | 'mode'
  | 'method'
  | 'closed'
  | 'opensAtMs'
  | 'suspended'
  | 'soldOut'
  | 'message'
  | 'messageUntilMs'
  | 'entry'
>

/**
 * `queue-all`: newcomers always wait, and only operators admit (`admitByHand`). `paused`: nobody is
 * admitted.
 */
export type LineMode = 'open' | 'queue-all' | 'paused'

/**
 * `random`: the order of newcomers is random within rounds (random-rounds.ts). `reject`: a newcomer
 * who would wait is refused. `passthrough`: the room observes. The line runs as if it held people,
 * while isolates send everyone to the site, so `waiting` and `offered` tickets have sessions, too.
 */
export const QUEUEING_METHODS = ['fifo', 'random', 'passthrough', 'reject'] as const
export type QueueingMethod = (typeof QUEUEING_METHODS)[number]

/** Whether the room observes: it lets everyone through. */
export function observes({ method }: Pick<LineRules, 'method'>): boolean {
  return method === 'passthrough'
}

/** Whether newcomers are refused now. */
export function isClosed({ closed, opensAtMs }: LineRules, nowMs: number): boolean {
  return closed && (opensAtMs === null || nowMs < opensAtMs)
}

/** The message to everyone in line now. */
export function messageNow({ message, messageUntilMs }: LineRules, nowMs: number): string | null {
  return messageUntilMs === null || nowMs < messageUntilMs ? message : null
}
