/**
 * npm run bench -- --page [--minutes N]: the cost of the waiting page for a weak phone, beside the
 * budget of docs/waiting-page.md. Ends with 1 if a figure is over its budget.
 *
 * Chromium opens the page with a processor slowed down by four and a slow 3G network, and waits
 * near the front. Nothing else runs in that browser, so its processor time is the page's.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { findChromium } from '../test/browser/support/find-chromium.ts'
import { prepareFonts } from '../test/browser/support/prepare-fonts.ts'
import buildWorker from '../test/contract/support/build-worker.ts'
import { WORKER_SOCKET, workerConfig } from '../test/contract/support/worker-config.ts'
import { Workerd } from './workerd.ts'

const CACHE = resolve(import.meta.dirname, '../.cache/browser')
const DOCUMENT = resolve(import.meta.dirname, '../docs/waiting-page.md')
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update']
const HOST = 'page.localhost'
/** Longer than any run, so that nobody ahead expires. */
const PATIENCE_SECONDS = 600
/** Near the front, where pages poll most often but for the last seconds. */
const PLACE = 30

const SLOW_DOWN = 4
/** 400 kbit/s, and 400 ms until the first byte. */
const SLOW_3G = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 }
/** The page is settled: it has loaded, its first poll is over, and nothing moves any more. */
const SETTLED_MS = 10_000

/** First visits, of which the median counts. */
const LOADS = 5
const FIRST_PAINT = 'performance.getEntriesByName("first-contentful-paint")[0]'

/** Figures by their names in the document. */
type Figures = Readonly<Record<string, number>>

export async function benchPage(minutes: number): Promise<void> {
  const budget = budgetOf(readFileSync(DOCUMENT, 'utf8'))
  const figures = await measure(minutes)
  console.log(`\nThe waiting page on a weak phone, over ${minutes} min`)
  console.table(
    Object.entries(figures).map(([figure, measured]) => {
      const limit = budget.get(figure)
      const isOver = limit === undefined || measured > limit
      if (isOver) process.exitCode = 1
      return { figure, measured, budget: limit ?? 'none', '': isOver ? 'OVER' : '' }
    }),
  )
  console.log(
    `Loaded ${LOADS} times with ${SLOW_DOWN} times less processor, 400 kbit/s and 400 ms of latency (medians), then watched in
place ${PLACE} of the line at full speed. This Chromium draws without a graphics processor, so motion costs more processor
time than on a phone. The server sends the page uncompressed, so the first paint comes later than in production.`,
  )
}

/** The budget's table: `| figure | budget | measured |`. */
function budgetOf(text: string): ReadonlyMap<string, number> {
  const [, table = ''] = /\| figure \| budget \| measured \|\n(?:\| --- ){3}\|\n((?:\|.*\n)+)/.exec(text) ?? []
  const rows = [...table.matchAll(/^\| (.+?) \| ([\d,.]+) \|/gm)]
  return new Map(rows.map(([, figure = '', limit = '']) => [figure, Number(limit.replaceAll(',', ''))]))
}

async function measure(minutes: number): Promise<Figures> {
  const provided: Record<string, string> = {}
  const provide = (name: string, value: string) => {
    provided[name] = value
  }
  const cleanUp = await buildWorker({ provide } as unknown as TestProject)
  const folder = `${provided.scratch}/page`
  mkdirSync(folder)
  const room = {
    name: 'page',
    host: HOST,
    total_active_users: 1,
    new_users_per_minute: 60,
    heartbeat_timeout_seconds: PATIENCE_SECONDS,
    session_timeout_seconds: 2 * PATIENCE_SECONDS,
    lease_below: 0,
    force_https: false,
  }
  const bindings = { rooms: [room], originUrl: 'http://127.0.0.1:9' }
  const config = workerConfig(provided.workerBuild ?? '', folder, `${folder}/storage`, bindings)
  const workerd = await Workerd.start(folder, config, 1)
  const browser = await startBrowser()
  try {
    const port = workerd.port(WORKER_SOCKET)
    // One is admitted, the others stand in front of the browser.
    for (let ahead = 0; ahead < PLACE; ahead++) await join(port)
    return await watch(browser, `http://${HOST}:${port}/`, minutes)
  } finally {
    await browser.close()
    await workerd.stop()
    cleanUp()
  }
}

