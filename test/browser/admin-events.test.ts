/** Events on the operators' page: scheduled, changed, delayed, started, drawn and deleted. */
import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ApiClient } from '../contract/support/api-client.ts'
import { useStage } from '../contract/support/stage.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { button, crowd, isCutOff, localTime, logIn, pinned, wholePicture } from './support/operators-page.ts'
import { room } from './support/site.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const READER = 'a-token-that-may-only-read'
const DEPLOYED = [
  { name: 'Gala', event_start_time: '2040-01-01T10:00:00+01:00', event_end_time: '2040-01-01T12:00:00+01:00' },
  {
    name: 'Auction',
    prequeue_start_time: '2040-02-01T09:00:00+01:00',
    event_start_time: '2040-02-01T10:00:00+01:00',
    event_end_time: '2040-02-01T12:00:00+01:00',
    shuffle_at_event_start: true,
  },
]

const stage = useStage(
  [
    ...['planned', 'drawn', 'tagged', 'stopped', 'sold', 'pocket', 'busy', 'quiet'].map((name) => room(name, 1)),
    room('deployed', 1, { events: DEPLOYED }),
  ],
  { adminToken: `admin:admin-token-of-the-contract-tests,grace:${READER}:read` },
)
const chromium = useChromium()
const UTC = { timezoneId: 'UTC' }
const BERLIN = { timezoneId: 'Europe/Berlin' }
const fromNow = (ms: number) => new Date(Date.now() + ms).toISOString()

