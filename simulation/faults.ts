/**
 * The fault profiles. Each seed has one, or all at once. Shares are of events, 0 to 1.
 */
export interface ObjectFaults {
  readonly crashBetweenStatements: number
  readonly crashBeforeCommit: number
  readonly crashAfterCommit: number
  /** Memory lost without any error, per event. */
  readonly evicted: number
  readonly alarmDropped: number
  readonly alarmLate: number
  readonly checkLost: number
  readonly checkDuplicated: number
  /** Delivered long after checks that were sent later. */
  readonly checkReordered: number
  readonly cronSkipped: number
  /** Deploys with other settings, while some isolates run the old code. */
  readonly deploys: boolean
  /** Operators pause, close, change capacity and rate, admit by hand and revoke. */
  readonly operators: boolean
  /** Operators suspend and resume the room. */
  readonly suspensions: boolean
  /** Operators reset the room. */
  readonly resets: boolean
  /** The clock of the object steps by up to this, ms. */
  readonly clockStepMs: number
}

/** The longest way of a call or an answer. */
export const WAY_MAX_MS = 40
/** ... of a slow one. */
export const SLOW_MAX_MS = 4_000
/** A call is delivered a second time within this. */
export const REPEATED_AFTER_MAX_MS = 3_000

export interface NetworkFaults {
  readonly requestLost: number
  readonly answerLost: number
  /** The call is delivered a second time, up to 3 s later. */
  readonly repeated: number
  /** Neither answered nor failed: the request that made the call was cancelled. */
  readonly hung: number
  /** A call that takes seconds. */
  readonly slow: number
  /** Each isolate is cut off now and then: for seconds, or for up to two minutes. */
  readonly outages: 'none' | 'short' | 'long'
  /** The isolate's memory is lost, per minute. */
  readonly recycled: number
  /** Gatherers are lost every few seconds. */
  readonly gatherersLost: boolean
}

export interface Faults {
  readonly profile: string
  readonly object: ObjectFaults
  readonly network: NetworkFaults
}

export const NO_OBJECT_FAULTS: ObjectFaults = {
  crashBetweenStatements: 0,
  crashBeforeCommit: 0,
  crashAfterCommit: 0,
  evicted: 0,
  alarmDropped: 0,
  alarmLate: 0,
  checkLost: 0,
  checkDuplicated: 0,
  checkReordered: 0,
  cronSkipped: 0,
  deploys: false,
  operators: false,
  suspensions: false,
  resets: false,
  clockStepMs: 0,
}

export const NO_NETWORK_FAULTS: NetworkFaults = {
  requestLost: 0,
  answerLost: 0,
  repeated: 0,
  hung: 0,
  slow: 0,
  outages: 'none',
  recycled: 0,
  gatherersLost: false,
}

const LOSSES: NetworkFaults = {
  ...NO_NETWORK_FAULTS,
  requestLost: 0.04,
  answerLost: 0.04,
  repeated: 0.04,
  slow: 0.01,
  gatherersLost: true,
}
const OUTAGES: NetworkFaults = { ...NO_NETWORK_FAULTS, outages: 'short', gatherersLost: true }
const CRASHES: ObjectFaults = {
  ...NO_OBJECT_FAULTS,
  crashBetweenStatements: 0.01,
  crashBeforeCommit: 0.01,
  crashAfterCommit: 0.01,
  evicted: 0.02,
}
const CLOCKWORK: ObjectFaults = {
  ...NO_OBJECT_FAULTS,
  alarmDropped: 0.15,
  alarmLate: 0.2,
  checkLost: 0.15,
  checkDuplicated: 0.25,
  checkReordered: 0.1,
  cronSkipped: 0.3,
}

export const PROFILES: readonly Faults[] = [
  { profile: 'calm', object: NO_OBJECT_FAULTS, network: NO_NETWORK_FAULTS },
  { profile: 'losses', object: NO_OBJECT_FAULTS, network: LOSSES },
  { profile: 'outages', object: NO_OBJECT_FAULTS, network: OUTAGES },
  { profile: 'long outages', object: NO_OBJECT_FAULTS, network: { ...NO_NETWORK_FAULTS, outages: 'long' } },
  { profile: 'crashes', object: CRASHES, network: NO_NETWORK_FAULTS },
  { profile: 'clockwork', object: CLOCKWORK, network: NO_NETWORK_FAULTS },
  { profile: 'clock', object: { ...NO_OBJECT_FAULTS, clockStepMs: 600_000 }, network: NO_NETWORK_FAULTS },
  {
    profile: 'deploys',
    object: { ...NO_OBJECT_FAULTS, deploys: true },
    network: { ...NO_NETWORK_FAULTS, recycled: 0.5, gatherersLost: true },
  },
  { profile: 'operators', object: { ...NO_OBJECT_FAULTS, operators: true }, network: NO_NETWORK_FAULTS },
  { profile: 'suspensions', object: { ...NO_OBJECT_FAULTS, suspensions: true }, network: NO_NETWORK_FAULTS },
  { profile: 'resets', object: { ...NO_OBJECT_FAULTS, resets: true }, network: NO_NETWORK_FAULTS },
  {
    profile: 'everything',
    object: {
      ...CRASHES,
      ...withoutZeros(CLOCKWORK),
      deploys: true,
      operators: true,
      suspensions: true,
      resets: true,
      clockStepMs: 600_000,
    },
    network: { ...LOSSES, outages: 'short', hung: 0.005, recycled: 0.2 },
  },
]

function withoutZeros(faults: ObjectFaults): Partial<ObjectFaults> {
  return Object.fromEntries(Object.entries(faults).filter(([, share]) => Boolean(share)))
}
