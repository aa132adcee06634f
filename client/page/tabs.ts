/**
 * Tabs of one browser share a ticket: the one that holds the lock asks, all show the answer. Where the browser has no locks
 * every tab asks for itself, and tells the others all the same.
 */
import type { Status } from '../../src/status.ts'

export interface TabMessage {
  readonly status: Status
  readonly token: string | null
  /** The visitor gave up the place. */
  readonly left?: boolean
}

export interface Tabs {
  /** Whether this tab asks for all of them. */
  readonly leads: boolean
  tell(message: TabMessage): void
  open(): void
  /** A page that the browser keeps may hold neither channel nor lock. */
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
        // Old browsers: the server sorts out tickets of tabs that do not know of each other.
      }
      request = new AbortController()
      locks?.request(name, { signal: request.signal }, lead).catch(() => {
        // Given up while it waited, or not allowed here: then this tab asks for itself.
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
