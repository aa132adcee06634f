/** Everything that opens on the pages of visitors stays inside the window. */
import { expect, test } from 'vitest'
import { useStage } from '../../contract/support/stage.ts'
import { ADMIN_TOKEN } from '../../contract/support/worker-config.ts'
import { useChromium } from '../support/browser.ts'
import { picture } from '../support/picture.ts'
import { outOfReach } from '../support/reach.ts'
import { room, urlOf } from '../support/site.ts'

const SHORT = 'ab'
const LONG = 'tickets-for-the-autumn-concerts'

const stage = useStage([room(SHORT, 1), room(LONG, 1)])
const chromium = useChromium()

test.each([
  [SHORT, 'en'],
  [LONG, 'en'],
  [SHORT, 'ar'],
  [LONG, 'ar'],
])('the menu and all questions stay within reach on the page of %s in %s', async (name, lang) => {
  const page = await chromium.page({ extraHTTPHeaders: { Authorization: `Bearer ${ADMIN_TOKEN}` } })
  const query = new URLSearchParams({ room: name, lang, state: 'lobby', event: 'draw', event_name: 'Autumn sale' })
  await page.goto(urlOf(stage, name, `/__waiting-room/admin/preview?${query}`))
  const menu = page.locator('#languages')
  await menu.locator('summary').click()
  expect(await menu.locator('button').count()).toBe(12)
  expect(await outOfReach(page, '#language')).toEqual([])
  await page.setViewportSize({ width: 390, height: 844 })
  await picture(page, `menu-${lang}-${name === LONG ? 'long' : 'short'}`)
  await menu.locator('summary').click()
  const questions = page.locator('.more details')
  for (const question of await questions.all()) await question.locator('summary').click()
  expect(await questions.count()).toBe(3)
  expect(await outOfReach(page, '.more details')).toEqual([])
})
