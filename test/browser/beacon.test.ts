/**
 * The beacon in the pages of real sites: it reports, stops when the session is over, and has no
 * visible effect.
 *
 * The pages' clocks stand still unless a test moves them: no test waits for the beacon's interval,
 * and no interval passes by itself.
 */
import type { BrowserContext, Page, Request } from 'playwright-core'
import { expect, test } from 'vitest'
import { ApiClient } from '../contract/support/api-client.ts'
import { useStage } from '../contract/support/stage.ts'
import { claimsOf } from '../contract/support/tokens.ts'
import { ignoreUnmovedPointer, useChromium } from './support/browser.ts'
import { keepHidden } from './support/hidden-tab.ts'
import { HOST_PAGES } from './support/host-pages.ts'
import { guestOf, room, urlOf, visitorOf } from './support/site.ts'

const INTERVAL_MS = 8_000
const START_MS = Date.UTC(2026, 0, 1)

const stage = useStage([room('shop', 10_000), room('aside', 10_000)], {}, HOST_PAGES)
const chromium = useChromium()

/** Activity of a page that its site did not cause. */
interface Watched {
  readonly beats: Request[]
  /** Console output, exceptions, failed requests. */
  readonly noise: string[]
}

function watch(page: Page): Watched {
  const watched: Watched = { beats: [], noise: [] }
  page.on('request', (request) => {
    if (isBeat(request)) watched.beats.push(request)
  })
  page.on('console', (message) => watched.noise.push(message.text()))
  page.on('pageerror', (error) => watched.noise.push(String(error)))
  page.on('requestfailed', (request) => watched.noise.push(`${request.url()} failed`))
  return watched
}

function isBeat(request: Request): boolean {
  return request.method() === 'POST' && new URL(request.url()).pathname === '/__waiting-room/heartbeat'
}

/** The status of the response to the page's next heartbeat, which `cause` triggers. */
async function beatAfter(page: Page, cause: () => Promise<unknown>): Promise<number> {
  const [answer] = await Promise.all([page.waitForResponse((response) => isBeat(response.request())), cause()])
  return answer.status()
}

/** All its pages share one clock. */
async function pausedProfile(): Promise<BrowserContext> {
  const profile = await chromium.profile()
  await profile.clock.install({ time: START_MS })
  await profile.clock.pauseAt(START_MS + 1)
  return profile
}

async function opened(profile?: BrowserContext): Promise<Page & { readonly watched: Watched }> {
  const page = await (profile ?? (await pausedProfile())).newPage()
  return Object.assign(page, { watched: watch(page) })
}

/** Requests for the lock of the beacons, by all tabs of the profile. */
function lockRequests(page: Page): Promise<Record<'held' | 'pending', number>> {
  return page.evaluate(async () => {
    const { held, pending } = await navigator.locks.query()
    return { held: held?.length ?? 0, pending: pending?.length ?? 0 }
  })
}

const works = (page: Page) => page.locator('html[data-works=yes]').waitFor({ state: 'attached' })

test.each([
  ['a plain page', '/plain'],
  ['a page that allows scripts by nonce only, no workers and only trusted addresses', '/nonce'],
  ['a page that allows its own host only', '/self'],
  ['a page that forbids workers', '/workerless'],
  ['a page that forbids workers in its head', '/meta'],
  ['a page that isolates itself', '/isolated'],
  ['a page with a base element for another host', '/based'],
  ['a page with scripts from before modules', '/old'],
])('leaves %s working while the beacon sends heartbeats, with an empty console', async (_, path) => {
  const page = await opened()
  expect(await beatAfter(page, () => page.goto(urlOf(stage, 'shop', path)))).toBe(204)
  await works(page)
  expect(await beatAfter(page, () => page.clock.runFor(INTERVAL_MS))).toBe(204)
  expect(page.watched.noise).toEqual([])
})

