/** The proof of work before joining in a real browser. */
import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { ApiClient } from '../contract/support/api-client.ts'
import { issued } from '../contract/support/operator.ts'
import { useStage } from '../contract/support/stage.ts'
import { Turnstile } from '../contract/support/turnstile.ts'
import { accessibilityViolations } from './support/accessibility.ts'
import { useChromium } from './support/browser.ts'
import { keepHidden } from './support/hidden-tab.ts'
import { onTheSite, untilHeading } from './support/line.ts'
import { picture } from './support/picture.ts'
import { room, urlOf } from './support/site.ts'

const turnstile = await Turnstile.start()
afterAll(() => turnstile.stop())

/** A moment on a slow machine. */
const EASY = { proof_of_work: 'fixed', proof_of_work_bits: 12 }
const HARD = { proof_of_work: 'fixed', proof_of_work_bits: 24 }

const stage = useStage(
  [
    room('easy', 50, EASY),
    room('trivial', 50, { ...EASY, proof_of_work_bits: 1 }),
    room('hard', 50, HARD),
    room('arabic', 50, { ...HARD, default_language: 'ar' }),
    room('reset', 5, { ...EASY, queue_all: true }),
    room('both', 50, { ...EASY, turnstile_mode: 'invisible', turnstile_action: 'infinite_queue' }),
  ],
  { secrets: turnstile.variables },
)
const chromium = useChromium()

const CHECK = 'One moment, please'
const PAUSED = 'The line is paused'
const SLOW = 'Join without the task'
const PHONE = { viewport: { width: 390, height: 844 } }

/** Problems with the page's Content-Security-Policy, and errors of its script. */
function troubleOf(page: Page): string[] {
  const trouble: string[] = []
  page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()))
  page.on('pageerror', (error) => trouble.push(error.message))
  // The waiting page and the check page are answered with 503.
  return new Proxy(trouble, {
    get: (all, key) =>
      Reflect.get(
        all.filter((text) => !/status of 503/.test(text)),
        key,
      ),
  })
}

/** Gives the worker more bits than a hash may have, so that the work is never done by chance. */
async function withEndlessWork(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { postMessage } = Worker.prototype
    Worker.prototype.postMessage = function (task: object) {
      postMessage.call(this, { ...task, bits: 33 })
    }
  })
}

async function throttled(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 6 })
}

test('takes a person with a slow device through the task to the page that they wanted', async () => {
  const page = await chromium.page(PHONE)
  await throttled(page)
  const trouble = troubleOf(page)
  await page.goto(urlOf(stage, 'easy', '/page?row=4'))
  await onTheSite(page)
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/page?row=4')
  expect([...trouble]).toEqual([])
})

test('shows its progress, which never reaches the end by itself', async () => {
  const page = await chromium.page(PHONE)
  await throttled(page)
  await withEndlessWork(page)
  await page.goto(urlOf(stage, 'hard'))
  await untilHeading(page, CHECK)
  const bar = page.getByRole('progressbar')
  const value = () => bar.evaluate((element: HTMLProgressElement) => element.value)
  await expect.poll(value).toBeGreaterThan(0)
  const first = await value()
  await expect.poll(value).toBeGreaterThan(first)
  expect(await value()).toBeLessThan(1)
  await page
    .getByRole('status')
    .getByText(/^\d+% done$/)
    .waitFor()
  expect(await page.getByRole('button', { name: SLOW }).isVisible()).toBe(false)
  await picture(page, 'proof-of-work')
})

test.each(['light', 'dark'] as const)(
  'has an accessible page on a phone, while it works and when it offers to go on: %s',
  async (colorScheme) => {
    const page = await chromium.page({ ...PHONE, colorScheme })
    await withEndlessWork(page)
    await page.clock.install()
    await page.goto(urlOf(stage, 'hard', '/page'))
    await page.getByRole('status').getByText(/done$/).waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    await page.clock.fastForward(30_000)
    const slow = page.getByRole('button', { name: SLOW })
    await slow.waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
    await picture(page, `proof-of-work-long-${colorScheme}`)
    await slow.click()
    await onTheSite(page)
  },
)

test('fits a phone in a language that is written from right to left', async () => {
  const page = await chromium.page({ ...PHONE, locale: 'ar' })
  await withEndlessWork(page)
  await page.goto(urlOf(stage, 'arabic'))
  await page.getByRole('status').getByText(/اكتمل/).waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
})

test('lets a person without JavaScript join without the task', async () => {
  const page = await chromium.page({ ...PHONE, javaScriptEnabled: false })
  await page.goto(urlOf(stage, 'hard', '/page'))
  await page.getByRole('button', { name: SLOW }).click()
  await onTheSite(page)
})

test('goes on in a hidden tab', async () => {
  const page = await chromium.page()
  await keepHidden(page)
  await page.goto(urlOf(stage, 'easy', '/page'))
  await onTheSite(page)
})

test.each(['easy', 'trivial'])('works in the page itself where there are no workers: %s', async (name) => {
  const page = await chromium.page()
  await page.addInitScript(() => Object.assign(window, { Worker: undefined }))
  await page.goto(urlOf(stage, name, '/page'))
  await onTheSite(page)
})

test('works in the page itself where the worker does not start', async () => {
  const page = await chromium.page()
  await page.addInitScript(() => {
    window.Worker = class extends Worker {
      constructor() {
        super('/no-such-worker.js')
      }
    }
  })
  await page.goto(urlOf(stage, 'easy', '/page'))
  await onTheSite(page)
})

test('stops working when its page is left', async () => {
  const page = await chromium.page()
  await page.addInitScript(() => {
    const { terminate } = Worker.prototype
    Worker.prototype.terminate = function () {
      localStorage.setItem('terminated', '1')
      terminate.call(this)
    }
  })
  await withEndlessWork(page)
  await page.goto(urlOf(stage, 'hard'))
  await expect.poll(() => page.workers().length).toBe(1)
  await page.goto(urlOf(stage, 'hard', '/__waiting-room/healthz'))
  expect(await page.evaluate(() => localStorage.getItem('terminated'))).toBe('1')
  await expect.poll(() => page.workers().length).toBe(0)
})

test('leads a waiting page whose ticket is void to the task, and back into line', async () => {
  const page = await chromium.page()
  await page.goto(urlOf(stage, 'reset'))
  await untilHeading(page, PAUSED)
  // The proof of the first task would be good for a place in the new run.
  await page.context().clearCookies({ name: 'waiting-room-_check' })
  const solved = page.waitForResponse(/join-check/)
  await new ApiClient(stage.workerd).act('reset', 'reset', { confirm: 'reset' })
  expect((await solved).status()).toBe(303)
  await untilHeading(page, PAUSED)
  expect(await issued(stage.workerd, 'reset')).toBe(1)
})

test('sends one form when both the task and Turnstile are done', async () => {
  const page = await chromium.page()
  const token = turnstile.token({ hostname: 'both.localhost' })
  const script = `turnstile = { render: (_where, { callback }) => callback('${token}') }; onTurnstile()`
  await page.route('https://challenges.cloudflare.com/**', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  )
  const trouble = troubleOf(page)
  await page.goto(urlOf(stage, 'both', '/page'))
  await onTheSite(page)
  expect(turnstile.received.filter(({ response }) => response === token)).toHaveLength(1)
  expect([...trouble]).toEqual([])
})
