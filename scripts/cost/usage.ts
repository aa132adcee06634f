/**
 * The usage of the platform by a crowd that waits, from the room's own figures. Pure.
 *
 * The line has the same length all the time: newcomers replace those who are admitted.
 */

import { gatherersFor } from '../../src/core/gatherers.ts'
import {
  CALL_PACE_MAX_MS,
  CALLS_PER_SECOND_TARGET,
  FAR_WAIT_INTERVALS,
  NEAR_POLL_MAX_SECONDS,
  SEGMENT_SIZE,
} from '../../src/core/limits.ts'
import { CONFIRM_AFTER_MAX_SECONDS } from '../../src/limits.ts'
import { GATHER_CALL_EVERY_MS } from '../../src/room/limits.ts'
import type { Usage } from './prices.ts'

export interface Crowd {
  /** People who wait at any time. */
  readonly visitors: number
  readonly hours: number
  /** People on the site at any time. */
  readonly capacity: number
  /** How long one stays on the site. With the capacity it gives the rate of admission. */
  readonly stayMinutes: number
}

export interface Costing {
  /** The longest interval between two polls, seconds: `poll_interval_max_seconds`. */
  readonly pollSeconds: number
  readonly cpuMsPerRequest: number
  /** Null: as many as `REQUESTS_PER_ISOLATE` gives. */
  readonly isolates: number | null
  /** Regions of the world, each with its own gatherers: see src/room/gatherers.ts. */
  readonly regions: number
  /** Bytes in Cloudflare's log for each request; 0: `invocation_logs = false`, as shipped. */
  readonly logBytesPerRequest: number
}

/** The default of `poll_interval_max_seconds`. */
export const DEFAULT_POLL_SECONDS = 30

export const DEFAULT_COSTING: Costing = {
  pollSeconds: DEFAULT_POLL_SECONDS,
  // Measured: 0.2 to 0.3 ms a poll (docs/scale.md).
  cpuMsPerRequest: 0.3,
  isolates: null,
  regions: 1,
  logBytesPerRequest: 0,
}

/** The interval of visitors who could be admitted within `FRONT_SECONDS`. */
const FRONT_POLL_SECONDS = 2
const FRONT_SECONDS = 15

/** Near the front intervals are spread from 5 to 7 s; src/gate/visitor-status.ts. */
const NEAR_MEAN_SECONDS = 6

/** Far from it they are spread from three quarters of the longest to the longest. */
const FAR_MEAN_OF_LONGEST = 7 / 8

/** A page of the site reports its visitor this often. */
const BEACON_SECONDS = 8

/** 2,500 isolates for a million people who poll every 6 s. A guess: Cloudflare decides. */
const REQUESTS_PER_ISOLATE = 67

/** Measured (docs/scale.md): one isolate with 5,000 visitors calls 10 times a second. */
const CALLS_PER_ISOLATE_MAX = 10

/** Of an isolate that has something to report; presence waits for a second at most. */
const CALLS_PER_ISOLATE_MIN = 1

/** One call writes at most the head and two segments. */
const ROWS_PER_CALL = 3

/** Beside its segments a tick writes the head, the alarm twice, and a sample. */
const ROWS_PER_TICK = 4

const TICK_SECONDS = 10
const OPERATIONS_PER_MESSAGE = 3
const OBJECT_GB = 0.128
const STORED_BYTES_PER_NUMBER = 5
const HOURS_PER_MONTH = 720
const LOG_KEPT_HOURS = 7 * 24
const GB = 1e9

/** The platform's soft limit for one object. */
export const OBJECT_CALLS_PER_SECOND_MAX = 1_000

/** Admissions per second. */
function admissionRate({ capacity, stayMinutes }: Crowd): number {
  return capacity / (stayMinutes * 60)
}

/**
 * Polls per second of everyone who waits.
 * @param pollSeconds the longest interval of those who wait for more than 20 times as long
 */
export function pollsPerSecond(crowd: Crowd, pollSeconds: number): number {
  const within = (seconds: number) => Math.min(crowd.visitors, admissionRate(crowd) * seconds)
  const front = within(FRONT_SECONDS)
  const isWidened = pollSeconds > NEAR_POLL_MAX_SECONDS
  const near = (isWidened ? within(FAR_WAIT_INTERVALS * pollSeconds) : crowd.visitors) - front
  const far = crowd.visitors - front - near
  return front / FRONT_POLL_SECONDS + near / NEAR_MEAN_SECONDS + far / (pollSeconds * FAR_MEAN_OF_LONGEST)
}

/** Requests per second that the Worker answers. */
function requestsPerSecond(crowd: Crowd, pollSeconds: number): number {
  return pollsPerSecond(crowd, pollSeconds) + crowd.capacity / BEACON_SECONDS
}

/**
 * Calls per second at the room's object. Isolates collect reports for a second and hasten for
 * confirmations; src/core/pacing.ts spreads them, up to its longest pace.
 * @param requests per second
 * @param people who wait or are on the site: each ticket is confirmed once a minute
 */
