/** A visitor is called while the tab is hidden: the slot is held until the visitor comes in. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { stats } from '../../contract/support/operator.ts'
import { useStage } from '../../contract/support/stage.ts'
import { accessibilityViolations } from '../support/accessibility.ts'
import { useChromium } from '../support/browser.ts'
import { keepHidden, showAgain } from '../support/hidden-tab.ts'
import { GONE, IN_LINE, onTheSite, TURN, untilHeading } from '../support/line.ts'
import { notificationsOf } from '../support/notifications.ts'
import { guestOf, room, urlOf, visitorOf } from '../support/site.ts'

const HELD = { confirm_entry_seconds: 120 }
const stage = useStage([
  room('called', 1, HELD),
  room('tabs', 1, HELD),
  room('missed', 1, { confirm_entry_seconds: 15, check_interval_seconds: 5 }),
])
const chromium = useChromium()

const BUTTON = { name: 'Come in', exact: true } as const

/** A tab, and the titles of its notifications. */
async function tabWithNotifications(): Promise<{ page: Page; told: readonly string[] }> {
  const profile = await chromium.profile({ permissions: ['notifications'], viewport: { width: 390, height: 844 } })
  const page = await profile.newPage()
  return { page, told: await notificationsOf(page) }
}

test('notifies a visitor of a hidden tab, holds the slot, and opens the site with the button', async () => {
  const guest = await guestOf(stage, 'called')
  const { page, told } = await tabWithNotifications()
  await keepHidden(page)
  await page.goto(urlOf(stage, 'called', '/page?seat=7#row'))
  await untilHeading(page, IN_LINE)
  await page.getByRole('checkbox', { name: 'Tell me when it is my turn', exact: true }).check()
  await guest.leave()
  await untilHeading(page, TURN)
  await expect.poll(() => told).toEqual([TURN])
  expect(await page.title()).toBe(TURN)
  expect(await stats(stage.workerd, 'called')).toMatchObject({ offered: 1 })
  await showAgain(page)
  // A visitor who only passes by does not start a session.
  await page.getByText(/^Held for you for another/).waitFor()
  await page.getByText(/^1:\d\d$/).waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await page.getByRole('link', BUTTON).click()
  await onTheSite(page)
  expect(page.url()).toBe(urlOf(stage, 'called', '/page?seat=7#row'))
  expect(await stats(stage.workerd, 'called')).toMatchObject({ offered: 0, active: 1 })
  expect(told).toEqual([TURN])
})

test('goes in at once from a visible tab, even if another one is hidden', async () => {
  const guest = await guestOf(stage, 'tabs')
  const profile = await chromium.profile()
  const hidden = await profile.newPage()
  await keepHidden(hidden)
  await hidden.goto(urlOf(stage, 'tabs', '/page'))
  await untilHeading(hidden, IN_LINE)
  const seen = await profile.newPage()
  await seen.goto(urlOf(stage, 'tabs', '/page'))
  await untilHeading(seen, IN_LINE)
  await guest.leave()
  await onTheSite(seen)
  expect(await stats(stage.workerd, 'tabs')).toMatchObject({ active: 1, offered: 0 })
})

test('says that the turn was missed', async () => {
  const guest = await guestOf(stage, 'missed')
  const page = await chromium.page()
  await keepHidden(page)
  await page.goto(urlOf(stage, 'missed', '/page'))
  await untilHeading(page, IN_LINE)
  const next = visitorOf(stage, 'missed')
  await next.get('/page')
  await guest.leave()
  await untilHeading(page, TURN)
  await untilHeading(page, GONE)
  await page.getByText(/^It was your turn, but nobody came in/).waitFor()
  await page.getByRole('link', { name: 'Join the line again' }).waitFor()
})
