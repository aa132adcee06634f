/** The way of a visitor with a browser, from the first click to the site. */
import { expect, test } from 'vitest'
import { useStage } from '../contract/support/stage.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { picture } from './support/picture.ts'
import { guestOf, room, urlOf } from './support/site.ts'

const stage = useStage([room('journey', 1)])
const chromium = useChromium()

test('who waits is taken to the address first asked for, query and fragment included', async () => {
  const guest = await guestOf(stage, 'journey')
  const page = await chromium.page()
  const answer = await page.goto(urlOf(stage, 'journey', '/page?seat=7#row'))
  expect(answer?.status()).toBe(503)
  await page.getByRole('heading', { level: 1 }).filter({ hasText: 'line' }).waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await picture(page, 'waiting')

  await guest.leave()
  await page.getByText('Grüße from the shop').waitFor()
  expect(page.url()).toBe(urlOf(stage, 'journey', '/page?seat=7#row'))
})
