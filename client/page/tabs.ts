/**
 * Tabs of one browser share a ticket: the tab that holds the lock polls, and all show the answer.
 * Without Web Locks every tab polls for itself, and still tells the others.
 */
import type { Status } from '../../src/status.ts'

export interface TabMessage {
  readonly status: Status
  readonly token: string | null
  /** How far the server's clock is ahead of the device's, as the polling tab measured it. */
  readonly aheadMs: number
  /** The visitor gave up the place. */
  readonly left?: boolean
}

export interface Tabs {
  /** Whether this tab polls for all of them. */
  readonly leads: boolean
  tell(message: TabMessage): void
  open(): void
  /** A page may hold neither channel nor lock in the back/forward cache. */
  close(): void
}

export function shareTabs(room: string, onMessage: (message: TabMessage) => void, onLead: () => void): Tabs {
  const name = `waiting-room-page:${room}`
  const locks = navigator.locks as LockManager | undefined
  let channel: BroadcastChannel | undefined
  let release: (() => void) | undefined
  let request: AbortController | undefined
  let leads = locks === undefined

  function lead(): Promise<void> {
    leads = true
    onLead()
    return new Promise((done) => {
      release = done
    })
  }

  return {
    get leads() {
      return leads
    },
    tell: (message) => channel?.postMessage(message),
    open() {
      try {
        channel = new BroadcastChannel(name)
        channel.onmessage = (event) => onMessage(event.data)
      } catch {
        // Old browsers: the server resolves the tickets of tabs that do not know each other.
      }
      if (locks === undefined) return
      request = new AbortController()
      locks.request(name, { signal: request.signal }, lead).catch(() => {
        // Aborted while it waited, or not allowed: then this tab polls for itself.
        if (!request?.signal.aborted) leads = true
      })
    },
    close() {
      channel?.close()
      channel = undefined
      request?.abort()
      release?.()
      release = undefined
      leads = locks === undefined
    },
  }
}
