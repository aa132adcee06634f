/** The announcements of the waiting page to people who do not see it. */
import type { Page, Route } from 'playwright-core'
import { expect, test } from 'vitest'
import { useStage } from '../../contract/support/stage.ts'
import { Announcer } from '../support/announcer.ts'
import { useChromium } from '../support/browser.ts'
import { joinLine } from '../support/line.ts'
import { guestOf, room, urlOf } from '../support/site.ts'

const START_MS = Date.UTC(2026, 0, 1)
const POLL_SECONDS = 2
const POLLS = '**/__waiting-room/status?*'

declare global {
  interface Window {
    answersRead: number
  }
}

const stage = useStage([room('spoken', 1)])
const chromium = useChromium()

test('announces a change of state at once, and progress every 20 to 30 s, politely and without taking the focus', async () => {
  await guestOf(stage, 'spoken')
  const page = await pausedPage()
  await joinLine(page, urlOf(stage, 'spoken', '/page'))
  const announcer = await Announcer.of(page)
  expect(await announcer.liveRegions()).toEqual(['status: polite'])
  await page.locator('#leave-ask').focus()

  const said: { readonly atSeconds: number; readonly text: string }[] = []
  let atSeconds = 0
  const poll = async (changes: Readonly<Record<string, unknown>>) => {
    const before = await announcer.textOf('status')
    await pollWith(page, changes)
    atSeconds += POLL_SECONDS
    const text = await announcer.textOf('status')
    if (text !== before) said.push({ atSeconds, text })
  }

  // The page was read when it opened, so it begins in silence. The line moves at every poll.
  for (let position = 90; position > 50; position--) await poll({ state: 'waiting', position })
  const times = said.map((one) => one.atSeconds)
  expect(times.length).toBeGreaterThanOrEqual(2)
  for (const [index, time] of times.entries()) {
    const sinceSeconds = time - (times[index - 1] ?? 0)
    expect(sinceSeconds).toBeGreaterThanOrEqual(20)
    expect(sinceSeconds).toBeLessThanOrEqual(30)
  }
  for (const { atSeconds: time, text } of said) expect(text).toContain(`${91 - time / POLL_SECONDS}`)

  // Nothing changes: nothing is said.
  await poll({ state: 'waiting', position: 51 })
  said.length = 0
  for (let i = 0; i < 20; i++) await poll({ state: 'waiting', position: 51 })
  expect(said.length).toBeLessThanOrEqual(1)

  said.length = 0
  const changed = atSeconds
  await poll({ state: 'paused', position: 51 })
  await poll({ state: 'waiting', position: 51 })
  expect(said.map((one) => one.atSeconds - changed)).toEqual([POLL_SECONDS, 2 * POLL_SECONDS])
  expect(said[0]?.text).toContain('paused')
  expect(said[1]?.text).toContain('51')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('leave-ask')
  expect(await announcer.liveRegions()).toEqual(['status: polite'])
})

/** A page whose clock only the test moves. It has no worker, whose clock would go on. */
async function pausedPage(): Promise<Page> {
  const page = await chromium.page()
  await page.clock.install({ time: START_MS })
  await page.clock.pauseAt(START_MS + 1)
  await page.addInitScript(() => {
    window.Worker = class {
      constructor() {
        throw new Error('no workers here')
      }
    } as unknown as typeof Worker
    const { json } = Response.prototype
    window.answersRead = 0
    Response.prototype.json = async function () {
      const body = await json.call(this)
      window.answersRead++
      return body
    }
  })
  return page
}

/** One poll, answered with the status that the page was served with and these changes. */
async function pollWith(page: Page, changes: Readonly<Record<string, unknown>>): Promise<void> {
  const served = await page.evaluate(() => JSON.parse(document.getElementById('visit')?.textContent ?? '').status)
  const json = { ...served, cookies: true, ...changes, pollAfterSeconds: POLL_SECONDS }
  const answer = (route: Route) => route.fulfill({ json })
  await page.route(POLLS, answer)
  const read = await page.evaluate(() => window.answersRead)
  await page.clock.runFor(POLL_SECONDS * 1000)
  // In the same turn the page shows the answer and schedules the next poll.
  await expect.poll(() => page.evaluate(() => window.answersRead)).toBe(read + 1)
  expect(await page.locator('#position').textContent()).toBe(`${json.position}`)
  await page.unroute(POLLS, answer)
}
