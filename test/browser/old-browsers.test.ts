/**
 * Old browsers, and scripts that fail: visitors are admitted, by the script or by reloads.
 */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { useStage } from '../contract/support/stage.ts'
import { useChromium } from './support/browser.ts'
import { IN_LINE, joinLine, onTheSite, untilHeading } from './support/line.ts'
import { OLD_CHROMIUMS, openOldChromium } from './support/old-chromium.ts'
import { guestOf, room, urlOf } from './support/site.ts'

const VERSIONS = Object.keys(OLD_CHROMIUMS).map(Number)

const stage = useStage([
  ...VERSIONS.map((version) => room(`chromium-${version}`, 1)),
  room('broken', 3),
  room('stalled', 1),
])
const chromium = useChromium()

describe.each(VERSIONS)('Chromium %i', (version) => {
  test.skipIf(OLD_CHROMIUMS[version] === null)('runs the script, is admitted, and sends heartbeats', async () => {
    const guest = await guestOf(stage, `chromium-${version}`)
    const tab = await openOldChromium(version)
    expect(await tab.run('navigator.userAgent')).toContain(`Chrome/${version}.`)
    await tab.go(urlOf(stage, `chromium-${version}`, '/page?seat=7'))
    await tab.until("document.getElementById('live').hidden === false")
    expect(await tab.run("document.getElementById('heading').textContent")).toMatch(IN_LINE)
    expect(await tab.run("document.getElementById('reloads').hidden")).toBe(true)
    await guest.leave()
    await tab.until("document.body.textContent.includes('Grüße from the shop')")
    expect(await tab.run('location.pathname + location.search')).toBe('/page?seat=7')
    const heartbeat = `204 ${urlOf(stage, `chromium-${version}`, '/__waiting-room/heartbeat?room=')}`
    await expect.poll(() => tab.answers.some((answer) => answer.startsWith(heartbeat))).toBe(true)
  })
})

test('admits visitors by reloads if the script does not parse, fails at once, or is blocked', async () => {
  const guests = [await guestOf(stage, 'broken'), await guestOf(stage, 'broken'), await guestOf(stage, 'broken')]
  const pages = await Promise.all([
    scriptReplaced('let let = 1'),
    scriptReplaced('throw new Error("first line")'),
    // The policy of the page allows neither script: their hashes are others.
    scriptReplaced('0', { keepsPolicy: true }),
  ])
  await Promise.all(pages.map((page) => joinLine(page, urlOf(stage, 'broken', '/page'))))
  for (const page of pages) {
    // The page may just be reloading.
    await page.getByText('This page reloads automatically').waitFor()
    expect(await page.getByText('No need to reload').isVisible()).toBe(false)
  }
  for (const guest of guests) await guest.leave()
  await Promise.all(pages.map(onTheSite))
})

test('reloads a page whose script has stopped', async () => {
  await guestOf(stage, 'stalled')
  const page = await chromium.page()
  await page.clock.install()
  await joinLine(page, urlOf(stage, 'stalled', '/page'))
  await page.getByText('No need to reload').waitFor()
  const reload = page.waitForRequest((request) => request.url().includes('/__waiting-room/line?'))
  // The next poll fails where nobody expects it.
  await page.evaluate(() => {
    performance.now = () => {
      throw new Error('stopped')
    }
  })
  await page.clock.runFor(60_000)
  await reload
  await untilHeading(page, IN_LINE)
})

/** A page whose script, the last one, is another, and whose policy allows it unless it is kept. */
async function scriptReplaced(script: string, { keepsPolicy = false } = {}): Promise<Page> {
  const page = await chromium.page()
  await page.route(/\/(page|__waiting-room\/line\?.*)$/, async (route) => {
    // The test's process does not resolve names below `localhost`.
    const { host } = new URL(route.request().url())
    const url = route.request().url().replace(host, `127.0.0.1:${stage.workerd.port}`)
    const response = await route.fetch({
      url,
      headers: { ...(await route.request().allHeaders()), host },
      maxRedirects: 0,
    })
    const text = await response.text()
    const at = text.lastIndexOf('<script>')
    const headers = response.headers()
    if (keepsPolicy)
      headers['content-security-policy'] = String(headers['content-security-policy']).replace(/sha256-./g, 'sha256-x')
    else delete headers['content-security-policy']
    await route.fulfill({ response, headers, body: at < 0 ? text : `${text.slice(0, at)}<script>${script}</script>` })
  })
  return page
}
