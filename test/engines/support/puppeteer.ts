/**
 * Firefox over WebDriver BiDi and Chromium over its own protocol, both driven by puppeteer-core.
 */
import puppeteer, { type Page, type Browser as PuppeteerBrowser } from 'puppeteer-core'
import { CHROMIUM_FLAGS } from '../../browser/support/find-chromium.ts'
import { PATIENCE_MS } from '../../contract/support/patience.ts'
import { type Browser, type Key, type Tab, VISIBLE_TEXT } from './tab.ts'

export interface PuppeteerLaunch {
  readonly browser: 'firefox' | 'chrome'
  readonly path: string
  readonly environment: Readonly<Record<string, string>>
  /** Folder of a new profile. */
  readonly profile: string
}

/** Puppeteer switches the back/forward cache off. Visitors have it. */
const FIREFOX_PREFERENCES = { 'fission.bfcacheInParent': true }

export async function launchWithPuppeteer(launch: PuppeteerLaunch): Promise<Browser> {
  const { browser, path, environment, profile } = launch
  const opened = await puppeteer.launch({
    browser,
    executablePath: path,
    userDataDir: profile,
    env: { ...process.env, ...environment },
    timeout: PATIENCE_MS,
    protocolTimeout: PATIENCE_MS,
    ...(browser === 'firefox'
      ? { headless: true, extraPrefsFirefox: FIREFOX_PREFERENCES }
      : { headless: 'shell', args: CHROMIUM_FLAGS }),
  })
  const [, version = ''] = (await opened.version()).split('/')
  return { version, open: () => newTab(opened), close: () => opened.close() }
}

async function newTab(browser: PuppeteerBrowser): Promise<Tab> {
  const page = await browser.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  return new PuppeteerTab(page)
}

class PuppeteerTab implements Tab {
  private readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  async go(url: string): Promise<void> {
    await this.page.goto(url)
  }

  async run<T>(expression: string): Promise<T> {
    return (await this.page.evaluate(expression)) as T
  }

  key(key: Key): Promise<void> {
    return this.page.keyboard.press(key)
  }

  type(text: string): Promise<void> {
    return this.page.keyboard.type(text)
  }

  async click(selector: string): Promise<void> {
    await this.page.click(selector)
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from(await this.page.screenshot())
  }

  /** `Page.goBack` waits for a load, which a page from the back/forward cache does not have. */
  async back(): Promise<void> {
    await this.page.evaluate('void setTimeout(() => history.back())')
  }

  text(): Promise<string> {
    return this.run(VISIBLE_TEXT)
  }

  close(): Promise<void> {
    return this.page.close()
  }
}
