/** Types of waiting-room-fetch.mjs. */

/**
 * The answer of `GET /__waiting-room/status`, as far as an app shows it; `unreachable`: the last
 * poll failed.
 */
export interface Progress {
  readonly state:
    | 'waiting'
    | 'admitted'
    | 'expired'
    | 'moved'
    | 'left'
    | 'paused'
    | 'closed'
    | 'full'
    | 'lobby'
    | 'ended'
    | 'sold-out'
    | 'unreachable'
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
  /** The event under way, or the one that has ended last. */
  readonly event?: EventProgress
}

export interface EventProgress {
  readonly name: string
  /** `drawing`: the event has started, and its draw is being made. */
  readonly phase: 'lobby' | 'drawing' | 'running' | 'ended'
  /** ISO 8601. */
  readonly startsAt: string
  readonly endsAt: string
  /** The places of everyone in the lobby are drawn at the start. */
  readonly draw: boolean
  /** The number in the draw; null: not in it. */
  readonly entry: number | null
  /** 1 is the first of `entries`; null until the draw is made. */
  readonly rank: number | null
  readonly entries: number | null
  /** SHA-256 of the secret of the draw, in hex. */
  readonly commitment: string | null
  /** Path of the page about the draw. */
  readonly drawUrl: string | null
  /** The server's clock, ISO 8601: count down from `startsAt - serverTime`. */
  readonly serverTime: string
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
