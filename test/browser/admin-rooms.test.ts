/** Runtime rooms on the operators' page: created, changed and deleted while visitors come. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { ApiClient } from '../contract/support/api-client.ts'
import { useStage } from '../contract/support/stage.ts'
import { untilStatus } from '../contract/support/until.ts'
import { ADMIN_TOKEN } from '../contract/support/worker-config.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { joinLine } from './support/line.ts'
import { button, isCutOff, logIn, wholePicture } from './support/operators-page.ts'
import { guestOf, room, urlOf, visitorOf } from './support/site.ts'

const READER = 'reader-token-of-the-browser-tests'
const stage = useStage([room('base', 2)], { adminToken: `ann:${ADMIN_TOKEN},rita:${READER}:read` })
const bare = useStage([room('lonely', 2)], { directory: false })
const many = useStage([
  room('base', 2),
  ...Array.from({ length: 20 }, (_, i) => room(`shop-${i}`, 2, { path: i % 2 === 0 ? '/sale' : '/' })),
])
const chromium = useChromium()
const ANY = { 'If-Match': '*' }

test('creates a room that takes its URL, changes it, and deletes it with drain', async () => {
  const page = await chromium.page()
  await manage(page)
  await button(page, 'New room').press('Enter')
  const form = formOf(page, 'New room')
  const name = form.getByLabel('Name')
  await expect.poll(() => name.evaluate((field) => field === document.activeElement)).toBe(true)
  await name.fill('sale')
  await form.getByLabel('Host').fill('sale.localhost')
  await form.getByLabel('Path').fill('/echo')
  await form.getByText('Covers sale.localhost/echo').waitFor()
  await form.getByLabel('Rate').fill('0')

  // Each problem is shown at its field, one without a field at the document.
  const text = form.getByLabel('Document (JSON)')
  const timeouts = { heartbeat_timeout_seconds: 600, session_timeout_seconds: 600, departure_grace_seconds: 0 }
  await setKeys(page, { ...timeouts, lease_below: 0, colour: 'red' })
  await button(form, 'Check').click()
  await form.getByText('The API would refuse this. Check: colour, Capacity, Rate.').waitFor()
  expect(await form.getByLabel('Capacity').getAttribute('aria-invalid')).toBe('true')
  await form.locator('#room-total_active_users-note', { hasText: 'Is missing.' }).waitFor()
  await form.locator('#room-new_users_per_minute-note', { hasText: 'Must be' }).waitFor()
  await form.locator('#room-document-note', { hasText: '“colour”: there is no such setting.' }).waitFor()
  await expect.poll(() => form.getByLabel('Capacity').evaluate((field) => field === document.activeElement)).toBe(true)
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'admin-rooms-problems')

  await form.getByLabel('Capacity').fill('1')
  await form.getByLabel('Rate').fill('100000')
  await setKeys(page, { colour: undefined })
  expect(JSON.parse(await text.inputValue())).toMatchObject({ path: '/echo', total_active_users: 1 })
  await button(form, 'Check').click()
  await form.getByText('Valid. The room would be created with:').waitFor()
  expect(await visitorOf(stage, 'sale').get('/echo')).toMatchObject({ status: 200 })
  await button(form, 'Create room').click()
  await page.getByText('Created: sale').waitFor()
  await page.getByText('Run time', { exact: true }).waitFor()
  await page.getByRole('navigation').getByText('sale', { exact: true }).waitFor()

  const guest = await guestOf(stage, 'sale')
  const visit = await chromium.page()
  const number = await joinLine(visit, urlOf(stage, 'sale', '/echo'))

  // A second slot lets the visitor in.
  await button(page, 'Edit sale').click()
  const edit = formOf(page, 'Edit “sale”')
  expect(await button(edit, 'Save changes').isDisabled()).toBe(true)
  await edit.getByLabel('Capacity').fill('2')
  await button(edit, 'Check').click()
  await edit.getByText('total_active_users: 1 → 2').waitFor()
  await button(edit, 'Save changes').click()
  await page.getByText('Changed: sale').waitFor()
  await expect.poll(() => visit.locator('body').textContent(), { timeout: 60_000 }).toContain('"url":"/echo"')
  await visit.close()

  await button(page, 'Delete… sale').click()
  const dialog = page.getByRole('dialog')
  expect(await button(dialog, 'Delete now').isDisabled()).toBe(true)
  expect(await accessibilityViolations(page)).toEqual([])
  await button(dialog, 'Drain, then delete').click()
  await page.getByText('Draining: sale').waitFor()
  await page.getByText('Draining', { exact: true }).waitFor()
  await button(page, 'Keep sale').click()
  await page.getByText('Kept: sale').waitFor()
  await page.getByText('Draining', { exact: true }).waitFor({ state: 'hidden' })
  await button(page, 'Delete… sale').click()
  await button(dialog, 'Drain, then delete').click()
  await page.getByText('Draining: sale').waitFor()
  const api = new ApiClient(stage.workerd)
  await guest.leave()
  await api.act('sale', 'revoke', { number })
  await untilStatus(404, () => api.get('/rooms/sale'))
  await page.getByRole('heading', { name: 'sale', exact: true }).waitFor({ state: 'hidden' })
})

test('does not overwrite a change that somebody else has made, and deletes at once by name', async () => {
  const api = new ApiClient(stage.workerd)
  await api.call('PUT', '/rooms/shared', { host: 'shared.localhost', total_active_users: 5, new_users_per_minute: 60 })
  const page = await chromium.page()
  await manage(page)
  await button(page, 'Edit shared').click()
  const form = formOf(page, 'Edit “shared”')
  await form.getByLabel('Capacity').fill('7')
  await button(form, 'Add a route').click()
  await form.getByLabel('Path 2').fill('/late')
  await api.call('PATCH', '/rooms/shared', { new_users_per_minute: 90 }, ANY)
  await button(form, 'Save changes').click()
  await form.getByText('ann has changed this room since you opened it').waitFor()
  expect((await api.get('/rooms/shared')).json()).toMatchObject({ total_active_users: 5 })
  await button(form, 'Load the current version').click()
  await expect.poll(() => form.getByLabel('Rate').inputValue()).toBe('90')
  expect(await form.getByLabel('Capacity').inputValue()).toBe('5')

  // Text that is no document is not sent, and another room's route is a conflict.
  const text = form.getByLabel('Document (JSON)')
  await text.fill('{ "host": ')
  await button(form, 'Save changes').click()
  await form.locator('#room-document-note', { hasText: 'Is not valid JSON' }).waitFor()
  await text.fill('{ "host": "base.localhost", "total_active_users": 5, "new_users_per_minute": 60 }')
  await button(form, 'Check').click()
  await form.getByText('"shared" and "base" both cover base.localhost/').waitFor()
  await button(form, 'Cancel').click()
  await expect.poll(() => button(page, 'New room').evaluate((one) => one === document.activeElement)).toBe(true)

  // The list has the version of the other operator, too.
  await page.getByText('Document of shared').click()
  await page.getByText('"new_users_per_minute": 90').waitFor()

  await page.setViewportSize({ width: 320, height: 700 })
  await button(page, 'Edit shared').click()
  expect(await isCutOff(page)).toBe(false)
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'admin-rooms-phone')
  await button(page, 'Delete… shared').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Type shared to confirm').fill('shared')
  await button(dialog, 'Delete now').click()
  await page.getByText('Deleted: shared').waitFor()
  expect((await api.get('/rooms/shared')).status).toBe(404)
})

test('shows read-only operators the documents only, and says what to do without the binding', async () => {
  const page = await chromium.page()
  await manage(page, READER)
  await page.getByText('Document of base').click()
  await page.getByText('"host": "base.localhost"').waitFor()
  expect(await button(page, 'New room').count()).toBe(0)
  expect(await accessibilityViolations(page)).toEqual([])

  const other = await chromium.page()
  await logIn(bare, other, 'lonely')
  await other.getByRole('link', { name: 'Manage rooms' }).click()
  await other.getByText('This deployment does not support runtime rooms.').waitFor()
  expect(await button(other, 'New room').count()).toBe(0)
})

test('finds rooms among many by name, host and path, in each list', async () => {
  const page = await chromium.page()
  await manage(page, ADMIN_TOKEN, many)
  const links = page.getByRole('navigation', { name: 'Rooms' })
  const cards = page.locator('main li')
  const box = page.getByLabel('Find a room')
  await expect.poll(() => cards.count()).toBe(21)
  await box.fill('SHOP-1 /sale')
  await links.getByText('5 of 21 rooms').waitFor()
  await expect.poll(() => cards.locator('h3').allTextContents()).toEqual([10, 12, 14, 16, 18].map((i) => `shop-${i}`))
  // 'All rooms', 'Manage rooms', and those that are found.
  expect(await links.getByRole('link').count()).toBe(7)
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'admin-rooms-found')
  await box.fill('nothing like it')
  await page.getByText('No room is found for “nothing like it”.').waitFor()
  await links.getByText('0 of 21 rooms').waitFor()

  // The filter stays, and so does the link of the room that is open.
  await box.fill('shop-3.localhost')
  await links.getByRole('link', { name: 'shop-3' }).click()
  await page.getByRole('heading', { name: 'shop-3', level: 2 }).waitFor()
  expect(await box.inputValue()).toBe('shop-3.localhost')
  await box.fill('base')
  await expect.poll(() => links.locator('span').allTextContents()).toEqual(['shop-3', 'base'])
  await links.getByRole('link', { name: 'All rooms' }).click()
  await expect.poll(() => page.locator('.overview h3').allTextContents()).toEqual(['base'])
  await page.getByText('21 rooms, ').waitFor()

  await page.setViewportSize({ width: 320, height: 700 })
  await links.getByRole('link', { name: 'Manage rooms' }).click()
  // The page draws its lists anew, and the box with them.
  await page.getByRole('heading', { name: 'Manage rooms', level: 2 }).waitFor()
  await box.fill('shop-1 /sale')
  await links.getByText('5 of 21 rooms').waitFor()
  expect(await isCutOff(page)).toBe(false)
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'admin-rooms-found-phone')
})

async function manage(page: Page, token = ADMIN_TOKEN, of = stage): Promise<void> {
  await logIn(of, page, 'base', token)
  await page.getByRole('link', { name: 'Manage rooms' }).click()
  await page.getByRole('heading', { name: 'Manage rooms', level: 2 }).waitFor()
  await page.getByText('Document of base').waitFor()
}

function formOf(page: Page, name: string) {
  return page.getByRole('form', { name })
}

/** Changes keys in the text of the document. Undefined removes one. */
async function setKeys(page: Page, keys: object): Promise<void> {
  const text = page.getByLabel('Document (JSON)')
  await text.fill(JSON.stringify({ ...JSON.parse(await text.inputValue()), ...keys }))
}
