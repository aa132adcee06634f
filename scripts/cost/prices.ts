/**
 * Cloudflare's prices, as published. Read them again before an event: no other figure here can
 * change without a change of the code.
 */

/** When the pages were read. */
export const PRICES_READ = '29 November 2026'

/** The Workers Paid plan, dollars a month. */
export const BASE_DOLLARS = 5

export interface Price {
  /** The thing that is counted. */
  readonly counted: string
  readonly unit: string
  /** Included in the plan per month, in units. */
  readonly included: number
  /** Beyond that, dollars for `per` units. */
  readonly dollars: number
  readonly per: number
  readonly source: string
}

const DOCS = 'https://developers.cloudflare.com'
const WORKERS = `${DOCS}/workers/platform/pricing/`
const OBJECTS = `${DOCS}/durable-objects/platform/pricing/`
const MILLION = 1_000_000

export const PRICES = {
  workerRequests: {
    counted: 'Worker requests',
    unit: 'requests',
    included: 10 * MILLION,
    dollars: 0.3,
    per: MILLION,
    source: WORKERS,
  },
  workerCpuMs: {
    counted: 'Worker CPU',
    unit: 'ms',
    included: 30 * MILLION,
    dollars: 0.02,
    per: MILLION,
    source: WORKERS,
  },
  objectRequests: {
    counted: 'object requests (calls, alarms)',
    unit: 'requests',
    included: MILLION,
    dollars: 0.15,
    per: MILLION,
    source: OBJECTS,
  },
  objectGbSeconds: {
    counted: 'object duration, 128 MB each',
    unit: 'GB-s',
    included: 400_000,
    dollars: 12.5,
    per: MILLION,
    source: OBJECTS,
  },
  rowsWritten: {
    counted: 'rows written',
    unit: 'rows',
    included: 50 * MILLION,
    dollars: 1,
    per: MILLION,
    source: OBJECTS,
  },
  rowsRead: {
    counted: 'rows read',
    unit: 'rows',
    included: 25_000 * MILLION,
    dollars: 0.001,
    per: MILLION,
    source: OBJECTS,
  },
  storedGbMonths: {
    counted: 'stored data',
    unit: 'GB-month',
    included: 5,
    dollars: 0.2,
    per: 1,
    source: OBJECTS,
  },
  queueOperations: {
    counted: 'queue operations (3 a message)',
    unit: 'operations',
    included: MILLION,
    dollars: 0.4,
    per: MILLION,
    source: `${DOCS}/queues/platform/pricing/`,
  },
  dataPoints: {
    counted: 'Analytics Engine data points',
    unit: 'points',
    included: 10 * MILLION,
    dollars: 0.25,
    per: MILLION,
    source: `${DOCS}/analytics/analytics-engine/pricing/`,
  },
  logGb: {
    counted: 'logs taken in (from 1 December 2026)',
    unit: 'GB',
    included: 50,
    dollars: 0.25,
    per: 1,
    source: `${DOCS}/observability/pricing/`,
  },
  logGbMonths: {
    counted: 'logs stored for 7 days (from 1 December 2026)',
    unit: 'GB-month',
    included: 12,
    dollars: 0.1,
    per: 1,
    source: `${DOCS}/observability/pricing/`,
  },
} as const satisfies Record<string, Price>

export type Counter = keyof typeof PRICES

/** Amounts in the units of the prices. */
export type Usage = Readonly<Record<Counter, number>>

export const COUNTERS = Object.keys(PRICES) as Counter[]

/** The dollars for an amount in one month, beyond what the plan includes. */
export function dollarsFor(counter: Counter, amount: number): number {
  const { included, dollars, per } = PRICES[counter]
  return (Math.max(0, amount - included) * dollars) / per
}

/** The bill of a month in which nothing else happens: the base price, and what exceeds the plan. */
export function billDollars(usage: Usage): number {
  return COUNTERS.reduce((sum, counter) => sum + dollarsFor(counter, usage[counter]), BASE_DOLLARS)
}
