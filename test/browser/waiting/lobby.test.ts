/**
 * The waiting page around the start of an event: the countdown, the polls, what is printed. The
 * answers to polls are given, so that the device's clock can be the test's.
 */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { EventStatus, PolledStatus } from '../../../src/status.ts'
import { ApiClient } from '../../contract/support/api-client.ts'
import { useStage } from '../../contract/support/stage.ts'
import { ADMIN_TOKEN } from '../../contract/support/worker-config.ts'
import { accessibilityViolations } from '../support/accessibility.ts'
import { useChromium } from '../support/browser.ts'
import { untilHeading } from '../support/line.ts'
import { guestOf, room, urlOf } from '../support/site.ts'

const START = '2027-03-01T10:00:00.000Z'
const MINUTE_BEFORE = '2027-03-01T09:59:00.000Z'
/** The device's clock is wrong by more than an hour. */
const DEVICE_TIME = '2027-03-01T11:17:42.500Z'
const COMMITMENT = 'c0ffee11'.repeat(8)
const POLL_SECONDS = 30
/** After the guest's. */
const TICKET = 2

const stage = useStage([room('lobby', 1), room('spoken', 1), room('printed', 1), room('public', 1)])
const chromium = useChromium()

test('counts down by the clock of the server, and polls at its own pace when the event starts', async () => {
  const { page, polls } = await lobbyPage('lobby')
  await untilHeading(page, 'Autumn sale Not started yet')
  await page.getByText(/^It starts on Monday, March 1 at 7:00\sPM GMT\+9\./).waitFor()
  await page.getByText(/^Your place is drawn at 7:00\sPM\. Arriving earlier gives no advantage\.$/).waitFor()
  const countdown = page.getByRole('timer')
  await page.clock.runFor(18_000)
  expect(await countdown.textContent()).toBe('0:42')
  polls.answer = lobbyStatus({ serverTime: '2027-03-01T09:59:58.000Z' })
  await page.clock.runFor(POLL_SECONDS * 1000 - 18_000)
  await expect.poll(() => countdown.textContent()).toBe('0:02')

  polls.answer = drawnStatus()
  await page.clock.runFor(POLL_SECONDS * 1000 - 1000)
  expect(await countdown.textContent()).toBe('Starting now')
  expect(polls.count).toBe(1)
  await page.clock.runFor(1000)
  await untilHeading(page, 'Autumn sale You are in line')
  await page.getByText('Your place in the draw: 123 of 4,000').waitFor()
  expect(await page.getByRole('link', { name: 'See and check the draw' }).first().getAttribute('href')).toBe(
    '/__waiting-room/draw?room=lobby',
  )
  expect(await page.getByText('Entry number 2').isVisible()).toBe(true)
  expect(await page.getByText(/ticket was lost|two tickets/).count()).toBe(0)
})

test('announces the lobby and the place once, and no second of the countdown', async () => {
  const { page, polls } = await lobbyPage('spoken')
  const announcer = page.getByRole('status')
  const first = await announcer.textContent()
  expect(first).toContain('Not started yet. It starts on')
  expect(first).toContain('Arriving earlier gives no advantage')
  await page.clock.runFor(POLL_SECONDS * 1000 - 1000)
  expect(await announcer.textContent()).toBe(first)
  polls.answer = drawnStatus()
  await page.clock.runFor(1000)
  await expect.poll(() => announcer.textContent()).toContain('You are number 123 in line.')
})

test('counts down to the opening of a closed line, and names the time zone', async () => {
  const page = await preview({ state: 'closed' }, { clock: true })
  await page.getByText(/^It opens on .* UTC\. This page will then join automatically\.$/).waitFor()
  await page.getByText('Opens in').waitFor()
  const before = await page.getByRole('timer').textContent()
  await page.clock.runFor(2000)
  await expect.poll(() => page.getByRole('timer').textContent()).not.toBe(before)
})

test('prints the entry number and the commitment, and no buttons', async () => {
  const { page } = await lobbyPage('printed')
  await page.emulateMedia({ media: 'print' })
  for (const text of ['Autumn sale', 'Entry number 2', COMMITMENT]) {
    expect(await page.getByText(text).isVisible(), text).toBe(true)
  }
  for (const text of ['Leave the line', 'How this works', 'English', 'Tell me when it is my turn']) {
    expect(await page.getByText(text, { exact: true }).first().isVisible(), text).toBe(false)
  }
})

test.each([
  ['lobby', 'draw'],
  ['lobby', 'order'],
  ['waiting', 'draw'],
])('is accessible in state %s of an event: %s', async (state, event) => {
  const page = await preview({ state, event })
  await page.getByText('How this works').click()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await accessibilityViolations(page)).toEqual([])
  }
})

