/** An operator's way: in, raise the capacity, see the line move, pause, resume, read the audit, out. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { useStage } from '../contract/support/stage.ts'
import type { Visitor } from '../contract/support/visitor.ts'
import { ADMIN_TOKEN } from '../contract/support/worker-config.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { picture } from './support/picture.ts'
import { room, urlOf, visitorOf } from './support/site.ts'

const READER = 'a-token-that-may-only-read'
const stage = useStage([room('steered', 1), room('acted', 1), room('other', 5)], {
  adminToken: `admin:${ADMIN_TOKEN},grace:${READER}:read`,
})
const chromium = useChromium()

async function logIn(page: Page, name: string, token = ADMIN_TOKEN): Promise<void> {
  await page.goto(`${urlOf(stage, name, '/__waiting-room/admin')}#${name}`)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name, level: 2 }).waitFor()
}

/** People of a room, in order of arrival; the first ones find a place. */
async function crowd(name: string, count: number): Promise<Visitor[]> {
  const visitors = Array.from({ length: count }, () => visitorOf(stage, name))
  for (const visitor of visitors) await visitor.get('/')
  return visitors
}

/** A figure's value, by its label. */
function figure(page: Page, label: string) {
  return page.locator('.figure', { hasText: label }).locator('.value')
}

test('logs in, raises the capacity, sees the line move, pauses, resumes, reads the audit, logs out', async () => {
  await crowd('steered', 4)
  const page = await chromium.page()
  const elsewhere: string[] = []
  const own = new URL(urlOf(stage, 'steered')).host
  page.on('request', (request) => void (new URL(request.url()).host !== own && elsewhere.push(request.url())))
  const mistakes: string[] = []
  page.on('console', (message) => message.type() === 'error' && mistakes.push(message.text()))

  await page.goto(urlOf(stage, 'steered', '/__waiting-room/admin/'))
  expect(await accessibilityViolations(page)).toEqual([])
  await page.getByLabel('Token').fill('not a token of anybody')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('alert').filter({ hasText: 'No operator has this token.' }).waitFor()
  await logIn(page, 'steered')
  mistakes.length = 0
  await figure(page, 'Waiting').filter({ hasText: '3' }).waitFor()

  const capacity = page.getByLabel('Capacity, as a number')
  await capacity.fill('3')
  await page.getByText('With this').waitFor()
  await page.getByRole('button', { name: 'Apply' }).click()
  await figure(page, 'Waiting').filter({ hasText: '1' }).waitFor()
  await figure(page, 'On the site').filter({ hasText: '3' }).waitFor()

  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Undone: Capacity 3').waitFor()
  await page.getByText('of 1, ').waitFor()

  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await page.locator('.states').getByText('paused').waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.locator('.states').getByText('open').waitFor()

  const audit = page.getByRole('table')
  await audit.getByText('total active users 1, new users per minute').first().waitFor()
  for (const change of ['paused true', 'paused false']) await audit.getByText(change).first().waitFor()
  expect(await accessibilityViolations(page)).toEqual([])

  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByLabel('Token').waitFor()
  expect(await page.context().cookies()).toEqual([])
  expect(elsewhere).toEqual([])
  // Neither the policy of the page nor its script had anything to complain of.
  expect(mistakes.filter((text) => !text.includes('401'))).toEqual([])
})

describe('the operators’ page', () => {
  test('asks before it resets, by the name of the room, and works by the keyboard alone', async () => {
    await crowd('acted', 3)
    const page = await chromium.page()
    await logIn(page, 'acted')
    await figure(page, 'Waiting').filter({ hasText: '2' }).waitFor()
    await page.getByRole('button', { name: 'Reset…' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    expect(await dialog.getByRole('button', { name: 'Reset the room' }).isDisabled()).toBe(true)
    expect(await accessibilityViolations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Reset…' }).press('Enter')
    await dialog.getByLabel('to confirm').fill('acted')
    await dialog.getByRole('button', { name: 'Reset the room' }).press('Enter')
    await page.getByText('The room was reset').waitFor()
    await figure(page, 'Waiting').filter({ hasText: '0' }).waitFor()
  })

  test('shows every room, on a phone and in the dark, and changes nothing for who may only read', async () => {
    const [first] = await crowd('other', 6)
    const page = await chromium.page({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
    await logIn(page, 'other', READER)
    await page.getByText('read only').waitFor()
    await page.getByText('Your token may only read.').waitFor()
    expect(await page.getByRole('button', { name: 'Pause', exact: true }).isDisabled()).toBe(true)
    await page.getByRole('region', { name: 'Look a ticket up' }).getByLabel('number').fill(String(first?.number))
    await page.getByRole('button', { name: 'Look up' }).click()
    await page.getByText(`Number ${first?.number}`).waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
    // Nothing is cut off at the side.
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await picture(page, 'admin-phone-dark')
    await page.getByRole('navigation', { name: 'Rooms' }).getByText('steered').click()
    await page.getByRole('heading', { name: 'steered', level: 2 }).waitFor()
  })
})
