/**
 * Tabs of one browser share a ticket: the tab that holds the lock polls, and all show the answer.
 * Without Web Locks every tab polls for itself, and still tells the others.
 */
import type { Status } from '../../src/status.ts'
import { workerTimer } from './timer.ts'

export interface TabMessage {
  readonly status: Status
  readonly token: string | null
  /** How far the server's clock is ahead of the device's, as the polling tab measured it. */
  readonly aheadMs: number
  /** Missing from pages of earlier deploys: the browser keeps them. */
  readonly cookies?: boolean
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

/** Of the tabs that are admitted together, a hidden one lets a visible one go first. */
const HIDDEN_TAB_MS = 300

/** Without locks: how long a tab that goes to the site keeps others from it. */
const ENTRY_MS = 10_000

/**
 * Whether this tab is the one that goes to the site. Sites open a session at the first request of a
 * browser: of two at once, each would get its own. The browser ends the lock with its tab, and the
 * other tabs offer a link, so nobody depends on the first one.
 */
export async function takesEntry(room: string): Promise<boolean> {
  const name = `waiting-room-entry:${room}`
  const locks = navigator.locks as LockManager | undefined
  if (document.visibilityState === 'hidden') {
    // The page's own timers stand still in hidden tabs.
    await new Promise<void>((done) => workerTimer().schedule(HIDDEN_TAB_MS, done))
  }
  try {
    if (locks !== undefined) return await holdsFromNowOn(locks, name)
    const enteredMs = Number(localStorage[name] ?? 0)
    const nowMs = Date.now()
    if (enteredMs <= nowMs && nowMs - enteredMs < ENTRY_MS) return false
    localStorage[name] = nowMs
  } catch {
    // Not allowed: the tabs of this browser do not know each other.
  }
  return true
}

/** Takes the lock for as long as the page lives. */
function holdsFromNowOn(locks: LockManager, name: string): Promise<boolean> {
  return new Promise((done, failed) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        done(lock !== null)
        return lock === null ? undefined : new Promise(() => {})
      })
      .catch(failed)
  })
}
