/** Fair entry on the operators' page. */
import { afterAll, expect, test } from 'vitest'
import { useStage } from '../contract/support/stage.ts'
import { Turnstile } from '../contract/support/turnstile.ts'
import { BROWSER } from '../contract/support/visitor.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { button, isCutOff, logIn, wholePicture } from './support/operators-page.ts'
import { room, visitorOf } from './support/site.ts'

const turnstile = await Turnstile.start()
afterAll(() => turnstile.stop())

const stage = useStage([room('guarded', 1, { check_interval_seconds: 5 }), room('read', 1)], {
  secrets: turnstile.variables,
  adminToken: 'admin:admin-token-of-the-contract-tests,grace:a-token-that-may-only-read:read',
})
const chromium = useChromium()

const newcomer = (i: number) => visitorOf(stage, 'guarded', { ...BROWSER, 'CF-Connecting-IP': `203.0.113.${i}` })

/** A newcomer who fails the check, and joins nevertheless. */
async function failCheck(): Promise<void> {
  const visitor = newcomer(200)
  const page = await visitor.get('/')
  const action = /action="([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=')
  if (action === undefined) throw new Error('this newcomer is not checked')
  await visitor.post(action.replaceAll('&amp;', '&'), 'token=0.forged', {
    'Content-Type': 'application/x-www-form-urlencoded',
    'Sec-Fetch-Site': 'same-origin',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
  })
  await visitor.get('/')
}

test('switches the check on, shows who came and who failed, and undoes the change', async () => {
  for (let i = 1; i <= 25; i++) await newcomer(i).get('/')
  const page = await chromium.page({ viewport: { width: 1280, height: 900 } })
  await logIn(stage, page, 'guarded')
  const entry = page.getByRole('region', { name: 'Fair entry' })
  const figure = (label: string) => entry.locator('dl > div', { hasText: label }).locator('dd')
  await figure('first 3 of a network').getByText('3', { exact: true }).waitFor()
  await figure('4th to 20th').getByText('17', { exact: true }).waitFor()
  await figure('21st to 200th').getByText('5', { exact: true }).waitFor()

  const apply = button(entry, 'Apply settings')
  const mode = entry.getByLabel('Check before joining')
  expect(await apply.isDisabled()).toBe(true)
  await mode.selectOption('invisible')
  await button(entry, 'Discard').click()
  expect(await mode.inputValue()).toBe('off')
  await mode.selectOption('visible, may ask for a click')
  await apply.click()
  await page.getByText('Check before joining: visible, may ask for a click', { exact: true }).waitFor()
  await entry.getByText('Deployed: off. Changed by admin').waitFor()
  const audit = page.getByRole('row').filter({ hasText: 'Check before joining: off → visible, may ask for a click' })
  await audit.waitFor()

  await expect.poll(async () => (await newcomer(100).get('/')).text).toContain('join-check')
  await failCheck()
  await figure('failed, may join').getByText('1', { exact: true }).waitFor()
  // The one who failed, of 26 or a few more: the check was in force a moment after it was set.
  await entry.getByText(/^[23]\.\d%$/).waitFor()
  await entry.getByRole('img', { name: /^Checks per minute: passed .*, failed / }).waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'admin-entry')

  await button(page, 'Undo').click()
  await expect.poll(() => mode.inputValue()).toBe('off')
  await page.getByText('Undone: Check before joining').waitFor()
})

test('fits a phone, and a read-only token changes nothing', async () => {
  const page = await chromium.page({ viewport: { width: 390, height: 844 } })
  await logIn(stage, page, 'read', 'a-token-that-may-only-read')
  const entry = page.getByRole('region', { name: 'Fair entry' })
  await entry.getByText('Nobody joined.').waitFor()
  for (const label of ['Check before joining', 'After a failed check', 'Join limits']) {
    expect(await entry.getByLabel(label).isDisabled()).toBe(true)
  }
  expect(await isCutOff(page)).toBe(false)
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'admin-entry-phone')
})
