/**
 * The look of the waiting page in every state, in light and dark mode, on three widths, against
 * stored pictures. After an intended change:
 *
 * `npx vitest run --project browser test/browser/waiting/looks.test.ts --update`
 *
 * Skipped where the packaged Chromium does not run: another one draws differently.
 */
import type { Page } from 'playwright-core'
import { beforeAll, expect, inject, test } from 'vitest'
import { PAGE_STATES } from '../../../src/status.ts'
import { useStage } from '../../contract/support/stage.ts'
import { ADMIN_TOKEN } from '../../contract/support/worker-config.ts'
import { useChromium } from '../support/browser.ts'
import { differenceOf } from '../support/looks.ts'
import { openPreview, previewPage } from '../support/preview.ts'
import { room, visitorOf } from '../support/site.ts'

const WIDTHS = [320, 768, 1280]
const HEIGHT = 640
const NOW = new Date('2026-03-02T10:00:00Z')
/** A time in the data of the page. */
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g

/** The address of the room has a port, which is another one in each run. */
const NAMED = { site_name: 'The Box Office' }
/** A place is kept for fifteen and a half minutes: the page rounds, and time passes as it opens. */
const KEPT = { heartbeat_timeout_seconds: 600, reclaim_grace_seconds: 330 }

const stage = useStage([room('tickets', 1, { ...NAMED, ...KEPT })])
const chromium = useChromium()

let page: Page
beforeAll(async () => {
  page = await previewPage(chromium, { timezoneId: 'UTC' })
  await page.clock.setFixedTime(NOW)
  await page.route('**/admin/preview?*', async (route) => {
    const { pathname, search } = new URL(route.request().url())
    const visitor = visitorOf(stage, 'tickets', { Authorization: `Bearer ${ADMIN_TOKEN}` })
    const { status, text, headers } = await visitor.get(pathname + search)
    const policy = headers['content-security-policy'] as string
    const answer = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy }
    await route.fulfill({ status, body: atFixedTime(text), headers: answer })
  })
})

test.skipIf(inject('chromium').libraries === null).each(PAGE_STATES)('looks as before in state %s', async (state) => {
  await openPreview(stage, page, { state, lang: 'en' })
  const differences: (string | null)[] = []
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      differences.push(await differenceOf(page, `${state}-${width}-${colorScheme}`))
    }
  }
  expect(differences.filter((difference) => difference !== null)).toEqual([])
})

/** The page's times, moved so that it was updated at `NOW`. */
function atFixedTime(html: string): string {
  const [, updatedAt = ''] = /"updatedAt":"([^"]+)"/.exec(html) ?? []
  const byMs = NOW.getTime() - Date.parse(updatedAt)
  return html.replaceAll(TIME, (time) => new Date(Date.parse(time) + byMs).toISOString())
}