async function startBrowser(): Promise<Browser> {
  const [{ path, libraries }, fonts] = [await findChromium(CACHE), await prepareFonts(CACHE)]
  const own = libraries === null ? {} : { LD_LIBRARY_PATH: libraries }
  return chromium.launch({ executablePath: path, args: FLAGS, env: { ...process.env, FONTCONFIG_FILE: fonts, ...own } })
}

interface Load {
  readonly firstPaintMs: number
  readonly scriptMs: number
  readonly body: Buffer
}

/** Opens the page as a newcomer, slowed down. */
async function load(page: Page, session: CDPSession, url: string): Promise<Load> {
  await session.send('Performance.enable')
  await session.send('Network.enable')
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW_DOWN })
  await session.send('Network.emulateNetworkConditions', SLOW_3G)
  const answer = await page.goto(url)
  await page.waitForFunction(`${FIRST_PAINT} !== undefined`)
  const firstPaintMs = await page.evaluate<number>(`${FIRST_PAINT}.startTime`)
  const scriptMs = 1000 * ((await metricsOf(session)).get('ScriptDuration') ?? Number.NaN)
  // Chromium slows down by keeping the processor busy, which would count later.
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  return { firstPaintMs, scriptMs, body: (await answer?.body()) ?? Buffer.alloc(0) }
}

async function watch(browser: Browser, url: string, minutes: number): Promise<Figures> {
  const open = async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-US' })
    return { page, session: await page.context().newCDPSession(page) }
  }
  const loads: Load[] = []
  for (let turn = 1; turn < LOADS; turn++) {
    const { page, session } = await open()
    loads.push(await load(page, session, url))
    await page.close()
  }

  const { page, session } = await open()
  let polls = 0
  page.on('request', (sent) => {
    if (sent.url().includes('/__waiting-room/status')) polls++
  })
  const last = await load(page, session, url)
  loads.push(last)
  const paintedSeconds = await processorSeconds(browser)
  await pause(SETTLED_MS)
  const before = { seconds: await processorSeconds(browser), polls, heap: await heapKiB(session) }
  await pause(minutes * 60_000)
  const after = { seconds: await processorSeconds(browser), polls, heap: await heapKiB(session) }
  return {
    'page, Brotli, bytes': brotliCompressSync(last.body).length,
    'page, gzip, bytes': gzipSync(last.body, { level: 6 }).length,
    'first contentful paint, ms': median(loads.map(({ firstPaintMs }) => firstPaintMs)),
    'script until then, ms': median(loads.map(({ scriptMs }) => scriptMs)),
    'processor time of the first 10 s, s': rounded(before.seconds - paintedSeconds),
    'processor time, s per min': rounded((after.seconds - before.seconds) / minutes),
    'polls per min': rounded((after.polls - before.polls) / minutes),
    'script memory, KiB': after.heap,
    'growth of script memory, KiB per min': rounded(Math.max(0, after.heap - before.heap) / minutes),
  }
}

async function metricsOf(session: CDPSession): Promise<ReadonlyMap<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics')
  return new Map(metrics.map(({ name, value }) => [name, value]))
}

/** Of live objects. */
async function heapKiB(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  return Math.round(((await metricsOf(session)).get('JSHeapUsedSize') ?? Number.NaN) / 1024)
}

/** Of all processes of the browser so far: script, layout, drawing, network. */
async function processorSeconds(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN)
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

/** A newcomer joins the line. */
function join(port: number): Promise<void> {
  return new Promise((done, fail) => {
    const sent = request({ host: '127.0.0.1', port, path: '/', headers: { Host: HOST, Accept: 'text/html' } })
    sent.on('response', (response) => response.resume().on('end', done))
    sent.on('error', fail)
    sent.end()
  })
}
