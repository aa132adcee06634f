/**
 * Apps that fetch instead of loading pages: on another host, and under the service worker in
 * examples/.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import type { WaitingRoomFetch } from '../../examples/waiting-room-fetch.mjs'
import { issued, stats } from '../contract/support/operator.ts'
import { type Answer, html, Origin } from '../contract/support/origin.ts'
import { useStage } from '../contract/support/stage.ts'
import { useChromium } from './support/browser.ts'
import { IN_LINE, untilHeading } from './support/line.ts'
import { guestOf, room, urlOf, visitorOf } from './support/site.ts'

declare global {
  interface Window {
    roomFetch: WaitingRoomFetch
    answer: Promise<Response>
  }
}

const example = (name: string): Answer => {
  const code = readFileSync(resolve(import.meta.dirname, '../../examples', name))
  return (_request, response) => void response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(code)
}

/** Shows the progress while it waits. */
const APP =
  html(`<!doctype html><title>App</title><link rel="icon" href="data:,"><output></output><script type="module">
  import { createWaitingRoomFetch } from '/waiting-room-fetch.mjs'
  const onProgress = ({ state, position }) => { document.querySelector('output').append(state, ' ', position, '; ') }
  window.roomFetch = createWaitingRoomFetch({ onProgress })
  document.documentElement.dataset.works = 'yes'
</script>`)

const EXAMPLES = { 'waiting-room-fetch': example('waiting-room-fetch.mjs'), app: APP }
const appServer = await Origin.start(0, EXAMPLES)
afterAll(() => appServer.stop())
const appAt = (name: string) => `http://${name}.localhost:${appServer.port}`
const allowed_origins = [appAt('app')]

/** An API that allows the same app for its own responses. */
const api: Answer = async (request, response) => {
  let sent = ''
  for await (const chunk of request) sent += chunk
  const cors = {
    'Access-Control-Allow-Origin': appAt('app'),
    'Access-Control-Allow-Methods': 'GET, POST, PUT',
    'Access-Control-Allow-Headers': 'Waiting-Room-Token, Content-Type',
    'Access-Control-Expose-Headers': 'Waiting-Room-Token',
  }
  response.writeHead(request.method === 'OPTIONS' ? 204 : 200, { 'Content-Type': 'application/json', ...cors })
  response.end(request.method === 'OPTIONS' ? '' : JSON.stringify({ method: request.method, sent }))
}

let data = 'first'
const stage = useStage(
  [room('api', 1, { allowed_origins }), room('worker', 1, { allowed_origins })],
  {},
  {
    api,
    ...EXAMPLES,
    'service-worker': example('service-worker.js'),
    style: (_request, response) =>
      void response.writeHead(200, { 'Content-Type': 'text/css' }).end('output { color: rgb(1, 2, 3) }'),
    data: (_request, response) => void response.writeHead(200, { 'Content-Type': 'text/plain' }).end(data),
    account: (_request, response) => void response.writeHead(200, { 'Cache-Control': 'private' }).end('mine'),
  },
)
const chromium = useChromium()

const works = (page: Page) => page.locator('html[data-works=yes]').waitFor({ state: 'attached' })
const answered = (page: Page) => page.evaluate(async () => (await window.answer).json())

test('lets an app on another host wait in line for the API without cookies', async () => {
  const guest = await guestOf(stage, 'api')
  const before = await issued(stage.workerd, 'api')
  const profile = await chromium.profile()
  const page = await profile.newPage()
  await page.goto(`${appAt('app')}/app`)
  await works(page)
  const url = urlOf(stage, 'api', '/api/orders')
  await page.evaluate((to) => {
    const headers = { 'Content-Type': 'application/json' }
    window.answer = window.roomFetch(to, { method: 'PUT', headers, body: '{"seat":7}' })
  }, url)
  await page.getByText('waiting 1').waitFor()
  expect(await stats(stage.workerd, 'api')).toMatchObject({ active: 1, waiting: 1 })
  await guest.leave()
  expect(await answered(page)).toEqual({ method: 'PUT', sent: '{"seat":7}' })

  await page.evaluate((to) => {
    window.answer = window.roomFetch(to)
  }, url)
  expect(await answered(page)).toEqual({ method: 'GET', sent: '' })
  expect(await page.evaluate(() => window.roomFetch.heartbeat())).toBe(true)
  expect(await issued(stage.workerd, 'api')).toBe(before + 1)
  expect(await profile.cookies(urlOf(stage, 'api'))).toEqual([])
  await page.evaluate(() => window.roomFetch.leave())
  expect(await stats(stage.workerd, 'api')).toMatchObject({ active: 0, waiting: 0 })
})

