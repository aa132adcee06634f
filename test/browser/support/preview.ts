/** The operators' preview, which shows the waiting page in any state and stores nothing. */
import type { BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Stage } from '../../contract/support/stage.ts'
import { ADMIN_TOKEN } from '../../contract/support/worker-config.ts'
import type { Chromium } from './browser.ts'
import { urlOf } from './site.ts'

/** A page that may open previews of the room `tickets`. */
export function previewPage(chromium: Chromium, options: BrowserContextOptions = {}): Promise<Page> {
  return chromium.page({ extraHTTPHeaders: { Authorization: `Bearer ${ADMIN_TOKEN}` }, ...options })
}

/** `asked`: the parameters of the preview. */
export async function openPreview(stage: Stage, page: Page, asked: Readonly<Record<string, string>>): Promise<void> {
  const query = new URLSearchParams({ room: 'tickets', ...asked })
  const answer = await page.goto(urlOf(stage, 'tickets', `/__waiting-room/admin/preview?${query}`))
  expect(answer?.status()).toBe(200)
  await page.getByRole('heading', { level: 1 }).waitFor()
}

/** Elements that overflow the window horizontally. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { clientWidth } = document.documentElement
    const outside = [...document.querySelectorAll('body *')].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect()
      const isSeen = element.checkVisibility() && width > 1 && element.closest('[aria-hidden]') === null
      const isBox = getComputedStyle(element).display !== 'inline'
      const reachesOut = left < -1 || right > clientWidth + 1 || element.scrollWidth > element.clientWidth + 1
      return isSeen && isBox && reachesOut
    })
    return outside.map((element) => element.outerHTML.slice(0, 120))
  })
}
