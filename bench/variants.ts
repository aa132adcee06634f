/** The measured variants and their comparisons. */
import { signed } from '../test/contract/support/tokens.ts'
import type { LoadRequest, LoadTask } from './load.ts'
import { CROWD_PASSES, hostOf } from './workers.ts'

export interface Variant extends Pick<LoadTask, 'name' | 'requests' | 'headers' | 'marks'> {
  readonly server: 'ours' | 'peers'
  /**
   * Visitors who join before the measurement, one group after the other, with one request for this
   * path each. `waits`: they get a ticket.
   */
  readonly groups: readonly {
    readonly name: string
    readonly path: string
    readonly visitors: number
    readonly waits: boolean
  }[]
  /** Object calls and rows per request of a peer, by its code. */
  readonly costs?: { readonly calls: number; readonly rows: number }
}

/** Rooms in which everyone but the first visitor waits. */
export const WAITING_ROOMS = ['join', 'poll', 'page']

export const STATUS_PATH = '/__waiting-room/status'

/** Waiting visitors who poll, each with a different token. */
const POLLERS = 10_000
/** Enough for no two connections to share one. */
const VISITORS = CROWD_PASSES

/** Of 20 requests of the crowd 1 joins, 16 poll and 3 come with a pass. */
const CROWD: readonly LoadRequest[] = [
  { path: `${STATUS_PATH}?room=crowd` },
  ...new Array(16).fill({ path: `${STATUS_PATH}?room=crowd`, visitors: 'crowd' }),
  ...new Array(3).fill({ path: '/api/items', visitors: 'crowd-pass' }),
]

const WAITS = '"state":"waiting"'
const JSON_ONLY = 'application/json'
const HTML_ONLY = 'text/html'

/**
 * In the order of a round. Compared variants are adjacent, because the machine's speed drifts. A
 * peer gets the same requests and the same visitors' cookies, so that the load generator costs the
 * same.
 */
export const VARIANTS: readonly Variant[] = [
  peer('naive-poll', '/', JSON_ONLY, '"position":', { cookie: 'number=5000' }, { calls: 1, rows: 0 }),
  ours('poll', `${STATUS_PATH}?room=poll`, JSON_ONLY, WAITS, POLLERS),
  peer('ceiling', '/', JSON_ONLY, WAITS, {
    visitors: 'poll',
    cookie: `waiting-room-poll=${signed({ room: 'poll', number: 5000 })}`,
  }),
  ours('join', `${STATUS_PATH}?room=join`, JSON_ONLY, WAITS, 0),
  peer('minimal-join', '/', JSON_ONLY, WAITS, {}),
  peer('naive-join', '/', JSON_ONLY, '"number":', {}, { calls: 1, rows: 1 }),
  peer('minimal-pass', '/api/items', JSON_ONLY, '"from":"origin"', { visitors: 'pass' }),
  peer('plain-proxy', '/api/items', JSON_ONLY, '"from":"origin"', { visitors: 'pass' }),
  ours('pass', '/api/items', JSON_ONLY, '"from":"origin"', VISITORS),
  ours('pass-signed', '/api/items', JSON_ONLY, '"from":"origin"', VISITORS),
  ours('admit-leased', '/api/items', JSON_ONLY, '"from":"origin"', 0),
  peer('plain-proxy-html', '/page', HTML_ONLY, '<script src=', { visitors: 'pass-html' }),
  ours('pass-html', '/page', HTML_ONLY, '<script src=', VISITORS),
  peer('plain-proxy-chunked', '/chunked-page', HTML_ONLY, '<script src=', { visitors: 'pass-chunked' }),
  ours('pass-chunked', '/chunked-page', HTML_ONLY, '<script src=', VISITORS),
  peer('plain-proxy-large', '/large-page', HTML_ONLY, '<script src=', { visitors: 'pass-large' }),
  ours('pass-large', '/large-page', HTML_ONLY, '<script src=', VISITORS),
  peer('constant-page', '/', HTML_ONLY, '<!doctype html>', { visitors: 'page' }),
  ours('page', '/', HTML_ONLY, '<!doctype html>', VISITORS),
  peer('minimal-page', '/', HTML_ONLY, '<!doctype html>', { visitors: 'page' }),
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
  /** The target; null: reported without a target. */
  readonly target: number | null
}

export const COMPARISONS: readonly Comparison[] = [
  { of: 'poll', to: 'ceiling', target: 0.85 },
  { of: 'poll', to: 'naive-poll', target: null },
  { of: 'join', to: 'ceiling', target: 0.6 },
  { of: 'join', to: 'naive-join', target: 4 },
  { of: 'minimal-join', to: 'ceiling', target: null },
  { of: 'join', to: 'minimal-join', target: null },
  { of: 'pass', to: 'plain-proxy', target: 0.9 },
  { of: 'minimal-pass', to: 'plain-proxy', target: null },
  { of: 'pass', to: 'minimal-pass', target: null },
  { of: 'pass-signed', to: 'pass', target: 0.98 },
  { of: 'admit-leased', to: 'plain-proxy', target: 0.8 },
  { of: 'pass-html', to: 'plain-proxy-html', target: 0.95 },
  { of: 'pass-chunked', to: 'plain-proxy-chunked', target: 0.95 },
  { of: 'pass-large', to: 'plain-proxy-large', target: 0.95 },
  { of: 'page', to: 'constant-page', target: 0.9 },
  { of: 'minimal-page', to: 'constant-page', target: null },
  { of: 'page', to: 'minimal-page', target: null },
  { of: 'crowd', to: 'ceiling', target: null },
]

/** The target per 1,000 requests of a variant. */
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
