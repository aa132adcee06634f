/**
 * A tab that is hidden for a long time, a state that headless Chromium never produces by itself.
 * The page is told that it is hidden, and its own timers fire so rarely that no test sees it.
 * Timers of Web Workers continue, as in real browsers.
 */
import type { Page } from 'playwright-core'

const CLAMP_MS = 3_600_000

/** Call it before the page is opened. */
export async function keepHidden(page: Page): Promise<void> {
  await page.addInitScript((clampMs) => {
    Object.defineProperty(Document.prototype, 'visibilityState', { get: () => 'hidden', configurable: true })
    Object.defineProperty(Document.prototype, 'hidden', { get: () => true, configurable: true })
    type Timer = (run: TimerHandler, delayMs?: number, ...rest: unknown[]) => number
    const clamped = (timer: Timer): Timer => {
      return (run, delayMs = 0, ...rest) => timer(run, document.hidden ? Math.max(delayMs, clampMs) : delayMs, ...rest)
    }
    Object.assign(window, { setTimeout: clamped(window.setTimeout), setInterval: clamped(window.setInterval) })
  }, CLAMP_MS)
}

/** The visitor returns to the tab. */
export async function showAgain(page: Page): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(Document.prototype, 'visibilityState', { get: () => 'visible' })
    Object.defineProperty(Document.prototype, 'hidden', { get: () => false })
    document.dispatchEvent(new Event('visibilitychange'))
  })
}
