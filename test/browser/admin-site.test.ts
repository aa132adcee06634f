/** The health of the site on the operators' page. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { useStage } from '../contract/support/stage.ts'
import type { Visitor } from '../contract/support/visitor.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { button, crowd, figure, figureValue, logIn, wholePicture } from './support/operators-page.ts'
import { room, visitorOf } from './support/site.ts'

/** The number of visitors that the site of these tests can handle. */
const CARRIES = 2
const CLICK_EVERY_MS = 200

/** Visitors on the site. Their time-outs are so long that a slow machine ends no session. */
const onSite = new Set<string>()

const stage = useStage(
  [
    room('overrun', CARRIES, { check_interval_seconds: 5 }),
    room('tolerant', 10, { check_interval_seconds: 5, origin_error_ratio_max: 0.9 }),
    room('past', 3),
  ],
  {},
  {
    shop: (request, response) => {
      onSite.add(String(request.headers['x-visitor']))
      response.writeHead(onSite.size > CARRIES ? 500 : 200, { 'Content-Type': 'text/html' }).end('<p>Shop</p>')
    },
  },
)
const chromium = useChromium()

const busy = new AbortController()
const clicking: Promise<void>[] = []
afterEach(async () => {
  busy.abort()
  await Promise.all(clicking.splice(0))
})

/** Clicks until the test ends. */
async function click(visitor: Visitor, name: string): Promise<void> {
  while (!busy.signal.aborted) {
    await visitor.get('/shop', { 'X-Visitor': name })
    await pause(CLICK_EVERY_MS)
  }
}

test('turns red when the capacity exceeds what the site can handle', async () => {
  for (let i = 0; i < 6; i++) clicking.push(click(visitorOf(stage, 'overrun'), `visitor ${i}`))
  const page = await chromium.page({ viewport: { width: 1280, height: 900 } })
  await logIn(stage, page, 'overrun')
  const site = figure(page, 'Site errors')
  await site.getByText('Healthy').waitFor()
  await site.getByText('Red above 20% errors or 5.0 s (defaults).').waitFor()
  await expect.poll(() => page.locator('.card.bad, .banner').count()).toBe(0)
  await wholePicture(page, 'admin-healthy')

  const capacity = page.getByLabel('Capacity, as a number')
  const warning = page.getByRole('alert').filter({ hasText: 'Admitting more visitors increases its load.' })
  await capacity.fill('6')
  await expect.poll(() => button(page, 'Apply').isEnabled()).toBe(true)
  expect(await warning.count()).toBe(0)
  await button(page, 'Apply').click()
  await site.getByText('Failing').waitFor()
  expect(await site.getAttribute('class')).toContain('bad')
  await page.getByRole('alert').filter({ hasText: 'The site is failing.' }).waitFor()
  await page.locator('.chart.bad', { hasText: 'Site errors' }).waitFor()
  await page.getByRole('navigation', { name: 'Rooms' }).getByText('site failing').waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'admin-failing')
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await accessibilityViolations(page)).toEqual([])
  await wholePicture(page, 'admin-failing-dark')
  // One plot per chart, however often it was rendered.
  const drawings = () =>
    page.locator('.plot').evaluateAll((plots) => plots.map((plot) => plot.querySelectorAll('.uplot').length))
  await expect.poll(async () => new Set(await drawings())).toEqual(new Set([1]))

  await capacity.fill('20')
  await warning.waitFor()
  await button(page, 'Apply').click()
  const dialog = page.getByRole('dialog', { name: 'Admit more visitors?' })
  await dialog.waitFor()
  await button(dialog, 'Cancel').click()
  await figureValue(page, 'On the site now').filter({ hasText: '6' }).waitFor()
  await page.getByText('of 6, ').waitFor()
  // Admitting fewer visitors needs no warning.
  await capacity.fill('1')
  await warning.waitFor({ state: 'detached' })
})

test('uses the limits that the room sets', async () => {
  const [visitor] = await crowd(stage, 'tolerant', 1)
  for (let i = 0; i < 20; i++) await visitor?.get(i % 2 === 0 ? '/failing' : '/echo')
  const page = await chromium.page()
  await logIn(stage, page, 'tolerant')
  const site = figure(page, 'Site errors')
  await site.getByText('Strained').waitFor()
  await site.getByText('Red above 90% errors or 5.0 s (one limit of this room, one default).').waitFor()
  await site.getByText('Origin guard: on, not limiting admission.').waitFor()
})

test('loads the chart of every range', async () => {
  await crowd(stage, 'past', 4)
  const page = await chromium.page()
  const refused: string[] = []
  page.on('response', (response) => void (response.status() >= 400 && refused.push(response.url())))
  await logIn(stage, page, 'past')
  refused.length = 0
  const history = page.getByRole('region', { name: 'History' })
  for (const [label, id] of [
    ['7 days', '7d'],
    ['24 hours', '24h'],
    ['6 hours', '6h'],
    ['1 hour', '1h'],
    ['10 min', '10m'],
  ] as const) {
    await history.getByText(label, { exact: true }).click()
    await history.locator(`[data-range="${id}"]`).waitFor()
    expect(await history.getByRole('alert').count()).toBe(0)
  }
  expect(refused).toEqual([])
})

test.each([
  [400, '{"title":"Range too wide","detail":"At most 7 days."}', 'Range too wide. At most 7 days.'],
  [503, '{"title":"The room cannot be reached"}', 'The room cannot be reached'],
  [502, 'not JSON at all', 'The server answered with status 502'],
  [200, '<html>Log in to the network</html>', 'The server answered with status 200'],
])('reports that a chart could not be loaded (%i), and recovers', async (status, body, told) => {
  const page = await chromium.page()
  await page.route('**/history**', (route) => route.fulfill({ status, body, contentType: 'application/problem+json' }))
  await logIn(stage, page, 'past')
  const history = page.getByRole('region', { name: 'History' })
  await history.getByRole('alert').filter({ hasText: told }).waitFor()
  await page.unroute('**/history**')
  await history.getByRole('alert').waitFor({ state: 'detached' })
})
