/** What is measured, and what is compared with what. */
import { signed } from '../test/contract/support/tokens.ts'
import type { LoadTask } from './load.ts'
import { hostOf } from './workers.ts'

export interface Variant extends Pick<LoadTask, 'name' | 'path' | 'headers' | 'cookie' | 'visitors' | 'mark'> {
  readonly server: 'ours' | 'peers'
}

const JSON_ONLY = 'application/json'
const HTML_ONLY = 'text/html'
export const STATUS_PATH = '/__waiting-room/status'

/** People who wait and poll, each with a token of their own. */
const POLLERS = 10_000
/** Enough that no two connections share one. */
const VISITORS = 1_000

/** In the order of a round: what is compared stands side by side, as the machine's speed drifts. */
export const VARIANTS: readonly Variant[] = [
  peer('naive-poll', '"position":', { cookie: 'number=5000' }),
  ours('poll', STATUS_PATH, JSON_ONLY, '"state":"waiting"', POLLERS),
  // The same token as ours, so that the same number of bytes is verified.
  peer('ceiling', '"state":"waiting"', { cookie: `waiting-room-poll=${signed({ room: 'poll', number: 5000 })}` }),
  ours('join', STATUS_PATH, JSON_ONLY, '"state":"waiting"', 0),
  peer('naive-join', '"number":', {}),
  peer('plain-proxy', '"from":"origin"', {}),
  ours('pass', '/api/items', JSON_ONLY, '"from":"origin"', VISITORS),
  peer('constant-page', '<!doctype html>', {}),
  ours('page', '/', HTML_ONLY, '<!doctype html>', VISITORS),
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
  { of: 'page', to: 'constant-page', target: 0.85 },
]

/** Rooms in which everyone but the first waits. */
export const WAITING_ROOMS = ['join', 'poll', 'page']

function ours(name: string, path: string, accept: string, mark: string, visitors: number): Variant {
  return { server: 'ours', name, path, headers: { Host: hostOf(name), Accept: accept }, visitors, mark }
}

function peer(name: string, mark: string, more: { cookie?: string }): Variant {
  return { server: 'peers', name, path: '/', headers: { Host: hostOf(name) }, visitors: 0, mark, ...more }
}
