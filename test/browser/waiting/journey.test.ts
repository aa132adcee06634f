/** A visitor with a browser, from the first click to the site. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { stats } from '../../contract/support/operator.ts'
import { useStage } from '../../contract/support/stage.ts'
import { OVER_TLS } from '../../contract/support/visitor.ts'
import { accessibilityViolations } from '../support/accessibility.ts'
import { useChromium } from '../support/browser.ts'
import { IN_LINE, joinLine, LEFT, onTheSite, TURN, ticketOf, untilHeading } from '../support/line.ts'
import { notificationsOf } from '../support/notifications.ts'
import { guestOf, room, urlOf, visitorOf } from '../support/site.ts'

const ROOMS = [
  'journey',
  'secure',
  'called',
  'keyboard',
  'return',
  'scriptless',
  'scriptless-leave',
  'cookieless',
  'barred',
  'titled',
  'sent',
]

const stage = useStage(ROOMS.map((name) => room(name, 1)))
const chromium = useChromium()

test('takes a visitor to the first requested address, query and fragment included, and allows going back', async () => {
  const guest = await guestOf(stage, 'journey')
  const page = await chromium.page()
  const answer = await page.goto(urlOf(stage, 'journey', '/page?seat=7#row'))
  expect(answer?.status()).toBe(503)
  await untilHeading(page, IN_LINE)
  expect(await page.getByText('You are next').isVisible()).toBe(true)
  expect(await page.title()).toBe('#1 in line')
  expect(await accessibilityViolations(page)).toEqual([])

  await guest.leave()
  await onTheSite(page)
  expect(page.url()).toBe(urlOf(stage, 'journey', '/page?seat=7#row'))
  // The waiting page must not appear on the way back.
  expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2)
})

test('accepts the host-bound cookie over TLS, in line and on the site', async () => {
  const guest = await guestOf(stage, 'secure')
  const profile = await chromium.profile({ extraHTTPHeaders: OVER_TLS })
  const page = await profile.newPage()
  const ticket = await joinLine(page, urlOf(stage, 'secure', '/page'))
  await page.reload()
  await untilHeading(page, IN_LINE)
  expect(await ticketOf(page)).toBe(ticket)
  await guest.leave()
  await onTheSite(page)
  const bound = { name: '__Host-waiting-room-secure', secure: true, httpOnly: true, sameSite: 'None', path: '/' }
  expect(await profile.cookies(urlOf(stage, 'secure').replace('http:', 'https:'))).toMatchObject([bound])
})

test('notifies a visitor who asked for it, and then opens the site', async () => {
  const guest = await guestOf(stage, 'called')
  const profile = await chromium.profile({ permissions: ['notifications'] })
  const page = await profile.newPage()
  const told = await notificationsOf(page)
  await joinLine(page, urlOf(stage, 'called', '/page'))
  // The hint is the description, so it is not part of the name.
  await page.getByRole('checkbox', { name: 'Tell me when it is my turn', exact: true }).check()
  await guest.leave()
  await onTheSite(page)
  await expect.poll(() => told).toEqual(['It is your turn'])
})

test('lets a visitor pick a language and leave the line after one question with the keyboard only', async () => {
  await guestOf(stage, 'keyboard')
  const page = await chromium.page()
  await joinLine(page, urlOf(stage, 'keyboard', '/page'))
  await tabTo(page, 'Language: English')
  await page.keyboard.press('Enter')
  await tabTo(page, 'Deutsch')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Sie stehen in der Warteschlange' }).waitFor()
  await tabTo(page, 'Sprache: Deutsch')
  await page.keyboard.press('Space')
  await tabTo(page, 'English')
  await page.keyboard.press('Space')
  await untilHeading(page, IN_LINE)

  await tabTo(page, 'Leave the line')
  expect(await focusIsVisible(page)).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByText('If you come back, you join at the end of the line').waitFor()
  expect(await stats(stage.workerd, 'keyboard')).toMatchObject({ waiting: 1 })
  await tabTo(page, 'Yes, give up my place')
  await page.keyboard.press('Enter')
  await untilHeading(page, LEFT)
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(LEFT)
  expect(await accessibilityViolations(page)).toEqual([])
  await expect.poll(() => stats(stage.workerd, 'keyboard')).toMatchObject({ waiting: 0 })

  await tabTo(page, 'Join the line again')
  await page.keyboard.press('Enter')
  await untilHeading(page, IN_LINE)
  expect(await ticketOf(page)).toBe(3)
})

test('keeps the place of a visitor who closes the tab and returns', async () => {
  await guestOf(stage, 'return')
  const profile = await chromium.profile()
  const page = await profile.newPage()
  const ticket = await joinLine(page, urlOf(stage, 'return', '/page'))
  await visitorOf(stage, 'return').get('/')
  await page.close({ runBeforeUnload: true })

  const again = await profile.newPage()
  expect(await joinLine(again, urlOf(stage, 'return', '/elsewhere'))).toBe(ticket)
  await again.getByText('You are next').waitFor()
  expect(await stats(stage.workerd, 'return')).toMatchObject({ waiting: 2 })
})

test('reloads by itself without JavaScript, keeps the place, and opens the site', async () => {
  const guest = await guestOf(stage, 'scriptless')
  const page = await chromium.page({ javaScriptEnabled: false })
  const ticket = await joinLine(page, urlOf(stage, 'scriptless', '/page'))
  await page.getByRole('link', { name: 'Check now' }).click()
  await untilHeading(page, IN_LINE)
  expect(await ticketOf(page)).toBe(ticket)
  await guest.leave()
  await onTheSite(page)
  expect(page.url()).toBe(urlOf(stage, 'scriptless', '/page'))
})

test('lets a visitor leave after one question without JavaScript', async () => {
  await guestOf(stage, 'scriptless-leave')
  const page = await chromium.page({ javaScriptEnabled: false })
  await joinLine(page, urlOf(stage, 'scriptless-leave', '/page'))
  await page.getByText('Leave the line', { exact: true }).click()
  await page.getByRole('button', { name: 'Yes, give up my place' }).click()
  await untilHeading(page, LEFT)
  expect(await stats(stage.workerd, 'scriptless-leave')).toMatchObject({ waiting: 0 })
})

test('tells a visitor who blocks cookies what that means', async () => {
  await guestOf(stage, 'cookieless')
  const profile = await chromium.profile()
  const page = await profile.newPage()
  await joinLine(page, urlOf(stage, 'cookieless', '/page'))
  await profile.clearCookies()
  await page.getByText('Please allow cookies for this site').waitFor()
})

test('tells a visitor who is admitted without cookies only that, and opens the site once they are allowed', async () => {
  const guest = await guestOf(stage, 'barred')
  const page = await chromium.page()
  await joinLine(page, urlOf(stage, 'barred', '/page'))
  const polled = await page.waitForResponse((response) => response.url().includes('/__waiting-room/status'))
  const answer = { ...(await polled.json()), state: 'admitted', position: null, cookies: false }
  await page.route('**/__waiting-room/status*', (route) => route.fulfill({ json: answer }))
  await untilHeading(page, TURN)
  await page.getByText(/^Please allow cookies for this site/).waitFor()
  expect(await page.getByText(/We are taking you there|will let you in|Keep this page open/).count()).toBe(0)
  expect(await page.getByRole('link', { name: 'Continue' }).count()).toBe(0)
  await guest.leave()
  await page.unroute('**/__waiting-room/status*')
  await onTheSite(page)
})

