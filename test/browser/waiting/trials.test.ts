/** Adverse behaviour of people and networks, through which the waiting page keeps the place. */
import type { Page, Request } from 'playwright-core'
import { expect, test } from 'vitest'
import { journal, stats } from '../../contract/support/operator.ts'
import { useStage } from '../../contract/support/stage.ts'
import { accessibilityViolations } from '../support/accessibility.ts'
import { useChromium } from '../support/browser.ts'
import { keepHidden, showAgain } from '../support/hidden-tab.ts'
import { GONE, IN_LINE, joinLine, LEFT, LOST, onTheSite, ticketOf, untilHeading } from '../support/line.ts'
import { guestOf, room, urlOf } from '../support/site.ts'

/**
 * Long enough for a page that polls on a slow machine. An absent visitor is removed immediately.
 */
const IMPATIENT = { heartbeat_timeout_seconds: 30, check_interval_seconds: 5, reclaim_grace_seconds: 0 }

const START_MS = Date.UTC(2026, 0, 1)
/** The poll interval that the room sets near the front of the line. */
const POLL_MS = 2_000

declare global {
  interface Window {
    messages: number
  }
}

const stage = useStage([
  ...['tabs', 'tabs-late', 'tabs-leave', 'restored', 'offline', 'cached', 'outage'].map((name) => room(name, 1)),
  room('hidden', 1, IMPATIENT),
])
const chromium = useChromium()

test('keeps the place of a hidden tab with a worker, and joins again for one without', async () => {
  const guest = await guestOf(stage, 'hidden')
  const [page, without] = [await hiddenTab(), await hiddenTab()]
  await without.addInitScript(forbidWorkers)
  const ticket = await joinLine(page, urlOf(stage, 'hidden', '/page'))
  const lost = await joinLine(without, urlOf(stage, 'hidden', '/page'))
  // The tab without a worker proves that enough time has passed.
  await expect.poll(() => expiredNumbers('hidden')).toEqual([lost])
  expect(await ticketOf(page)).toBe(ticket)
  await guest.leave()
  await onTheSite(page)

  await showAgain(without)
  await untilHeading(without, GONE)
  expect(await accessibilityViolations(without)).toEqual([])
  await without.getByRole('link', { name: 'Join the line again' }).click()
  await untilHeading(without, IN_LINE)
  expect(await ticketOf(without)).toBeGreaterThan(lost)
})

test('says how long the place is kept while offline, and continues by itself once online', async () => {
  await guestOf(stage, 'offline')
  const page = await chromium.page()
  const ticket = await joinLine(page, urlOf(stage, 'offline', '/page'))
  await page.context().setOffline(true)
  await untilHeading(page, LOST)
  await page.getByText(/^Your place is kept for another 1\d minutes\.$/).waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await page.context().setOffline(false)
  await untilHeading(page, IN_LINE)
  expect(await ticketOf(page)).toBe(ticket)
})

test('retries while the waiting room fails, and nobody loses a place', async () => {
  const guest = await guestOf(stage, 'outage')
  const page = await chromium.page()
  const ticket = await joinLine(page, urlOf(stage, 'outage', '/page'))
  await page.route('**/__waiting-room/status?*', (route) => route.fulfill({ status: 500, body: 'trouble' }))
  await untilHeading(page, LOST)
  await page.unroute('**/__waiting-room/status?*')
  await untilHeading(page, IN_LINE)
  expect(await ticketOf(page)).toBe(ticket)
  await guest.leave()
  await onTheSite(page)
})

test('gives two tabs one ticket, polls from one of them, and opens the site in one, then in the other if asked', async () => {
  const guest = await guestOf(stage, 'tabs')
  const profile = await chromium.profile()
  // A test clock for both pages, which workers would ignore, and a count of the messages between
  // the tabs.
  await profile.clock.install({ time: START_MS })
  await profile.clock.pauseAt(START_MS + 1)
  await profile.addInitScript(forbidWorkers)
  await profile.addInitScript(countMessages)
  const [first, second] = [await profile.newPage(), await profile.newPage()]
  const ticket = await joinLine(first, urlOf(stage, 'tabs', '/page?first'))
  await profile.clock.runFor(POLL_MS / 2)
  expect(await joinLine(second, urlOf(stage, 'tabs', '/page?second'))).toBe(ticket)
  expect(await stats(stage.workerd, 'tabs')).toMatchObject({ waiting: 1 })

  const pollers = new Set<Page>()
  for (const page of [first, second]) page.on('request', (request) => isPoll(request) && pollers.add(page))
  for (let polls = 1; polls <= 4; polls++) {
    const answered = first.waitForResponse((response) => isPoll(response.request()))
    await profile.clock.runFor(polls === 1 ? POLL_MS / 2 : POLL_MS)
    await answered
    await expect.poll(() => second.evaluate(() => window.messages)).toBe(polls)
  }
  expect([...pollers]).toEqual([first])

  const before = stage.origin.count('/page')
  // The site answers once the other tab has heard of the admission.
  const heard = Promise.withResolvers<void>()
  await profile.route('**/page?*', async (route) => {
    await heard.promise
    await route.continue()
  })
  await profile.clock.resume()
  await guest.leave()
  const elsewhere = (page: Page) => page.getByText(/^Another tab of this browser is opening the site/).waitFor()
  const other = await Promise.any([first, second].map((page) => elsewhere(page).then(() => page)))
  const entered = other === first ? second : first
  heard.resolve()
  await onTheSite(entered)
  expect(stage.origin.count('/page')).toBe(before + 1)
  // The other one depends on nobody.
  await entered.close()
  await other.getByRole('link', { name: 'Continue' }).click()
  await onTheSite(other)
  expect(other.url()).toBe(urlOf(stage, 'tabs', `/page${other === first ? '?first' : '?second'}`))
  expect(await stats(stage.workerd, 'tabs')).toMatchObject({ active: 1, waiting: 0 })
})

