/**
 * The cost of the waiting page for a visitor: one request, few bytes, and no work that blocks the
 * browser. Printed with each run.
 */
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { PAGE_STATES } from '../../../src/status.ts'
import { useStage } from '../../contract/support/stage.ts'
import { useChromium } from '../support/browser.ts'
import { IN_LINE, untilHeading } from '../support/line.ts'
import { openPreview, previewPage } from '../support/preview.ts'
import { guestOf, room, urlOf } from '../support/site.ts'

/** The bytes that fit into the first round trip of a connection. */
const COMPRESSED_MAX_BYTES = 14 * 1024

/** Motion costs more processor time than everything else on the page. */
const MOTION_MAX_MS = 10_000

const stage = useStage([room('weight', 1), room('tickets', 1)])
const chromium = useChromium()

test('loads the waiting page in one request of at most 14 KB, followed only by polls', async () => {
  await guestOf(stage, 'weight')
  const page = await chromium.page()
  const requests: string[] = []
  // Created by the page: the icon, and the worker that keeps time.
  const isMade = (url: string) => /^(data|blob):/.test(url)
  page.on('request', (request) => isMade(request.url()) || requests.push(request.url()))
  await page.addInitScript(() => {
    const tasks: number[] = []
    Object.assign(window, { longTasksMs: tasks })
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
      buffered: true,
    })
  })
  const url = urlOf(stage, 'weight', '/page')
  const answer = await page.goto(url)
  await untilHeading(page, IN_LINE)
  await page.waitForEvent('request', { predicate: (request) => request.url().includes('/status') })

  const polls = urlOf(stage, 'weight', '/__waiting-room/status?room=weight')
  const loaded = requests.filter((request) => request !== polls)

  const body = (await answer?.body()) ?? Buffer.alloc(0)
  const gzip = gzipSync(body, { level: 6 }).length
  const timing = await page.evaluate(() => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0
    // As Lighthouse counts: the part of each task above 50 ms.
    const { longTasksMs } = window as unknown as { longTasksMs: number[] }
    const blockingMs = longTasksMs.reduce((sum, ms) => sum + ms - 50, 0)
    return { firstContentfulPaintMs: Math.round(paint), totalBlockingMs: Math.round(blockingMs) }
  })
  const brotli = brotliCompressSync(body).length
  console.info('waiting page', { requests: loaded.length, bytes: body.length, gzip, brotli, ...timing })
  expect(loaded).toEqual([url])
  expect(gzip).toBeLessThanOrEqual(COMPRESSED_MAX_BYTES)
})

test('moves nothing for longer than 10 s in any state', async () => {
  const page = await previewPage(chromium)
  const moving: string[] = []
  for (const state of PAGE_STATES) {
    await openPreview(stage, page, { state, lang: 'en' })
    const endsMs = await page.evaluate(() =>
      document.getAnimations().map(({ effect }) => Number(effect?.getComputedTiming().endTime)),
    )
    if (endsMs.length > 0) moving.push(state)
    expect(Math.max(0, ...endsMs)).toBeLessThanOrEqual(MOTION_MAX_MS)
  }
  expect(moving).toContain('waiting')
})
