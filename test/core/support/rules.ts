import type { LineRules } from '../../../src/core/rules.ts'

/** A small room: two slots, and a rate that never matters unless a test lowers it. */
export function rules(changes: Partial<LineRules> = {}): LineRules {
  return {
    capacity: 2,
    ratePerMinute: 6000,
    heartbeatTimeoutSeconds: 20,
    pollIntervalMaxSeconds: 7,
    sessionTimeoutSeconds: 20,
    checkIntervalSeconds: 10,
    reclaimGraceSeconds: 300,
    returnsMax: 0,
    departureGraceSeconds: 10,
    idleTimeoutSeconds: 0,
    sessionMaxSeconds: 0,
    maxWaiting: 1_000_000,
    originErrorRatioMax: 0,
    originLatencyMaxMs: 0,
    mode: 'open',
    closed: false,
    opensAtMs: null,
    suspended: false,
    soldOut: false,
    ratePlan: [],
    message: null,
    messageUntilMs: null,
    ...changes,
  }
}
