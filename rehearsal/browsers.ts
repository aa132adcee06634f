/** Real browsers in the crowd: whether the waiting page lets them in, too. */
import { existsSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { UsageError } from './options.ts'
import type { Target } from './target.ts'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
const LOOK_EVERY_MS = 500

export interface BrowserVisit {
  readonly seconds: number | null
  /** Errors of the page's scripts. */
  readonly mistakes: readonly string[]
}

/** Undefined: playwright finds one. @throws UsageError if no browser starts */
export async function playBrowsers(target: Target, count: number, signal: AbortSignal): Promise<BrowserVisit[]> {
  if (count === 0) return []
  // It takes a second to load.
  const { chromium } = await import('playwright-core')
  const path = process.env.CHROMIUM_PATH ?? PLACES.find((each) => existsSync(each))
  const isRoot = process.getuid?.() === 0
  const browser = await chromium
    .launch({
      args: [...FLAGS, ...(isRoot ? ['--no-sandbox'] : [])],
      ...(path === undefined ? {} : { executablePath: path }),
    })
    .catch((error: Error) => {
      throw new UsageError(`--browsers: no Chromium starts; set CHROMIUM_PATH (${error.message.split('\n')[0]})`)
    })
  try {
    return await Promise.all(Array.from({ length: count }, () => visit(browser, target, signal)))
  } finally {
    await browser.close()
  }
}

async function visit(browser: Browser, target: Target, signal: AbortSignal): Promise<BrowserVisit> {
  const startMs = Date.now()
  const mistakes: string[] = []
  const context = await browser.newContext({ extraHTTPHeaders: target.headers })
  const page = await context.newPage()
  page.on('pageerror', (error) => mistakes.push(error.message))
  let status = 0
  // The waiting page reloads itself: each answer of the page itself counts.
  page.on('response', (response) => {
    if (response.request().isNavigationRequest() && response.frame() === page.mainFrame()) status = response.status()
  })
  await page.goto(`${target.origin}${target.path}`).catch(() => undefined)
  while (status !== 200 && !signal.aborted) await page.waitForTimeout(LOOK_EVERY_MS)
  const seconds = status === 200 ? (Date.now() - startMs) / 1000 : null
  await context.close()
  return { seconds, mistakes }
}
