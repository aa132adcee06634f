/** What is measured, and what is compared with what. */
import { signed } from '../test/contract/support/tokens.ts'
import type { LoadRequest, LoadTask } from './load.ts'
import { CROWD_PASSES, hostOf } from './workers.ts'

export interface Variant extends Pick<LoadTask, 'name' | 'requests' | 'headers' | 'marks'> {
  readonly server: 'ours' | 'peers'
  /** Visitors who join before, one group after the other, by a request for this path each. `waits`: with a ticket. */
  readonly groups: readonly {
    readonly name: string
    readonly path: string
    readonly visitors: number
    readonly waits: boolean
  }[]
  /** Of a peer, as it is written: object calls and rows written per request. */
  readonly costs?: { readonly calls: number; readonly rows: number }
}

/** Rooms in which everyone but the first waits. */
export const WAITING_ROOMS = ['join', 'poll', 'page']

export const STATUS_PATH = '/__waiting-room/status'

/** People who wait and poll, each with a token of their own. */
const POLLERS = 10_000
/** Enough that no two connections share one. */
const VISITORS = CROWD_PASSES

/** Of 20 requests of a crowd: 1 joins, 16 poll, 3 come with a pass. */
const CROWD: readonly LoadRequest[] = [
  { path: `${STATUS_PATH}?room=crowd` },
  ...new Array(16).fill({ path: `${STATUS_PATH}?room=crowd`, visitors: 'crowd' }),
  ...new Array(3).fill({ path: '/api/items', visitors: 'crowd-pass' }),
]

const WAITS = '"state":"waiting"'
const JSON_ONLY = 'application/json'
const HTML_ONLY = 'text/html'

/**
 * In the order of a round: what is compared stands side by side, as the machine's speed drifts. A peer is sent what ours is,
 * the cookies of the same visitors: making the load takes as much of the machine then.
 */
export const VARIANTS: readonly Variant[] = [
  peer('naive-poll', '/', JSON_ONLY, '"position":', { cookie: 'number=5000' }, { calls: 1, rows: 0 }),
  ours('poll', `${STATUS_PATH}?room=poll`, JSON_ONLY, WAITS, POLLERS),
  peer('ceiling', '/', JSON_ONLY, WAITS, {
    visitors: 'poll',
    cookie: `waiting-room-poll=${signed({ room: 'poll', number: 5000 })}`,
  }),
  ours('join', `${STATUS_PATH}?room=join`, JSON_ONLY, WAITS, 0),
  peer('naive-join', '/', JSON_ONLY, '"number":', {}, { calls: 1, rows: 1 }),
  peer('plain-proxy', '/api/items', JSON_ONLY, '"from":"origin"', { visitors: 'pass' }),
  ours('pass', '/api/items', JSON_ONLY, '"from":"origin"', VISITORS),
  peer('plain-proxy-html', '/page', HTML_ONLY, '<script src=', { visitors: 'pass-html' }),
  ours('pass-html', '/page', HTML_ONLY, '<script src=', VISITORS),
  peer('constant-page', '/', HTML_ONLY, '<!doctype html>', { visitors: 'page' }),
  ours('page', '/', HTML_ONLY, '<!doctype html>', VISITORS),
  {
    server: 'ours',
    name: 'crowd',
    headers: { Host: hostOf('crowd'), Accept: JSON_ONLY },
    requests: CROWD,
    marks: [WAITS, '"from":"origin"'],
    groups: [
      { name: 'crowd-pass', path: STATUS_PATH, visitors: CROWD_PASSES, waits: false },
      { name: 'crowd', path: STATUS_PATH, visitors: POLLERS, waits: true },
    ],
  },
]

export interface Comparison {
  readonly of: string
  readonly to: string
  /** The least that is good enough; null: told, not aimed at. */
  readonly target: number | null
}

export const COMPARISONS: readonly Comparison[] = [
  { of: 'poll', to: 'ceiling', target: 0.85 },
  { of: 'poll', to: 'naive-poll', target: null },
  { of: 'join', to: 'ceiling', target: 0.6 },
  { of: 'join', to: 'naive-join', target: 4 },
  { of: 'pass', to: 'plain-proxy', target: 0.85 },
  { of: 'pass-html', to: 'plain-proxy-html', target: 0.95 },
  { of: 'page', to: 'constant-page', target: 0.85 },
  { of: 'crowd', to: 'ceiling', target: null },
]

/** At most so many per 1,000 requests of a variant. */
export const COST_TARGETS = [
  { of: 'poll', cost: 'objectCallsPer1000', target: 5 },
  { of: 'join', cost: 'rowsWrittenPer1000', target: 20 },
] as const

function ours(name: string, path: string, accept: string, mark: string, visitors: number): Variant {
  const variant = { server: 'ours' as const, name, headers: { Host: hostOf(name), Accept: accept }, marks: [mark] }
  if (visitors === 0) return { ...variant, requests: [{ path }], groups: [] }
  return {
    ...variant,
    requests: [{ path, visitors: name }],
    groups: [{ name, path, visitors, waits: WAITING_ROOMS.includes(name) }],
  }
}

function peer(
  name: string,
  path: string,
  accept: string,
  mark: string,
  who: Pick<LoadRequest, 'cookie' | 'visitors'>,
  costs = { calls: 0, rows: 0 },
): Variant {
  const headers = { Host: hostOf(name), Accept: accept }
  return { server: 'peers', name, headers, requests: [{ path, ...who }], marks: [mark], groups: [], costs }
}