test('schedules an event with a draw, shows problems at their fields, changes and delays it', async () => {
  const page = await chromium.page(UTC)
  await logIn(stage, page, 'planned')
  const events = section(page)
  await events.getByText('No event is planned.').waitFor()
  await button(events, 'New event').click()
  const form = events.getByRole('form', { name: 'New event' })
  await field(form, 'Name').fill('Autumn sale')
  // Whole minutes, and half an hour of slack: the remaining hours stay the same meanwhile.
  const start = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS + 26.5 * HOUR_MS
  await field(form, 'Lobby opens').fill(localTime(start - HOUR_MS))
  await field(form, 'Start').fill(localTime(start))
  await field(form, 'End').fill(localTime(start - 2 * HOUR_MS))
  await form.getByText('Draw the order of everyone in the lobby').click()
  await field(form, 'Capacity').fill('500')
  await form.getByText('Times in UTC').waitFor()
  await form.getByText(/ UTC, in 1 d 2 h$/).waitFor()
  await button(form, 'Create event').click()

  const end = field(form, 'End')
  await form.getByText('Must be at least 1 minute after “Start”.').waitFor()
  expect(await describedBy(page, end)).toContain('Must be at least 1 minute after “Start”.')
  expect(await end.getAttribute('aria-invalid')).toBe('true')
  const rate = field(form, 'Rate per minute')
  expect(await describedBy(page, rate)).toContain('“Capacity” and “Rate” go together')
  await form.getByRole('alert').filter({ hasText: 'Not saved. Check: End, Rate.' }).waitFor()
  await expect.poll(() => isFocused(end)).toBe(true)
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'admin-event-form')

  await end.fill(localTime(start + 2 * HOUR_MS))
  await expect.poll(() => end.getAttribute('aria-invalid')).toBe('false')
  await rate.fill('200')
  await button(form, 'Add a step').click()
  const step = form.getByRole('group', { name: 'Step 1' })
  await step.getByLabel('Time').fill(localTime(start + HOUR_MS))
  await step.getByLabel('Rate per minute').fill('300')
  await button(form, 'Create event').click()
  await page.getByText('Created: Autumn sale').waitFor()
  const [stored] = await eventsOf('planned')
  expect(stored).toMatchObject({
    name: 'Autumn sale',
    shuffle_at_event_start: true,
    total_active_users: 500,
    new_users_per_minute: 200,
    rate_plan: [{ at: `${localTime(start + HOUR_MS)}:00+00:00`, new_users_per_minute: 300 }],
    event_start_time: `${localTime(start)}:00+00:00`,
  })

  const item = itemOf(page, 'Autumn sale')
  for (const text of ['Upcoming', 'Draw', /^The lobby opens in 1 d \d h\.$/, /Created here\. Last change by admin/]) {
    await item.getByText(text, { exact: true }).first().waitFor()
  }
  await item.getByText('Settings, draw and preview').click()
  await item.getByText('The commitment is published when the lobby opens').waitFor()
  await item.getByText('(the room’s)').first().waitFor()
  expect(await accessibilityViolations(page)).toEqual([])

  await button(item, 'Edit Autumn sale').click()
  const edit = events.getByRole('form', { name: 'Edit “Autumn sale”' })
  expect(await button(edit, 'Save changes').isDisabled()).toBe(true)
  await field(edit, 'Message').fill('The doors open at ten')
  await button(edit, 'Save changes').click()
  await page.getByText('Changed: Autumn sale').waitFor()
  expect((await eventsOf('planned'))[0]).toMatchObject({ message: 'The doors open at ten', rate_plan: [{}] })

  await button(item, 'Delay… Autumn sale').click()
  const dialog = page.getByRole('dialog', { name: 'Delay “Autumn sale”?' })
  await dialog.getByLabel('Delay by').selectOption('another time')
  await dialog.getByText('Enter whole minutes').waitFor()
  expect(await button(dialog, 'Delay the event').isDisabled()).toBe(true)
  await dialog.getByLabel('Minutes', { exact: true }).fill('90')
  await dialog.getByText('The steps of the rate plan move along.').waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await button(dialog, 'Delay the event').click()
  await page.getByText('Delayed by 90 minutes: Autumn sale').waitFor()
  const [delayed] = await eventsOf('planned')
  expect(Date.parse(String(delayed?.event_start_time))).toBe(start + 90 * MINUTE_MS)

  // Not before its lobby: there would be nobody to draw.
  await button(item, 'Start now… Autumn sale').click()
  await button(page.getByRole('dialog'), 'Start now').click()
  await page.getByText('“Draw” is true, but the lobby has not opened: there is nobody to draw.').waitFor()

  const audit = page.getByRole('table')
  await audit.getByRole('row').filter({ hasText: 'Create event' }).getByText('Capacity: 500').waitFor()
  await audit.getByRole('row').filter({ hasText: 'Change event' }).getByText('Message: none → The doors').waitFor()
  await audit
    .getByRole('row')
    .filter({ hasText: 'Delay event' })
    .getByText(/Start: .* → .*End: .* → /)
    .waitFor()
  await wholePicture(page, 'admin-events')
})

test('starts an event from its lobby, shows the draw, and says that the event sets capacity and rate', async () => {
  await create('drawn', {
    prequeue_start_time: fromNow(-HOUR_MS),
    event_start_time: fromNow(HOUR_MS),
    shuffle_at_event_start: true,
    total_active_users: 2,
    new_users_per_minute: 600,
  })
  await crowd(stage, 'drawn', 5)
  const page = await chromium.page(UTC)
  await logIn(stage, page, 'drawn')
  const item = itemOf(page, 'Autumn sale')
  await item.getByText('Lobby open').waitFor()
  await pinned(page).getByText('Autumn sale: lobby open').waitFor()
  expect(await pinned(page).getByText('Paused').count()).toBe(0)
  await page.getByText('Not possible: “Autumn sale” has not started.').waitFor()
  await item.getByText('Settings, draw and preview').click()
  await item.getByText('The commitment is published.').waitFor()
  expect(await item.getByText('Secret', { exact: true }).count()).toBe(0)

  await button(item, 'Delete… Autumn sale').click()
  await button(page.getByRole('dialog'), 'Delete the event').click()
  await page
    .getByText('The draw of the event is promised, so the event cannot be deleted before it. Suspend, delay')
    .waitFor()

  await button(item, 'Start now… Autumn sale').click()
  const dialog = page.getByRole('dialog', { name: 'Start “Autumn sale” now?' })
  await dialog.getByText('Visitors in the lobby see that the draw is being made').waitFor()
  await button(dialog, 'Start now').click()
  await item.getByText('Running').waitFor()
  await item.getByText('5, numbers 1 to 5').waitFor()
  await item.getByText('None: the room has no draw_beacon').waitFor()
  for (const label of ['Commitment', 'Secret', 'Seed']) await item.getByText(label, { exact: true }).waitFor()
  const link = item.getByRole('link', { name: 'Public page of the draw' })
  expect(await link.getAttribute('href')).toBe('/__waiting-room/draw?room=drawn')

  const capacity = page.getByRole('region', { name: 'Capacity and rate' })
  await capacity
    .getByText(/While “Autumn sale” runs, it sets the capacity and the rate: capacity 2, rate 600/)
    .waitFor()
  await button(capacity, 'Go to the event').click()
  await expect.poll(() => isFocused(item)).toBe(true)
  await page.getByRole('row').filter({ hasText: 'Start event now' }).waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'admin-draw')
})

