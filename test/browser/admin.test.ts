/** An operator's work on the page. */
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { history } from '../contract/support/operator-figures.ts'
import { useStage } from '../contract/support/stage.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import {
  button,
  crowd,
  figureValue,
  isCutOff,
  localTime,
  logIn,
  pinned,
  wholePicture,
} from './support/operators-page.ts'
import { room, urlOf } from './support/site.ts'

const READER = 'a-token-that-may-only-read'
const ADMIN = { adminToken: `admin:admin-token-of-the-contract-tests,grace:${READER}:read` }
const ROOMS = ['steered', 'acted', 'other', 'closing', 'told', 'full', 'kept', 'pocket']
const stage = useStage(
  ROOMS.map((name) => room(name, name === 'other' ? 5 : 1)),
  ADMIN,
)
const chromium = useChromium()
const UTC = { timezoneId: 'UTC' }
const HOUR_MS = 3_600_000
/**
 * Time fields have whole minutes. Half an hour of slack keeps the remaining time from crossing a
 * boundary meanwhile.
 */
const inHours = (hours: number) => localTime(Date.now() + (hours + 0.5) * HOUR_MS)

test('logs in, raises the capacity, sees the line move, pauses, resumes, reads the audit, logs out', async () => {
  await crowd(stage, 'steered', 4)
  const page = await chromium.page()
  const elsewhere: string[] = []
  const own = new URL(urlOf(stage, 'steered')).host
  page.on('request', (request) => void (new URL(request.url()).host !== own && elsewhere.push(request.url())))
  const mistakes: string[] = []
  page.on('console', (message) => message.type() === 'error' && mistakes.push(message.text()))

  await page.goto(urlOf(stage, 'steered', '/__waiting-room/admin/'))
  expect(await accessibilityViolations(page)).toEqual([])
  await page.getByText('Enter your operator token.').waitFor()
  await page.getByLabel('Token').fill('not a token of anybody')
  await button(page, 'Log in').click()
  await page.getByRole('alert').filter({ hasText: 'No operator has this token.' }).waitFor()
  await logIn(stage, page, 'steered')
  mistakes.length = 0
  await figureValue(page, 'Waiting now').filter({ hasText: '3' }).waitFor()

  await page.getByLabel('Capacity, as a number').fill('3')
  await page.getByText('After the change').waitFor()
  await button(page, 'Apply').click()
  await figureValue(page, 'Waiting now').filter({ hasText: '1' }).waitFor()
  await figureValue(page, 'On the site now').filter({ hasText: '3' }).waitFor()

  await button(page, 'Undo').click()
  await page.getByText('Undone: Capacity 3').waitFor()
  await page.getByText('of 1, ').waitFor()

  await button(page, 'Pause').click()
  await pinned(page).getByText('Paused').waitFor()
  await button(page, 'Resume').click()
  await pinned(page).getByText('Open').waitFor()

  // The audit uses the words of badges and buttons, and shows the date and only what changed.
  const audit = page.getByRole('table')
  await audit.getByText('Capacity: 1 → 3', { exact: true }).waitFor()
  for (const [action, change] of [
    ['Pause', 'Paused: off → on'],
    ['Resume', 'Paused: on → off'],
  ]) {
    const row = audit.getByRole('row').filter({ hasText: change as string })
    await row.getByText(action as string, { exact: true }).waitFor()
    await row.getByText(/\b20\d\d\b/).waitFor()
  }
  expect(await accessibilityViolations(page)).toEqual([])

  await button(page, 'Log out').click()
  await page.getByLabel('Token').waitFor()
  expect(await page.context().cookies()).toEqual([])
  expect(elsewhere).toEqual([])
  // There were no errors, neither from the content security policy nor from the script.
  expect(mistakes.filter((text) => !text.includes('401'))).toEqual([])
})

