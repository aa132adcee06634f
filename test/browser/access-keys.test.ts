/** Access keys in a real browser: from a link to the site, and from one device to another. */
import { expect, test } from 'vitest'
import { accessKey, newId } from '../contract/support/access-keys.ts'
import { ApiClient } from '../contract/support/api-client.ts'
import { useStage } from '../contract/support/stage.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { IN_LINE, onTheSite, ticketOf, untilHeading } from './support/line.ts'
import { picture } from './support/picture.ts'
import { guestOf, room, urlOf } from './support/site.ts'

const stage = useStage([
  room('members', 1, { lanes: [{ name: 'gold', first: true }] }),
  room('guests', 1, { require_access_key: true }),
  room('twice', 1, { require_access_key: true }),
])
const chromium = useChromium()

const PHONE = { viewport: { width: 390, height: 844 } }
const TAKEN = 'You are already waiting on another device'
const MOVED = 'Your place moved to another device'

const linkTo = (name: string, key: string, path = '/page') =>
  urlOf(stage, name, `${path}${path.includes('?') ? '&' : '?'}wr_key=${key}`)

test('a priority link leads past the regular line and onto the site', async () => {
  await guestOf(stage, 'members')
  const [regular, member] = [await chromium.page(), await chromium.page()]
  await regular.goto(urlOf(stage, 'members', '/page'))
  await untilHeading(regular, IN_LINE)
  await member.goto(linkTo('members', accessKey('members', { type: 'priority' }), '/page?row=4'))
  await untilHeading(member, IN_LINE)
  expect(new URL(member.url()).search).toBe('?row=4')
  await new ApiClient(stage.workerd).call(
    'PATCH',
    '/rooms/members/settings',
    { total_active_users: 2 },
    { 'If-Match': '*' },
  )
  await onTheSite(member)
  expect(member.url()).toBe(urlOf(stage, 'members', '/page?row=4'))
  await regular.getByText('You are next').waitFor()
})

test('a second device takes the place over after a confirmation, and the first one says so', async () => {
  const holder = accessKey('guests')
  const first = await chromium.page()
  await first.goto(linkTo('guests', holder))
  await onTheSite(first)
  const key = accessKey('guests', { type: 'person', person: newId() })
  const phone = await chromium.page(PHONE)
  await phone.goto(linkTo('guests', key))
  await untilHeading(phone, IN_LINE)
  const ticket = await ticketOf(phone)

  const laptop = await chromium.page(PHONE)
  await laptop.goto(linkTo('guests', key))
  await untilHeading(laptop, TAKEN)
  await laptop.getByRole('button', { name: 'Continue here' }).waitFor()
  expect(await accessibilityViolations(laptop)).toEqual([])
  await picture(laptop, 'key-taken')
  await laptop.getByRole('button', { name: 'Continue here' }).click()
  await untilHeading(laptop, IN_LINE)
  expect(await ticketOf(laptop)).toBe(ticket)

  await untilHeading(phone, MOVED)
  expect(await accessibilityViolations(phone)).toEqual([])
  // The link brings the place back.
  await phone.goto(linkTo('guests', key))
  await untilHeading(phone, TAKEN)
  await phone.getByRole('button', { name: 'Continue here' }).click()
  await untilHeading(phone, IN_LINE)
  await untilHeading(laptop, MOVED)
})

test('a link that is opened in two tabs at once ends in one place, without any question', async () => {
  const guest = await chromium.page()
  await guest.goto(linkTo('twice', accessKey('twice')))
  await onTheSite(guest)
  const profile = await chromium.profile()
  const tabs = [await profile.newPage(), await profile.newPage()]
  const link = linkTo('twice', accessKey('twice'))
  await Promise.all(tabs.map((tab) => tab.goto(link)))
  await Promise.all(tabs.map((tab) => untilHeading(tab, IN_LINE)))
  const [one, two] = await Promise.all(tabs.map(ticketOf))
  expect(one).toBe(two)
})

test.each([
  ['without a key', '', 'You need an invitation', 'key-needed'],
  ['with a key that does not count', '?wr_key=nonsense', 'This link does not work', 'key-refused'],
])('a newcomer %s gets an accessible page, on a phone, in light and dark', async (_what, query, heading, name) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await chromium.page({ ...PHONE, colorScheme })
    await page.goto(urlOf(stage, 'guests', `/page${query}`))
    await untilHeading(page, heading)
    expect(await accessibilityViolations(page)).toEqual([])
    await picture(page, `${name}-${colorScheme}`)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  }
})