/** The options of a `fetch`, compatible with the types of Node and of a page. */
interface Init {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly credentials?: 'include'
}

test('keeps a page of an unlisted host from reading responses of the room and from joining', async () => {
  const before = await issued(stage.workerd, 'api')
  const page = await chromium.page()
  await page.goto(`${appAt('other')}/app`)
  await works(page)
  const fails = (path: string, init: Init = {}) =>
    page.evaluate(
      ([url, options]) =>
        fetch(url, options).then(
          ({ status }) => String(status),
          (error: Error) => error.name,
        ),
      [urlOf(stage, 'api', path), init] as const,
    )
  expect(await fails('/api/orders')).toBe('TypeError')
  const headers = { 'Waiting-Room-Token': '' }
  expect(await fails('/__waiting-room/status', { headers })).toBe('TypeError')
  expect(await fails('/__waiting-room/status', { credentials: 'include' })).toBe('TypeError')
  expect(await fails('/__waiting-room/leave', { method: 'POST', headers, body: '{"final":true}' })).toBe('TypeError')
  expect(await issued(stage.workerd, 'api')).toBe(before)
})

test('caches no response of the room under the service worker, where pages and fetches wait in line', async () => {
  const profile = await chromium.profile()
  const page = await profile.newPage()
  await page.goto(urlOf(stage, 'worker', '/app'))
  await works(page)
  const read = (path: string) => page.evaluate(async (to) => (await fetch(to)).text(), path)
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/service-worker.js')
    await navigator.serviceWorker.ready
    if (navigator.serviceWorker.controller !== null) return
    await new Promise((controlled) => navigator.serviceWorker.addEventListener('controllerchange', controlled))
  })
  expect([await read('/data'), await read('/account')]).toEqual(['first', 'mine'])
  await addStyle(page)

  // The session ends, and another visitor takes the slot.
  const [pass] = await profile.cookies()
  await visitorOf(stage, 'worker').post('/__waiting-room/leave', '{"final":true}', {
    'Waiting-Room-Token': `${pass?.value}`,
  })
  const guest = await guestOf(stage, 'worker')
  await profile.clearCookies()
  data = 'second'
  const told = await page.evaluate(async () => {
    const answer = await fetch('/data')
    return { status: answer.status, link: answer.headers.get('Link'), body: await answer.json() }
  })
  expect(told).toMatchObject({
    status: 503,
    link: '</__waiting-room/status?room=worker>; rel="waiting-room"',
    body: { waitingRoom: { number: null } },
  })
  // A file that exists already will do.
  await addStyle(page)

  await page.evaluate(() => {
    window.answer = window.roomFetch('/data')
  })
  await page.getByText('waiting 1').waitFor()
  const second = await profile.newPage()
  expect((await second.goto(urlOf(stage, 'worker', '/app')))?.status()).toBe(503)
  await untilHeading(second, IN_LINE)
  await guest.leave()
  expect(await page.evaluate(async () => (await window.answer).text())).toBe('second')
  await works(second)
  await expect.poll(() => kept(page)).toEqual(['/data 200', '/style 200', '/waiting-room-fetch.mjs 200'])
})

/** Loads the style sheet again, and waits until it applies. */
async function addStyle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (const old of document.querySelectorAll('link[rel=stylesheet]')) old.remove()
    const sheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/style' })
    const loaded = new Promise((done, failed) => {
      sheet.onload = done
      sheet.onerror = failed
    })
    document.head.append(sheet)
    await loaded
  })
  expect(await page.evaluate(() => getComputedStyle(document.querySelector('output') as Element).color)).toBe(
    'rgb(1, 2, 3)',
  )
}

/** The contents of the service worker's caches. */
function kept(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const cache = await caches.open('site-v1')
    const requests = await cache.keys()
    const entries = requests.map(async (request) => {
      const answer = await cache.match(request)
      return `${new URL(request.url).pathname} ${answer?.status}${answer?.headers.has('Link') ? ' of the room' : ''}`
    })
    return (await Promise.all(entries)).sort()
  })
}
