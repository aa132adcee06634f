/** Redirect mode in a browser: a site on one host, and the room on another. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { expressMiddleware, type Guard, type NodeRequest, redirectMode, remoteKeys } from '../../origin/index.ts'
import { passKey } from '../contract/support/pass-keys.ts'
import { useStage } from '../contract/support/stage.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { IN_LINE, untilHeading } from './support/line.ts'
import { room, urlOf, visitorOf } from './support/site.ts'

let guard: Guard | null = null

/** A site that is not behind the Worker. */
const site = createServer((request, response) => {
  guard ??= redirectMode({
    waitingRoom: urlOf(stage, 'redirected', '').replace(/\/$/, ''),
    room: 'redirected',
    audience: siteHost,
    secret: 'the-secret-of-the-site-in-these-tests',
    // Only browsers know that names below localhost are this machine.
    keys: remoteKeys(`http://127.0.0.1:${stage.workerd.port}/__waiting-room/jwks.json`),
  })
  expressMiddleware(guard)(request as NodeRequest, response, () => {
    response.setHeader('Content-Type', 'text/html')
    response.end(`<!doctype html><title>Shop</title><p>Welcome to ${request.url}</p>`)
  })
})
site.listen(0, '127.0.0.1')
await once(site, 'listening')
const siteHost = `shop.localhost:${(site.address() as AddressInfo).port}`
afterAll(() => {
  site.close()
  site.closeAllConnections()
})

const stage = useStage(
  [room('redirected', 1, { return_hosts: [siteHost], site_name: 'The Shop', session_timeout_seconds: 600 })],
  { secrets: { PASS_KEYS: passKey('browser').entry } },
)
const chromium = useChromium()

const back = `/r/redirected?return=${encodeURIComponent(`http://${siteHost}/`)}`

test('takes a visitor from the site to the room and back, by script and by form', async () => {
  const guest = visitorOf(stage, 'redirected')
  expect((await guest.get(back)).status).toBe(303)

  const page = await chromium.page()
  await page.goto(`http://${siteHost}/cart?item=7`)
  await untilHeading(page, IN_LINE)
  expect(await page.getByText('The Shop').isVisible()).toBe(true)
  await guest.leave()
  await page.getByText('Welcome to /cart?item=7').waitFor()
  expect(page.url()).toBe(`http://${siteHost}/cart?item=7`)
  await page.goto(`http://${siteHost}/next`)
  await page.getByText('Welcome to /next').waitFor()

  // Without JavaScript. The language form leads back to the room's address, and from there to the
  // site: the policy of the page must allow that.
  const scriptless = await chromium.page({ javaScriptEnabled: false })
  // Its own reload, every ten seconds, would open the site before the form does.
  await scriptless.route('**/__waiting-room/line?*', (route) => route.fulfill({ status: 204 }))
  await scriptless.goto(`http://${siteHost}/cart?item=8`)
  await untilHeading(scriptless, IN_LINE)
  const cookies = await page.context().cookies(urlOf(stage, 'redirected'))
  const holder = visitorOf(stage, 'redirected')
  for (const { name, value } of cookies) holder.cookies.set(name, value)
  await holder.leave()
  await expect
    .poll(async () => {
      const waiting = visitorOf(stage, 'redirected')
      for (const { name, value } of await scriptless.context().cookies(urlOf(stage, 'redirected'))) {
        waiting.cookies.set(name, value)
      }
      return (await waiting.get('/__waiting-room/status?room=redirected')).json().state
    })
    .toBe('admitted')
  await scriptless.locator('#languages summary').click()
  await scriptless.getByRole('button', { name: 'Deutsch' }).click()
  await scriptless.getByText('Welcome to /cart?item=8').waitFor()
})

test('shows a page for a link to another site, on a phone, too', async () => {
  for (const viewport of [
    { width: 800, height: 600 },
    { width: 360, height: 640 },
  ]) {
    const page = await chromium.page({ viewport })
    const link = urlOf(stage, 'redirected', '/r/redirected?return=https://evil.example/')
    expect((await page.goto(link))?.status()).toBe(400)
    await untilHeading(page, 'This link does not work')
    expect(await page.getByText('"evil.example" is not in return_hosts').isVisible()).toBe(true)
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    expect(await accessibilityViolations(page)).toEqual([])
  }
})