test('refuses a change based on an outdated version, and loads the current one', async () => {
  const { id } = await create('tagged', {})
  const page = await chromium.page(UTC)
  await logIn(stage, page, 'tagged')
  await button(itemOf(page, 'Autumn sale'), 'Edit Autumn sale').click()
  const form = page.getByRole('form', { name: 'Edit “Autumn sale”' })
  await field(form, 'Description').fill('Mine')
  await api().call('PATCH', `/rooms/tagged/events/${id}`, { message: 'Theirs' }, { 'If-Match': '*' })
  await button(form, 'Save changes').click()
  await form.getByText(/^Not saved\. admin has changed this event since you opened it .*: Message\)/).waitFor()
  await button(form, 'Load the current version').click()
  await expect.poll(() => field(form, 'Message').inputValue()).toBe('Theirs')
  expect(await field(form, 'Description').inputValue()).toBe('')
  await field(form, 'Description').fill('Mine')
  await button(form, 'Save changes').click()
  await page.getByText('Changed: Autumn sale').waitFor()
  expect((await eventsOf('tagged'))[0]).toMatchObject({ message: 'Theirs', description: 'Mine' })
})

test('suspends, resumes and deletes an event', async () => {
  await create('stopped', { event_start_time: fromNow(HOUR_MS), event_end_time: fromNow(2 * HOUR_MS) })
  const page = await chromium.page(UTC)
  await logIn(stage, page, 'stopped')
  const item = itemOf(page, 'Autumn sale')
  const dialog = page.getByRole('dialog')
  await button(item, 'Suspend… Autumn sale').click()
  await dialog.getByText('visitors see neither its lobby nor its start').waitFor()
  await button(dialog, 'Suspend the event').click()
  await item.getByText('Ignored until it is resumed.').waitFor()
  await button(item, 'Resume… Autumn sale').click()
  await button(dialog, 'Resume the event').click()
  await item.getByText('Upcoming').waitFor()
  await page.getByRole('row').filter({ hasText: 'Resume event' }).waitFor()
  await button(item, 'Delete… Autumn sale').click()
  await dialog.getByText('This cannot be undone.').waitFor()
  await button(dialog, 'Delete the event').click()
  await page.getByText('Deleted: Autumn sale').waitFor()
  await section(page).getByText('No event is planned.').waitFor()
  await page.getByRole('row').filter({ hasText: 'Delete event' }).waitFor()
})

