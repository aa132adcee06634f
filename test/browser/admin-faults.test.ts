/** The operators' page in odd browsers, and when a part of it fails. */
import { expect, test } from 'vitest'
import { useStage } from '../contract/support/stage.ts'
import { useChromium } from './support/browser.ts'
import { button, crowd, figureValue, logIn, pinned } from './support/operators-page.ts'
import { outOfReach } from './support/reach.ts'
import { room, urlOf } from './support/site.ts'

const stage = useStage([room('odd', 1), room('told', 1)])
const chromium = useChromium()

test('draws its charts in a browser whose language tag is invalid', async () => {
  await crowd(stage, 'odd', 3)
  const page = await chromium.page()
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'language', { get: () => 'C', configurable: true })
  })
  await logIn(stage, page, 'odd')
  await figureValue(page, 'Waiting now').filter({ hasText: '2' }).waitFor()
  await page.locator('.plot canvas').first().waitFor()
})

test('shows the error of a part that fails, and keeps the rest working', async () => {
  const page = await chromium.page()
  await page.addInitScript(() => {
    // The charts need it, in an effect; the audit needs dates, while it is rendered.
    window.ResizeObserver = class {
      constructor() {
        throw new Error('no observers here')
      }
    } as unknown as typeof ResizeObserver
  })
  await page.route('**/audit?*', (route) => route.fulfill({ json: { entries: [null] } }))
  await logIn(stage, page, 'odd')
  await page.getByRole('alert').filter({ hasText: 'History cannot be shown (no observers here)' }).waitFor()
  await page
    .getByRole('alert')
    .filter({ hasText: /^Audit cannot be shown/ })
    .waitFor()
  await figureValue(page, 'On the site now').filter({ hasText: '1' }).waitFor()
  await button(pinned(page), 'Pause').click()
  await button(pinned(page), 'Resume').waitFor()
})

test.each([
  ['does not parse', (body: string) => `let let;${body}`, 'SyntaxError'],
  ['fails at its start', (body: string) => `throw new Error('first line');${body}`, 'first line'],
  ['cannot be loaded', null, 'could not be loaded'],
])('says why it cannot start: its script %s', async (_, spoil, told) => {
  const page = await chromium.page()
  await page.route('**/admin.min.js', (route) =>
    spoil === null ? route.abort() : route.fulfill({ body: spoil('0'), contentType: 'text/javascript' }),
  )
  await page.goto(urlOf(stage, 'odd', '/__waiting-room/admin'))
  await page.getByRole('alert').filter({ hasText: told }).waitFor()
})

test('keeps its dialogs and notices within reach', async () => {
  await crowd(stage, 'told', 2)
  const page = await chromium.page()
  await logIn(stage, page, 'told')
  await button(pinned(page), 'Pause').click()
  await page.locator('.notice').first().waitFor()
  expect(await outOfReach(page, '.notice')).toEqual([])
  await pinned(page)
    .getByRole('button', { name: /^Close/ })
    .click()
  await page.getByRole('dialog').waitFor()
  expect(await outOfReach(page, 'dialog')).toEqual([])
})
