/**
 * The check before joining in a real browser. Turnstile's script and frame are stand-ins, served in
 * place of challenges.cloudflare.com under the policy that the page has for the real ones.
 */
import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { ApiClient } from '../contract/support/api-client.ts'
import { issued } from '../contract/support/operator.ts'
import { useStage } from '../contract/support/stage.ts'
import { Turnstile } from '../contract/support/turnstile.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { IN_LINE, onTheSite, ticketOf, untilHeading } from './support/line.ts'
import { room, urlOf } from './support/site.ts'

const turnstile = await Turnstile.start()
afterAll(() => turnstile.stop())

const MODE = { turnstile_mode: 'visible_managed', turnstile_action: 'infinite_queue' }
const stage = useStage(
  [
    room('people', 5, MODE),
    room('bots', 5, MODE),
    room('blocked', 5, { ...MODE, turnstile_action: 'log' }),
    room('reset', 5, { turnstile_mode: 'invisible', queue_all: true }),
  ],
  { secrets: turnstile.variables },
)
const chromium = useChromium()

const CHECK = 'One moment, please'
const PAUSED = 'The line is paused'
const HOST = 'https://challenges.cloudflare.com'

/** Loads a frame of its host, and reports this token once the frame has run a script. */
const widget = (token: string) => `
window.turnstile = {
  render(where, options) {
    const frame = document.createElement('iframe')
    frame.src = '${HOST}/frame'
    frame.title = 'Widget'
    addEventListener('message', ({ origin, data }) => {
      if (origin === '${HOST}' && data === 'solved') options.callback('${token}')
    })
    document.querySelector(where).append(frame)
  },
}
onTurnstile()`

/** `solved`: the frame reports a result. Otherwise it waits, as for a click. */
async function withWidget(page: Page, token: string, solved = true): Promise<string[]> {
  const violations: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && /policy/i.test(message.text())) violations.push(message.text())
  })
  await page.route(`${HOST}/**`, (route) => {
    const isScript = route.request().url().includes('/turnstile/v0/api.js')
    if (isScript) return route.fulfill({ contentType: 'text/javascript', body: widget(token) })
    const frame = `<!doctype html><title>Widget</title><p>${solved ? '<script>parent.postMessage("solved", "*")</script>' : 'Click'}`
    return route.fulfill({ contentType: 'text/html', body: frame })
  })
  return violations
}

test('takes a person through the check to the page that they wanted', async () => {
  const page = await chromium.page()
  const token = turnstile.token({ hostname: 'people.localhost' })
  const violations = await withWidget(page, token)
  await page.goto(urlOf(stage, 'people', '/page?row=4'))
  await onTheSite(page)
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/page?row=4')
  expect(violations).toEqual([])
  expect(turnstile.received.filter(({ response }) => response === token)).toHaveLength(1)
})

test('shows an accessible page while the widget waits for the visitor, in light and dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await chromium.page({ colorScheme })
    await withWidget(page, 'unused', false)
    await page.goto(urlOf(stage, 'people'))
    await page.frameLocator('iframe').getByText('Click').waitFor()
    await untilHeading(page, CHECK)
    expect(await accessibilityViolations(page)).toEqual([])
  }
})

test('keeps a program that fails the check on a waiting page', async () => {
  const page = await chromium.page()
  await withWidget(page, 'forged')
  await page.goto(urlOf(stage, 'bots', '/seats'))
  await untilHeading(page, IN_LINE)
  expect(await page.getByText(/^99 people ahead of you/).count()).toBe(1)
  const number = await ticketOf(page)
  const poll = await page.waitForResponse(/__waiting-room\/status/)
  expect(poll.status()).toBe(200)
  expect(await ticketOf(page)).toBe(number)
  expect(await issued(stage.workerd, 'bots')).toBe(0)
})

test('explains itself where the script is blocked, and lets people go on where failures are only logged', async () => {
  const page = await chromium.page()
  await page.route(`${HOST}/**`, (route) => route.abort())
  await page.goto(urlOf(stage, 'blocked', '/page'))
  await page.getByText(/allow scripts from challenges\.cloudflare\.com/).waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  await page.getByRole('button', { name: 'Continue' }).click()
  await onTheSite(page)
})

test('asks a person without JavaScript to go on with the button', async () => {
  const page = await chromium.page({ javaScriptEnabled: false })
  await page.goto(urlOf(stage, 'blocked', '/page'))
  // Playwright sees no text in a noscript element, but the visitor does.
  expect(await page.content()).toContain('The check needs JavaScript')
  await page.locator('noscript button').click({ force: true })
  await onTheSite(page)
})

test('leads a waiting page whose ticket is void to the check', async () => {
  const page = await chromium.page()
  const tokens = [1, 2].map(() => turnstile.token({ hostname: 'reset.localhost' }))
  const left = [...tokens]
  const script = () => `turnstile = { render: (_where, { callback }) => callback('${left.shift()}') }; onTurnstile()`
  await page.route(`${HOST}/**`, (route) => route.fulfill({ contentType: 'text/javascript', body: script() }))
  await page.goto(urlOf(stage, 'reset'))
  await untilHeading(page, PAUSED)
  // The proof of the first check would be good for a place in the new run.
  await page.context().clearCookies({ name: 'waiting-room-_check' })
  await new ApiClient(stage.workerd).act('reset', 'reset', { confirm: 'reset' })
  await expect.poll(() => turnstile.received.map(({ response }) => response)).toEqual(expect.arrayContaining(tokens))
  await untilHeading(page, PAUSED)
  expect(await issued(stage.workerd, 'reset')).toBe(1)
})
