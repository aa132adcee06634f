/** The report of a room on the operators' page. */
import { expect, test } from 'vitest'
import { ApiClient } from '../contract/support/api-client.ts'
import { until } from '../contract/support/operator-figures.ts'
import { useStage } from '../contract/support/stage.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { button, crowd, figure, figureValue, isCutOff, logIn, wholePicture } from './support/operators-page.ts'
import { room, urlOf } from './support/site.ts'

const stage = useStage([room('fair', 2, { check_interval_seconds: 5 }), room('quiet', 2)])
const chromium = useChromium()
const UTC = { timezoneId: 'UTC' }

test('shows the figures with the operators’ changes, for any period, on screen and on paper', async () => {
  const [first, , , quitter] = await crowd(stage, 'fair', 5)
  await quitter?.leave()
  await first?.leave()
  const api = new ApiClient(stage.workerd)
  await api.act('fair', 'pause')
  await api.act('fair', 'resume')
  const page = await chromium.page(UTC)
  await logIn(stage, page, 'fair')
  await page.getByRole('link', { name: 'Report' }).click()
  await page.getByRole('heading', { name: 'Report of fair', level: 2 }).waitFor()

  // Each choice loads the report again; the next tick brings the figures.
  await until(
    async () => {
      await button(page, 'Last hour').click()
      return figureValue(page, 'Joined').textContent()
    },
    (joined) => joined === '5',
  )
  await button(page, 'Last hour').click()
  await figure(page, 'Gave up').getByText('1', { exact: true }).waitFor()
  await figure(page, 'Longest line').getByText(/^at /).waitFor()
  await page.getByRole('region', { name: 'Waits, and who gave up' }).getByRole('row').nth(1).waitFor()
  await page.getByRole('img', { name: /^People.*Waiting \d/ }).waitFor()
  const changes = page.getByRole('region', { name: 'Changes by operators' })
  expect(await changes.getByRole('row').count()).toBe(3)
  await changes.getByText('Paused: off → on').waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'report')

  await page.setViewportSize({ width: 320, height: 700 })
  expect(await isCutOff(page)).toBe(false)

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Download CSV').click()])
  expect(download.suggestedFilename()).toBe('fair-report.csv')

  await page.emulateMedia({ media: 'print' })
  await button(page, 'Print').waitFor({ state: 'hidden' })
  expect(await page.getByRole('region', { name: 'Changes by operators' }).isVisible()).toBe(true)
  const pdf = await page.pdf()
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  await page.emulateMedia({ media: 'screen' })

  // Before anybody came: whole days, and nothing in them.
  await page.getByLabel('From').fill('2026-01-01T10:00')
  await page.getByLabel('To (empty: now)').fill('2026-01-02T10:00')
  await page.getByText('Nobody was in the room during this time.').waitFor()
  await page.getByText('whole days in UTC').waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await page.getByRole('link', { name: 'Back to the room' }).click()
  await page.getByRole('heading', { name: 'fair', level: 2 }).waitFor()
})

test('opens from its own address', async () => {
  const page = await chromium.page(UTC)
  await logIn(stage, page, 'quiet')
  await page.goto(`${urlOf(stage, 'quiet', '/__waiting-room/admin')}#quiet/report`)
  await page.getByRole('heading', { name: 'Report of quiet', level: 2 }).waitFor()
  await page.getByText('Nobody was in the room during this time.').waitFor()
})