test('keeps the beacon of a page that a service worker controls', async () => {
  const page = await opened()
  await page.goto(urlOf(stage, 'shop', '/service-worker'))
  await works(page)
  // The second load of the page and the script comes from the site's own cache.
  expect(await beatAfter(page, () => page.reload())).toBe(204)
  await works(page)
  expect(await beatAfter(page, () => page.clock.runFor(INTERVAL_MS))).toBe(204)
  expect(page.watched.noise).toEqual([])
})

test('keeps the beacon of an app that navigates without loading', async () => {
  const page = await opened()
  await beatAfter(page, () => page.goto(urlOf(stage, 'shop', '/app')))
  await page.getByRole('link', { name: 'Catalogue' }).click()
  await page.getByText('The catalogue').waitFor()
  expect(new URL(page.url()).pathname).toBe('/catalogue/7')
  expect(await beatAfter(page, () => page.clock.runFor(INTERVAL_MS))).toBe(204)
  expect(page.watched.noise).toEqual([])
})

test('keeps the beacon of a page that rewrites itself, and still reports use', async () => {
  const page = await opened()
  await beatAfter(page, () => page.goto(urlOf(stage, 'shop', '/plain')))
  await page.evaluate(() => {
    document.open()
    document.write('<title>Shop</title><h1>Written anew</h1>')
    document.close()
  })
  // The page's listeners disappeared with its old content.
  await page.evaluate(ignoreUnmovedPointer)
  expect(await beatAfter(page, () => page.clock.runFor(INTERVAL_MS))).toBe(204)
  await page.mouse.move(40, 40)
  await beatAfter(page, () => page.clock.runFor(INTERVAL_MS))
  expect(page.watched.beats.map((beat) => beat.postDataJSON())).toEqual([
    { touched: false },
    { touched: false },
    { touched: true },
  ])
})

test('sends heartbeats from a browser that refuses keepalive for any type but text', async () => {
  const page = await opened()
  // As Chromium 66 to 80.
  await page.addInitScript(() => {
    const { fetch } = window
    window.fetch = async (to, own) => {
      const { headers } = new Request(to, own)
      if (own?.keepalive && !headers.get('Content-Type')?.startsWith('text/plain')) throw new TypeError('preflight')
      return fetch(to, own)
    }
  })
  expect(await beatAfter(page, () => page.goto(urlOf(stage, 'shop', '/plain')))).toBe(204)
})

test('leaves no global name behind', async () => {
  const profile = await chromium.profile()
  const namesAt = async (path: string) => {
    const page = await profile.newPage()
    const open = () => page.goto(urlOf(stage, 'shop', path))
    if (path === '/plain') await beatAfter(page, open)
    else await open()
    await works(page)
    return page.evaluate(() => [...Object.getOwnPropertyNames(window), ...Object.getOwnPropertyNames(document)])
  }
  expect(await namesAt('/plain')).toEqual(await namesAt('/opted-out'))
})

test.each([
  ['that opted out', '/opted-out'],
  ['whose policy would not let it call', '/callless'],
])('adds no beacon to a page %s, and leaves its console empty', async (_, path) => {
  const page = await opened()
  await page.goto(urlOf(stage, 'shop', path), { waitUntil: 'networkidle' })
  await works(page)
  await page.clock.runFor(3 * INTERVAL_MS)
  expect(page.watched).toEqual({ beats: [], noise: [] })
})