test('shows deployed events in the reader’s time zone, restores a changed one, and deletes none', async () => {
  const page = await chromium.page(BERLIN)
  await logIn(stage, page, 'deployed')
  const item = itemOf(page, 'Gala')
  await section(page).getByText('Times in Europe/Berlin.').waitFor()
  await item.getByText(/Jan 1, 2040.* 10:00 AM GMT\+1/).waitFor()
  await item.getByText('From wrangler.toml.', { exact: true }).waitFor()
  await item.getByText('To delete it, remove it from wrangler.toml.').waitFor()
  await button(item, 'Edit Gala').click()
  const form = page.getByRole('form', { name: 'Edit “Gala”' })
  expect(await field(form, 'Start').inputValue()).toBe('2040-01-01T10:00')
  await field(form, 'End').fill('2040-06-01T12:00')
  await button(form, 'Save changes').click()
  await form.getByText(/Overlaps the event "Auction" \(.*Feb 1, 2040.*\): choose other times/).waitFor()
  await field(form, 'End').fill('2040-01-02T12:00')
  await button(form, 'Save changes').click()
  await item.getByText('From wrangler.toml, changed here by admin').waitFor()
  expect((await eventsOf('deployed'))[0]).toMatchObject({ event_end_time: '2040-01-02T12:00:00+01:00' })
  await button(item, 'Restore deployed… Gala').click()
  await button(page.getByRole('dialog'), 'Restore the deployed event').click()
  await item.getByText('From wrangler.toml.', { exact: true }).waitFor()
  await page.getByRole('row').filter({ hasText: 'Restore deployed event' }).waitFor()
})

test('folds ended events, and warns of deployed changes that are not in force', async () => {
  const page = await chromium.page(BERLIN)
  const events = await eventsOf('deployed')
  await page.route('**/rooms/deployed/events', (route) => {
    const past = (phase: string, id: string) => ({
      ...events[0],
      id,
      name: id,
      phase,
      source: 'api',
      event_end_time: fromNow(-HOUR_MS),
    })
    const refused = [{ id: 'gala', problem: 'event_start_time cannot change: the event has started' }]
    const all = [past('ended', 'first'), past('ended', 'second'), ...events]
    return route.fulfill({ json: { room: 'deployed', events: all, refused } })
  })
  await logIn(stage, page, 'deployed')
  await section(page)
    .getByText(
      'The deployed event “gala” is not in force as wrangler.toml has it. event_start_time cannot change: the event has started. Change it in wrangler.toml and deploy again.',
    )
    .waitFor()
  const names = section(page).locator('.event h4:visible')
  await expect.poll(() => names.allTextContents()).toEqual(['Gala', 'Auction'])
  await section(page).getByText('2 events have ended').click()
  await expect.poll(() => names.allTextContents()).toEqual(['Gala', 'Auction', 'second', 'first'])
  expect(await button(itemOf(page, 'second'), 'Edit second').count()).toBe(0)
  expect(await button(itemOf(page, 'second'), 'Delete… second').count()).toBe(1)
  expect(await accessibilityViolations(page)).toEqual([])
})

test('previews every phase of an event', async () => {
  const page = await chromium.page(BERLIN)
  await logIn(stage, page, 'deployed')
  const item = itemOf(page, 'Auction')
  await item.getByText('Settings, draw and preview').click()
  const phases = item.getByLabel('Phase')
  expect(await phases.locator('option').allTextContents()).toEqual([
    'Lobby',
    'Drawing',
    'In line after the draw',
    'Ended',
    'Sold out',
  ])
  for (const [phase, heading] of [
    ['Lobby', /Not started yet/],
    ['In line after the draw', /You are in line/],
    ['Sold out', /./],
  ] as const) {
    await phases.selectOption(phase)
    const opened = page.waitForEvent('popup')
    await item.getByRole('link', { name: 'Open preview' }).click()
    const preview = await opened
    await preview.getByRole('heading', { level: 1 }).filter({ hasText: heading }).waitFor()
    expect(await preview.getByText('Auction').count()).toBeGreaterThan(0)
    await preview.close()
  }
})