describe('the operators’ page', () => {
  test('requires the room’s name for a reset, and works with the keyboard only', async () => {
    await crowd(stage, 'acted', 3)
    const page = await chromium.page()
    await logIn(stage, page, 'acted')
    await figureValue(page, 'Waiting now').filter({ hasText: '2' }).waitFor()
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
    await page.getByText('Room reset').waitFor()
    await figureValue(page, 'Waiting now').filter({ hasText: '0' }).waitFor()
  })

  test('refuses an opening time in the past, and counts down to a future one', async () => {
    const page = await chromium.page(UTC)
    await logIn(stage, page, 'closing')
    await page.getByRole('button', { name: 'Close…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Close closing?' })
    const close = button(dialog, 'Close the room')
    await dialog.getByText('Your time zone: UTC').waitFor()
    for (const ms of [0, Date.now() - 60_000, Date.now() - 400 * 86_400_000]) {
      await dialog.getByLabel('Opens at').fill(localTime(ms))
      await dialog.getByText('This time is in the past.').waitFor()
      expect(await close.isDisabled()).toBe(true)
    }
    expect(await accessibilityViolations(page)).toEqual([])
    await dialog.getByLabel('Opens at').fill(inHours(26))
    await dialog.getByText(/UTC, in 1 d 2 h$/).waitFor()
    await close.click()
    await pinned(page).getByText('Closed', { exact: true }).waitFor()
    await pinned(page)
      .getByText(/^opens in 1 d 2 h \(.*UTC\)$/)
      .waitFor()
    await page.getByRole('row').filter({ hasText: 'Closed: off → on' }).getByText('Close', { exact: true }).waitFor()
    await wholePicture(page, 'admin-closed')
    await button(page, 'Open').click()
    await pinned(page).getByText('Open', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: 'Close…' }).waitFor()
  })

  test('shows a message until its end, removes it, and offers to remove it on resume', async () => {
    const page = await chromium.page(UTC)
    await logIn(stage, page, 'told')
    const message = page.getByLabel('Message to everyone in line')
    const remove = button(page, 'Remove message')
    await page.getByText('No message is shown.').waitFor()
    expect(await remove.isDisabled()).toBe(true)
    await message.fill('Back soon')
    await page.getByLabel('Ends at').fill(localTime(Date.now() - HOUR_MS))
    await page.getByText('This time is in the past.').waitFor()
    expect(await button(page, 'Show message').isDisabled()).toBe(true)
    await page.getByLabel('Ends at').fill(inHours(50))
    await button(page, 'Show message').click()
    await page.getByText(/^Shown now, until .* UTC \(in 2 d 2 h\)/).waitFor()
    await remove.click()
    await page.getByText('No message is shown.').waitFor()
    await message.fill('The payment provider is down')
    await button(page, 'Show message').click()
    await page.getByText('Shown now, until you remove it.').waitFor()

    const dialog = page.getByRole('dialog', { name: 'Resume told?' })
    for (const [choice, left] of [
      ['Resume and keep the message', 'Shown now, until you remove it.'],
      ['Resume and remove the message', 'No message is shown.'],
    ]) {
      await button(page, 'Pause').click()
      await button(page, 'Resume').click()
      await dialog.getByText('“The payment provider is down”').waitFor()
      await button(dialog, choice as string).click()
      await page.getByText(left as string).waitFor()
      await button(page, 'Pause').waitFor()
    }
    // Without a message there is no dialog.
    await button(page, 'Pause').click()
    await button(page, 'Resume').click()
    await button(page, 'Pause').waitFor()
  })

  test('says why nobody can be admitted by hand', async () => {
    const page = await chromium.page()
    await logIn(stage, page, 'full')
    const admit = button(page, 'Admit')
    await page.getByText('Not possible: nobody is waiting.').waitFor()
    expect(await admit.isDisabled()).toBe(true)
    const [guest] = await crowd(stage, 'full', 2)
    await page.getByText('Not possible: no place is free (1 of 1 taken).').waitFor()
    expect(await admit.isDisabled()).toBe(true)
    await button(page, 'Pause').click()
    await page.getByText('Not possible: the room is paused. Resume first.').waitFor()
    await button(page, 'Resume').click()
    await button(page, 'Queue all').click()
    // Before it takes effect, a visitor who leaves makes room for the next one at once.
    await button(page, 'End queue all').waitFor()
    await guest?.leave()
    await page.getByText('1 place is free.').waitFor()
    await admit.click()
    await page.getByText('Admitted by hand: 1').waitFor()
  })

  test('reverts a setting to its deployed value, labels the windows of its figures, and exports its data', async () => {
    await crowd(stage, 'kept', 3)
    const page = await chromium.page()
    await logIn(stage, page, 'kept')
    await page.getByLabel('Rate, as a number').fill('50')
    await page.getByLabel('Capacity, as a number').fill('2')
    await button(page, 'Apply').click()
    await page.getByText('Deployed: 1. Changed by admin').waitFor()
    await button(page, 'Revert to deployed: Capacity').click()
    await page.getByText('of 1, ').waitFor()
    await button(page, 'Revert to deployed: Capacity').waitFor({ state: 'detached' })
    await button(page, 'Revert to deployed: Rate').waitFor()
    for (const window of ['now', 'last 2 minutes', 'last 512 admissions', 'Since the last reset']) {
      await page.getByRole('region', { name: 'Figures' }).getByText(window).first().waitFor()
    }

    // The first sample is taken within ten seconds. Chromium stops after some dozens of downloads.
    await expect.poll(() => history(stage.workerd, 'kept', 'step=10s')).not.toHaveLength(0)
    expect(await downloaded(page, 'Download CSV')).toMatch(/^at,samples,.*\r\n2/)
    expect(JSON.parse(await downloaded(page, 'Download journal'))).toMatchObject({
      room: 'kept',
      entries: expect.arrayContaining([expect.objectContaining({ number: 1, event: 'joined' })]),
    })

    await page.getByLabel('State').selectOption('closed')
    await page.getByLabel('Language').selectOption('de')
    const opened = page.waitForEvent('popup')
    await page.getByRole('link', { name: 'Open preview' }).click()
    const preview = await opened
    await preview.waitForLoadState()
    expect(await preview.locator('html').getAttribute('lang')).toBe('de')
    expect(preview.url()).toContain('state=closed')
  })

  test('shows every room on a phone in dark mode, and is read-only with a read-only token', async () => {
    const [first] = await crowd(stage, 'other', 6)
    const page = await chromium.page({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
    await logIn(stage, page, 'other', READER)
    await page.getByText('read only').waitFor()
    await page.getByText('Your token is read-only.').waitFor()
    expect(await button(page, 'Pause').isDisabled()).toBe(true)
    const search = page.getByRole('region', { name: 'Find a ticket' })
    await search.getByLabel('Ticket number').fill(String(first?.number))
    await button(search, 'Find').click()
    await page.getByText(`Ticket ${first?.number}`).waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
    // Nothing overflows horizontally.
    expect(await isCutOff(page)).toBe(false)
    await wholePicture(page, 'admin-phone-dark')
    const rooms = page.getByRole('navigation', { name: 'Rooms' })
    await rooms.getByText('steered').click()
    await page.getByRole('heading', { name: 'steered', level: 2 }).waitFor()
    await rooms.getByText('All rooms').click()
    await page.getByRole('heading', { name: 'All rooms', level: 2 }).waitFor()
    const card = page.locator('.overview .card', { hasText: 'other' })
    await card.getByText('5 of 5').waitFor()
    await card.getByText('Open', { exact: true }).waitFor()
    expect(await page.locator('.overview .card').count()).toBe(ROOMS.length)
    expect(await accessibilityViolations(page)).toEqual([])
    expect(await isCutOff(page)).toBe(false)
    await wholePicture(page, 'admin-rooms-phone-dark')
    await card.getByRole('link').click()
    await page.getByRole('heading', { name: 'other', level: 2 }).waitFor()
  })

  test.each([
    ['a phone', { width: 390, height: 844 }],
    ['a small phone', { width: 320, height: 568 }],
    ['a phone on its side', { width: 844, height: 390 }],
    ['a desktop', { width: 1280, height: 800 }],
  ])('keeps Pause and Close in view on %s, and no notice covers anything', async (_, viewport) => {
    const page = await chromium.page({ viewport })
    await logIn(stage, page, 'pocket')
    const [pause, close] = [pinned(page).getByText('Pause'), pinned(page).getByText('Close…')]
    await pause.waitFor()
    await page.getByRole('heading', { name: 'Audit' }).scrollIntoViewIfNeeded()
    // Playwright would scroll to a control out of view, so check its position first.
    for (const control of [pause, close]) expect(await isInView(control.boundingBox(), viewport)).toBe(true)
    await pause.click()
    const notice = page.locator('.notice').filter({ hasText: 'Paused' })
    await notice.waitFor()
    const [shown, content] = [await notice.boundingBox(), await page.locator('.page').boundingBox()]
    expect(shown?.y).toBeGreaterThanOrEqual((content?.y ?? 0) + (content?.height ?? 0))
    expect(content?.height).toBeGreaterThan(viewport.height / 3)
    expect(await isCutOff(page)).toBe(false)
    expect(await accessibilityViolations(page)).toEqual([])
    await button(page, 'Resume').click()
    await button(page, 'Pause').waitFor()
  })
})

type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | null

async function isInView(asked: Promise<Box>, { width, height }: { width: number; height: number }): Promise<boolean> {
  const box = await asked
  return box !== null && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height
}

async function downloaded(page: Page, link: string): Promise<string> {
  const started = page.waitForEvent('download')
  await page.getByRole('link', { name: link }).click()
  return readFileSync(await (await started).path(), 'utf8')
}