test('checks for a new session when the page is used, once a minute', async () => {
  const profile = await pausedProfile()
  const page = await opened(profile)
  await beatAfter(page, () => page.goto(urlOf(stage, 'shop', '/plain')))
  const [pass] = await profile.cookies()
  await visitorOf(stage, 'shop').post('/__waiting-room/leave', '{"final":true}', {
    'Waiting-Room-Token': `${pass?.value}`,
  })

  expect(await beatAfter(page, () => page.clock.runFor(INTERVAL_MS))).toBe(410)
  // The beacon stops once it has read the answer.
  await expect.poll(() => lockRequests(page)).toEqual({ held: 0, pending: 0 })
  const before = page.watched.beats.length
  await page.clock.runFor(5 * INTERVAL_MS)
  await page.mouse.move(50, 50)
  await page.evaluate(() => fetch('/echo'))
  expect(page.watched.beats).toHaveLength(before)
  // Nobody uses the page: it sends no request, however long that lasts.
  await page.clock.runFor(20 * INTERVAL_MS)
  await page.evaluate(() => fetch('/echo'))
  expect(page.watched.beats).toHaveLength(before)
  expect(await beatAfter(page, () => page.mouse.move(60, 60))).toBe(410)
  await page.mouse.move(70, 70)
  await page.evaluate(() => fetch('/echo'))
  expect(page.watched.beats).toHaveLength(before + 1)
  // Another session has begun meanwhile: from now on the beacon continues by itself.
  const { token } = await guestOf(stage, 'shop')
  await profile.addCookies([{ ...(pass as NonNullable<typeof pass>), value: `${token}` }])
  await page.clock.runFor(10 * INTERVAL_MS)
  expect(await beatAfter(page, () => page.mouse.move(80, 80))).toBe(204)
  expect(await beatAfter(page, () => page.clock.runFor(INTERVAL_MS))).toBe(204)
})

test('keeps sending heartbeats while the room is suspended and after it resumes', async () => {
  const api = new ApiClient(stage.workerd)
  const suspend = async (on: boolean) => {
    expect((await api.act('aside', 'suspend', { on })).status).toBe(200)
    // A suspended room issues no tickets.
    await expect.poll(async () => (await visitorOf(stage, 'aside').get('/echo')).setCookies.length).toBe(on ? 0 : 1)
  }
  const profile = await pausedProfile()
  const page = await opened(profile)
  expect(await beatAfter(page, () => page.goto(urlOf(stage, 'aside', '/plain')))).toBe(204)
  const number = async () => claimsOf((await profile.cookies())[0]?.value ?? '').number
  const before = await number()
  for (const on of [true, false]) {
    await suspend(on)
    for (let i = 0; i < 3; i++) expect(await beatAfter(page, () => page.clock.runFor(INTERVAL_MS))).toBe(204)
  }
  expect(await number()).toBe(before)
  expect(page.watched.noise).toEqual([])
})

test('sends heartbeats of a hidden tab from its worker, and none without a worker', async () => {
  const tabAt = async (path: string) => {
    const page = await chromium.page()
    await keepHidden(page)
    const { beats } = watch(page)
    await beatAfter(page, () => page.goto(urlOf(stage, 'shop', path)))
    return { page, beats }
  }
  const [without, withWorker] = [await tabAt('/workerless'), await tabAt('/self')]
  expect(await beatAfter(withWorker.page, async () => {})).toBe(204)
  expect(without.beats).toHaveLength(1)
})

test('begins with one heartbeat when a hidden tab is used while it requests the lock', async () => {
  const page = await opened()
  await keepHidden(page)
  await page.addInitScript(() => {
    const { request } = LockManager.prototype
    LockManager.prototype.request = function (this: LockManager, ...args: unknown[]) {
      LockManager.prototype.request = request
      const granted = Reflect.apply(request, this, args)
      dispatchEvent(new PointerEvent('pointermove', { movementX: 1 }))
      return granted
    }
  })
  await beatAfter(page, () => page.goto(urlOf(stage, 'shop', '/workerless')))
  await page.evaluate(() => fetch('/echo'))
  expect(page.watched.beats).toHaveLength(1)
})

test('sends heartbeats from one of two tabs, and from the other once it closes', async () => {
  const profile = await pausedProfile()
  const [first, second] = [await opened(profile), await opened(profile)]
  await beatAfter(first, () => first.goto(urlOf(stage, 'shop', '/plain')))
  await beatAfter(second, () => second.goto(urlOf(stage, 'shop', '/plain')))
  // The first one stops, and queues, once it hears that the second one has taken the lock.
  await expect.poll(() => lockRequests(second)).toEqual({ held: 1, pending: 1 })
  const before = first.watched.beats.length
  for (let turn = 0; turn < 3; turn++) {
    await beatAfter(second, () => profile.clock.runFor(INTERVAL_MS))
  }
  expect(first.watched.beats).toHaveLength(before)
  expect(await beatAfter(first, () => second.close())).toBe(204)
})