test('sells out after a confirmation, tells visitors, and undoes it', async () => {
  await crowd(stage, 'sold', 3)
  const page = await chromium.page()
  await logIn(stage, page, 'sold')
  await button(page, 'Sold out…').click()
  const dialog = page.getByRole('dialog', { name: 'Sold out in sold?' })
  await dialog.getByText('all 2 visitors in line are told that everything is sold out').waitFor()
  await button(dialog, 'Sold out').click()
  await pinned(page).getByText('Sold out', { exact: true }).waitFor()
  expect(await pinned(page).getByText('Paused').count()).toBe(0)
  await page.getByText('Not possible: everything is sold out.').waitFor()
  const audit = page.getByRole('table')
  await audit.getByRole('row').filter({ hasText: 'Sold out: off → on' }).waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await button(page, 'Undo').click()
  await pinned(page).getByText('Open', { exact: true }).first().waitFor()
  await audit.getByRole('row').filter({ hasText: 'End sold out' }).waitFor()
})

test.each([
  ['a phone', { width: 390, height: 844 }],
  ['a small phone', { width: 320, height: 568 }],
])('fits on %s, in light and dark', async (_, viewport) => {
  const name = 'pocket'
  if ((await eventsOf(name)).length === 0) {
    await create(name, {
      name: 'A sale with a name that is as long as the name of an event may be, with spaces',
      prequeue_start_time: fromNow(-HOUR_MS),
      event_start_time: fromNow(HOUR_MS),
      shuffle_at_event_start: true,
      rate_plan: [{ at: fromNow(2 * HOUR_MS), new_users_per_minute: 5, total_active_users: 7 }],
    })
  }
  const page = await chromium.page({ viewport, ...BERLIN })
  await logIn(stage, page, name)
  const item = page.locator('.event').first()
  await item.getByText('Settings, draw and preview').click()
  await item.getByText('The commitment is published.').waitFor()
  await item.getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('form').getByRole('group', { name: 'Step 1' }).waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await isCutOff(page)).toBe(false)
    expect(await accessibilityViolations(page)).toEqual([])
  }
  await wholePicture(page, `admin-events-${viewport.width}`)
})

describe('all rooms', () => {
  test('show the event that runs or comes next', async () => {
    await create('busy', { event_start_time: fromNow(HOUR_MS) })
    const page = await chromium.page()
    await logIn(stage, page, 'quiet', READER)
    expect(await button(section(page), 'New event').isDisabled()).toBe(true)
    await page.getByRole('navigation', { name: 'Rooms' }).getByText('All rooms').click()
    const card = page.locator('.overview .card', { hasText: 'busy' })
    await card.getByText('Autumn sale: upcoming').waitFor()
    await card.getByText(/^Starts in 59 min|^Starts in 1 h/).waitFor()
    expect(await page.locator('.overview .card', { hasText: 'quiet' }).getByText('Autumn sale').count()).toBe(0)
  })
})

function section(page: Page): Locator {
  return page.getByRole('region', { name: 'Events' })
}

function itemOf(page: Page, name: string): Locator {
  return page.locator('.event', { has: page.getByRole('heading', { name, exact: true }) })
}

function field(form: Locator, label: string): Locator {
  return form.getByLabel(label, { exact: true })
}

async function describedBy(page: Page, field: Locator): Promise<string | null> {
  return page.locator(`[id="${await field.getAttribute('aria-describedby')}"]`).textContent()
}

function isFocused(element: Locator): Promise<boolean> {
  return element.evaluate((node) => node === document.activeElement)
}

function api(): ApiClient {
  return new ApiClient(stage.workerd)
}

type EventJson = Readonly<Record<string, unknown>>

async function create(name: string, changes: object): Promise<EventJson> {
  const body = {
    name: 'Autumn sale',
    event_start_time: fromNow(2 * HOUR_MS),
    event_end_time: fromNow(4 * HOUR_MS),
    ...changes,
  }
  const reply = await api().call('POST', `/rooms/${name}/events`, body)
  expect([reply.status, reply.text]).toEqual([201, expect.any(String)])
  return reply.json<EventJson>()
}

async function eventsOf(name: string): Promise<readonly EventJson[]> {
  return (await api().get(`/rooms/${name}/events`)).json<{ events: EventJson[] }>().events
}