test('writes the title only when it changes', async () => {
  await guestOf(stage, 'titled')
  const page = await chromium.page()
  const polled = () => page.waitForResponse((response) => response.url().includes('/__waiting-room/status'))
  await joinLine(page, urlOf(stage, 'titled', '/page'))
  const first = polled()
  await page.evaluate(() => {
    const written: string[] = []
    const note = () => written.push(document.title)
    new MutationObserver(note).observe(document.querySelector('title') as Element, { childList: true })
    Object.assign(window, { written })
  })
  await first
  // The answer before this one has been shown.
  await polled()
  expect(await page.evaluate(() => (window as unknown as { written: string[] }).written)).toEqual([])
})

test('does not send a form twice if it came without a place, and links back to its page', async () => {
  const guest = await guestOf(stage, 'sent')
  const page = await chromium.page()
  await joinLine(page, urlOf(stage, 'sent', '/page'))
  await page.evaluate(() => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action: '/order' })
    document.body.append(form)
    form.submit()
  })
  await page.getByText('What you sent was not delivered').waitFor()
  await guest.leave()
  await onTheSite(page)
  expect(stage.origin.count('/order')).toBe(0)
})

async function tabTo(page: Page, name: string): Promise<void> {
  for (let press = 0; press < 40; press++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? ''
    })
    if (focused === name) return
  }
  throw new Error(`Tab never came to "${name}"`)
}

function focusIsVisible(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement as Element)
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2
  })
}