export function objectCallsPerSecond(isolates: number, requests: number, people: number): number {
  const claims = people / CONFIRM_AFTER_MAX_SECONDS / isolates
  const perIsolate = Math.min(Math.max(claims, CALLS_PER_ISOLATE_MIN), CALLS_PER_ISOLATE_MAX, requests / isolates)
  const paced = Math.max(CALLS_PER_SECOND_TARGET, (isolates * 1000) / CALL_PACE_MAX_MS)
  return Math.min(isolates * perIsolate, paced)
}

function isolatesFor(requests: number, { isolates }: Costing): number {
  return isolates ?? Math.max(1, Math.ceil(requests / REQUESTS_PER_ISOLATE))
}

interface Calls {
  /** Of isolates, at the room's object or at gatherers. */
  readonly isolates: number
  /** At the room's object. */
  readonly room: number
  readonly busiest: number
  readonly gatherers: number
}

/** Calls per second of isolates and gatherers. A gatherer paces its isolates as the room does. */
export function callsOf(isolates: number, regions: number, requests: number, people: number): Calls {
  const gatherers = gatherersFor(isolates, 0) * regions
  if (gatherers === 0) {
    const room = objectCallsPerSecond(isolates, requests, people)
    return { isolates: room, room, busiest: room, gatherers }
  }
  const each = objectCallsPerSecond(isolates / gatherers, requests / gatherers, people / gatherers)
  const room = Math.min((gatherers * 1000) / GATHER_CALL_EVERY_MS, CALLS_PER_SECOND_TARGET)
  return { isolates: each * gatherers, room, busiest: Math.max(each, room), gatherers }
}

/** The usage by the crowd's requests, without their calls of objects. */
function requestUsage(crowd: Crowd, costing: Costing) {
  const perSecond = requestsPerSecond(crowd, costing.pollSeconds)
  const seconds = crowd.hours * 3600
  // Each newcomer loads the waiting page once; each admitted visitor is replaced by a newcomer.
  const newcomers = crowd.visitors + admissionRate(crowd) * seconds
  const requests = perSecond * seconds + newcomers
  const logGb = (requests * costing.logBytesPerRequest) / GB
  return {
    perSecond,
    seconds,
    newcomers,
    workerRequests: requests,
    workerCpuMs: requests * costing.cpuMsPerRequest,
    storedGbMonths: (newcomers * STORED_BYTES_PER_NUMBER * crowd.hours) / HOURS_PER_MONTH / GB,
    logGb,
    logGbMonths: (logGb * LOG_KEPT_HOURS) / HOURS_PER_MONTH,
  }
}

export interface Estimate {
  readonly usage: Usage
  /** Calls per second at the busiest object. */
  readonly callsPerSecond: number
  readonly objects: number
}

/** This room: isolates collect what their visitors report, and answer polls from the snapshot. */
export function roomEstimate(crowd: Crowd, costing: Costing): Estimate {
  const { perSecond, seconds, newcomers, ...shared } = requestUsage(crowd, costing)
  const isolates = isolatesFor(perSecond, costing)
  const calls = callsOf(isolates, costing.regions, perSecond, crowd.visitors + crowd.capacity)
  const gathererCalls = calls.gatherers === 0 ? 0 : calls.isolates
  const ticks = seconds / TICK_SECONDS
  const segments = Math.ceil((crowd.visitors + crowd.capacity) / SEGMENT_SIZE)
  const checks = segments * ticks
  const reports = seconds / 60
  const rowsWritten = calls.room * seconds * ROWS_PER_CALL + ticks * (segments + ROWS_PER_TICK)
  return {
    callsPerSecond: calls.busiest,
    objects: 1 + calls.gatherers,
    usage: {
      ...shared,
      objectRequests: (calls.room + gathererCalls) * seconds + ticks + checks + reports,
      objectGbSeconds: (1 + calls.gatherers) * seconds * OBJECT_GB,
      rowsWritten,
      // A row that is replaced is looked up first.
      rowsRead: rowsWritten,
      queueOperations: checks * OPERATIONS_PER_MESSAGE,
      dataPoints: ticks,
    },
  }
}

/**
 * The simple design, for comparison: each request calls an object, which records the visitor's
 * presence.
 */
export function callPerPollEstimate(crowd: Crowd, costing: Costing): Estimate {
  const { perSecond, seconds, newcomers, ...shared } = requestUsage(crowd, costing)
  const calls = perSecond * seconds + newcomers
  const objects = Math.ceil(perSecond / OBJECT_CALLS_PER_SECOND_MAX)
  return {
    callsPerSecond: perSecond / objects,
    objects,
    usage: {
      ...shared,
      objectRequests: calls,
      objectGbSeconds: objects * seconds * OBJECT_GB,
      rowsWritten: calls,
      rowsRead: calls,
      queueOperations: 0,
      dataPoints: 0,
    },
  }
}
