/**
 * Real Chromium: one for all test files of a process, and a new profile for each page, as for a
 * first visit.
 *
 * The rooms of these tests have hosts below `localhost`. Browsers send these to this machine
 * without DNS and treat them as secure, so features that require TLS (locks, notifications) work
 * there over plain HTTP.
 */
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, inject } from 'vitest'
import { PATIENCE_MS } from '../../contract/support/patience.ts'
import { CHROMIUM_FLAGS } from './find-chromium.ts'

export interface Chromium {
  /**
   * A visitor's browser with separate cookies and storage. It closes after the test, or after the
   * file if no test is running.
   */
  profile(options?: BrowserContextOptions): Promise<BrowserContext>
  /** A tab of a new profile. */
  page(options?: BrowserContextOptions): Promise<Page>
}

/** It ends with the process of the test files. */
let shared: Browser | undefined

async function sharedBrowser(): Promise<Browser> {
  if (shared?.isConnected() !== true) shared = await launch()
  return shared
}

/** Call it at the top of a test file. */
export function useChromium(): Chromium {
  let browser: Browser
  const profiles: BrowserContext[] = []
  let inTest = false
  beforeAll(async () => {
    browser = await sharedBrowser()
  })
  beforeEach(() => {
    inTest = true
  })
  afterEach(async () => {
    inTest = false
    await Promise.all(profiles.splice(0).map((profile) => profile.close()))
  })
  afterAll(async () => {
    await Promise.all(browser.contexts().map((left) => left.close()))
  })

  const profile = async (options: BrowserContextOptions = {}) => {
    const opened = await browser.newContext({ locale: 'en-US', viewport: { width: 800, height: 900 }, ...options })
    opened.setDefaultTimeout(PATIENCE_MS)
    await opened.addInitScript(ignoreUnmovedPointer)
    if (inTest) profiles.push(opened)
    return opened
  }
  return { profile, page: async (options) => (await profile(options)).newPage() }
}

/**
 * Runs in the page. Sometimes Chromium reports a pointer move to a new page although nobody moved
 * it. Tests of user activity would then see a visitor who is not there.
 */
export function ignoreUnmovedPointer(): void {
  const capture = { capture: true }
  addEventListener(
    'pointermove',
    (event) => event.movementX || event.movementY || event.stopImmediatePropagation(),
    capture,
  )
}

function launch(): Promise<Browser> {
  const { path, libraries } = inject('chromium')
  const env = {
    ...process.env,
    FONTCONFIG_FILE: inject('fonts'),
    ...(libraries === null ? {} : { LD_LIBRARY_PATH: libraries }),
  }
  return chromium.launch({ executablePath: path, args: CHROMIUM_FLAGS, env, timeout: PATIENCE_MS })
}
