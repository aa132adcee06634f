/** Types of waiting-room-fetch.mjs. */

/**
 * The answer of `GET /__waiting-room/status`, as far as an app shows it; `unreachable`: the last
 * poll failed.
 */
export interface Progress {
  readonly state: 'waiting' | 'admitted' | 'expired' | 'paused' | 'closed' | 'full' | 'unreachable'
  /** People ahead + 1. */
  readonly position: number | null
  readonly etaSeconds: number | null
  readonly number?: number | null
  readonly waiting?: number
  readonly etaLowSeconds?: number | null
  readonly etaHighSeconds?: number | null
  /** The operators' message to everyone in line. */
  readonly message?: string | null
  /** Opening time of a closed room, ISO 8601. */
  readonly opensAt?: string | null
}

export interface WaitingRoomFetchOptions {
  /**
   * `https://HOST/__waiting-room/status?room=NAME`: joins before the first request instead of after
   * a refused one.
   */
  readonly statusUrl?: string | URL
  /** Called after each poll. */
  readonly onProgress?: (progress: Progress) => void
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
}

export interface WaitingRoomFetch {
  (input: Request | URL | string, init?: RequestInit): Promise<Response>
  /** Gives up the place, in line or on the site. Waiting requests are aborted. */
  leave(): Promise<void>
  /** Keeps the session; false: there is none. */
  heartbeat(touched?: boolean): Promise<boolean>
}

export function createWaitingRoomFetch(options?: WaitingRoomFetchOptions): WaitingRoomFetch

/** The status endpoint that a waiting room's answer links to; null: it is the site's answer. */
export function roomOf(response: Response, requestUrl: string): URL | null