test('counts down in the preview, without a poll', async () => {
  const page = await preview({ state: 'lobby' }, { clock: true })
  const countdown = page.getByRole('timer')
  const before = await countdown.textContent()
  await page.clock.runFor(2000)
  await expect.poll(() => countdown.textContent()).not.toBe(before)
})

interface Polls {
  answer: PolledStatus
  count: number
}

/**
 * A page of the room whose polls are answered by the test. It has just been told, by its latest
 * poll, that the event starts in a minute; the clock of the device stands still.
 */
async function lobbyPage(name: string): Promise<{ page: Page; polls: Polls }> {
  await guestOf(stage, name)
  const page = await chromium.page({ timezoneId: 'Asia/Seoul' })
  const polls = { answer: lobbyStatus(), count: 0 }
  await page.route('**/__waiting-room/status*', (route) => {
    polls.count++
    return route.fulfill({ json: { ...polls.answer, room: name } })
  })
  // The timer of a worker would go by the real clock.
  await page.addInitScript(() => Reflect.deleteProperty(window, 'Worker'))
  await page.clock.install({ time: DEVICE_TIME })
  await page.goto(urlOf(stage, name, '/page'))
  await untilHeading(page, /Not started yet/)
  await page.clock.pauseAt('2027-03-01T11:30:00.000Z')
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.getByText('1:00', { exact: true }).waitFor()
  polls.count = 0
  return { page, polls }
}

function lobbyStatus(event: Partial<EventStatus> = {}): PolledStatus {
  return {
    state: 'lobby',
    room: '',
    number: TICKET,
    position: null,
    waiting: 4321,
    etaSeconds: null,
    etaLowSeconds: null,
    etaHighSeconds: null,
    joinedAt: '2027-03-01T09:41:00.000Z',
    startPosition: null,
    placeKeptSeconds: 320,
    unreachable: false,
    pollAfterSeconds: POLL_SECONDS,
    message: null,
    event: {
      name: 'Autumn sale',
      phase: 'lobby',
      startsAt: START,
      endsAt: '2027-03-01T12:00:00.000Z',
      draw: true,
      entry: TICKET,
      rank: null,
      entries: null,
      commitment: COMMITMENT,
      drawUrl: '/__waiting-room/draw',
      serverTime: MINUTE_BEFORE,
      ...event,
    },
    cookies: true,
    updatedAt: MINUTE_BEFORE,
  }
}

function drawnStatus(): PolledStatus {
  const { event, ...lobby } = lobbyStatus({ phase: 'running', rank: 123, entries: 4000 })
  return { ...lobby, state: 'waiting', number: 1123, position: 123, ...(event && { event }) }
}

async function preview(asked: Readonly<Record<string, string>>, { clock = false } = {}): Promise<Page> {
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` }
  const page = await chromium.page({ extraHTTPHeaders: headers, timezoneId: 'UTC' })
  if (clock) await page.clock.install()
  const query = new URLSearchParams({ room: 'lobby', lang: 'en', ...asked })
  await page.goto(urlOf(stage, 'lobby', `/__waiting-room/admin/preview?${query}`))
  await untilHeading(page, /You are in line|Not started yet|The line is closed/)
  return page
}

test('the page about draws is accessible before and after a draw, and fits on the narrowest screen', async () => {
  const hour = 3_600_000
  const inHours = (hours: number) => new Date(Date.now() + hours * hour).toISOString()
  const api = new ApiClient(stage.workerd)
  await guestOf(stage, 'public')
  const created = await api.call('POST', '/rooms/public/events', {
    name: 'Autumn sale',
    prequeue_start_time: inHours(-1),
    event_start_time: inHours(1),
    event_end_time: inHours(2),
    shuffle_at_event_start: true,
  })
  const { id } = created.json<{ id: string }>()
  const page = await chromium.page({ viewport: { width: 320, height: 640 } })
  await page.goto(urlOf(stage, 'public', '/page'))
  await untilHeading(page, 'Autumn sale Not started yet')
  const link = page.getByRole('link', { name: 'See and check the draw' }).last()
  await page.getByText('How the draw is checked').click()
  const opened = page.context().waitForEvent('page')
  await link.click()
  const draw = await opened
  await untilHeading(draw, 'The draw')
  await draw.getByText('Entry number: 2').waitFor()
  await expectReadable(draw)
  await api.call('POST', `/rooms/public/events/${id}/start`)
  await page.getByText('Your place in the draw: 1 of 1').waitFor()
  await draw.reload()
  await draw.getByText('Your place in the draw: 1 of 1').waitFor()
  await expectReadable(draw)
  await draw.getByRole('link', { name: 'Data (JSON)' }).click()
  await draw.getByText('"seed": "').waitFor()
})

async function expectReadable(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await accessibilityViolations(page)).toEqual([])
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
}