test('opens the site in a tab that hears late of the admission, within the session of the first', async () => {
  const guest = await guestOf(stage, 'tabs-late')
  const profile = await chromium.profile()
  const [first, second] = [await profile.newPage(), await profile.newPage()]
  await second.addInitScript(() => Reflect.deleteProperty(window, 'BroadcastChannel'))
  const path = '/command?Content-Type=text/html;charset=utf-8'
  for (const page of [first, second]) await joinLine(page, urlOf(stage, 'tabs-late', path))
  const arrived = Promise.withResolvers<void>()
  await second.route('**/__waiting-room/status?*', async (route) => {
    await arrived.promise
    await route.continue()
  })
  await guest.leave()
  await onTheSite(first)
  const opened = second.waitForRequest((request) => request.isNavigationRequest())
  arrived.resolve()
  expect((await (await opened).allHeaders()).cookie).toContain('seen=1')
  await onTheSite(second)
})

test('leaves the line in every tab when a visitor leaves in one', async () => {
  await guestOf(stage, 'tabs-leave')
  const profile = await chromium.profile()
  const [first, second] = [await profile.newPage(), await profile.newPage()]
  for (const page of [first, second]) await joinLine(page, urlOf(stage, 'tabs-leave', '/page'))
  await first.getByText('Leave the line', { exact: true }).click()
  await first.getByRole('button', { name: 'Yes, give up my place' }).click()
  await Promise.all([untilHeading(first, LEFT), untilHeading(second, LEFT)])
})

test('keeps the lower ticket of two tabs restored at once, and returns the other', async () => {
  await guestOf(stage, 'restored')
  const profile = await chromium.profile()
  const tabs = [await profile.newPage(), await profile.newPage()]
  // Both tabs send a request before either has a response, and with it a cookie.
  const gate = Promise.withResolvers<void>()
  let asking = 0
  await profile.route('**/page', async (route) => {
    if (++asking === tabs.length) gate.resolve()
    await gate.promise
    await route.continue()
  })
  await Promise.all(tabs.map((tab) => tab.goto(urlOf(stage, 'restored', '/page'))))
  await Promise.all(tabs.map((tab) => untilHeading(tab, IN_LINE)))
  await expect.poll(() => Promise.all(tabs.map(ticketOf))).toEqual([2, 2])
  await expect.poll(() => stats(stage.workerd, 'restored')).toMatchObject({ waiting: 1 })
  expect(await stats(stage.workerd, 'restored')).toMatchObject({ totals: { joined: 3, left: 1 } })
})

test('keeps the place of a page that the browser restores or reloads on the way back', async () => {
  await guestOf(stage, 'cached')
  const page = await chromium.page()
  const ticket = await joinLine(page, urlOf(stage, 'cached', '/page'))
  await page.goto('about:blank')
  await page.goBack()
  await untilHeading(page, IN_LINE)
  expect(await ticketOf(page)).toBe(ticket)
  const poll = await page.waitForResponse((response) => isPoll(response.request()))
  expect(await poll.json()).toMatchObject({ state: 'waiting', number: ticket })
})

/** Runs in the page. */
function forbidWorkers(): void {
  window.Worker = class {
    constructor() {
      throw new Error('no workers here')
    }
  } as unknown as typeof Worker
}

/** Runs in the page. */
function countMessages(): void {
  window.messages = 0
  window.BroadcastChannel = class extends BroadcastChannel {
    constructor(name: string) {
      super(name)
      this.addEventListener('message', () => window.messages++)
    }
  }
}

async function hiddenTab(): Promise<Page> {
  const page = await chromium.page()
  await keepHidden(page)
  return page
}

function isPoll(request: Request): boolean {
  return new URL(request.url()).pathname === '/__waiting-room/status'
}

async function expiredNumbers(name: string): Promise<number[]> {
  const { entries } = await journal(stage.workerd, name)
  return entries.filter(({ event }) => event === 'expired').map(({ number }) => number)
}
