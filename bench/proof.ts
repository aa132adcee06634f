/**
 * npm run bench -- --proof: how fast browsers solve the proof of work before joining, and why its
 * loop is written by hand.
 *
 * Runs the shipped worker (public/check.min.js) in Chromium, by turns as it is and slowed down by
 * the browser, and counts its hashes per second of processor time, so other load of the machine
 * changes little. How many hashes a task takes is chance with a known median (2^bits * ln 2), so
 * the rate is all there is to measure.
 */
import { createHash, randomUUID, webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { hash as fastSha256 } from 'fast-sha256'
import { type Browser, chromium, type Page } from 'playwright-core'
import { Solver } from '../client/check/solver.ts'
import { findChromium } from '../test/browser/support/find-chromium.ts'
import { cpuMs } from './cpu-ms.ts'

const SCRIPT = resolve(import.meta.dirname, '../public/check.min.js')
const CACHE = resolve(import.meta.dirname, '../.cache/browser')
const BITS = [12, 14, 16, 18, 20, 22, 24]
const SLOW_DOWN = 4

/** Hashes of one measurement, and measurements, of which the median counts. */
const HASHES = 1_000_000
const ROUNDS = 7

const HASHES_IN_NODE = { loop: 1_000_000, library: 100_000, webCrypto: 10_000 }

console.log('hashes per second of processor time, in Node')
for (const [name, perSecond] of await inNode()) console.log(`  ${name.padEnd(20)}${thousands(perSecond)}`)

console.log('\nthe shipped worker in Chromium: seconds until half, and until 19 of 20, of all visitors are done')
const rates = await inChromium()
console.log(`  ${'bits'.padEnd(16)}${'this machine'.padEnd(20)}${'slowed down'.padEnd(20)}a quarter`)
for (const bits of BITS) {
  const seconds = rates.flatMap((rate) => [Math.LN2, Math.log(20)].map((factor) => (factor * 2 ** bits) / rate))
  console.log(`  ${String(bits).padEnd(16)}${seconds.map((value) => value.toFixed(3).padEnd(10)).join('')}`)
}
console.log(`  ${'hashes/s'.padEnd(16)}${rates.map((rate) => thousands(rate).padEnd(20)).join('')}`)

async function inNode(): Promise<readonly (readonly [string, number])[]> {
  const id = randomUUID()
  const bytes = (nonce: number) => new TextEncoder().encode(`${id}:${nonce}`)
  const solver = new Solver(id, 33)
  solver.run(HASHES_IN_NODE.loop)
  const loop = perSecond(HASHES_IN_NODE.loop, () => solver.run(HASHES_IN_NODE.loop))
  const each = (count: number, hash: (text: Uint8Array) => unknown) => () => {
    for (let nonce = 0; nonce < count; nonce++) hash(bytes(nonce))
  }
  const native = (text: Uint8Array) => createHash('sha256').update(text).digest()
  const startMs = process.cpuUsage()
  for (let nonce = 0; nonce < HASHES_IN_NODE.webCrypto; nonce++) await webcrypto.subtle.digest('SHA-256', bytes(nonce))
  const { user, system } = process.cpuUsage(startMs)
  return [
    ['our loop', loop],
    ['fast-sha256', perSecond(HASHES_IN_NODE.library, each(HASHES_IN_NODE.library, fastSha256))],
    ['WebCrypto', HASHES_IN_NODE.webCrypto / ((user + system) / 1e6)],
    ['native, synchronous', perSecond(HASHES_IN_NODE.library, each(HASHES_IN_NODE.library, native))],
  ]
}

function perSecond(count: number, work: () => void): number {
  return count / (cpuMs(work) / 1000)
}

/** Hashes per second of processor time: of this machine, slowed down, and of a quarter of it. */
async function inChromium(): Promise<readonly number[]> {
  const { path, libraries } = await findChromium(CACHE)
  const env = { ...process.env, ...(libraries === null ? {} : { LD_LIBRARY_PATH: libraries }) }
  // The browser runs no page but ours.
  const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu'], env })
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Work</title>')
  }).listen(0, '127.0.0.1')
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const session = await page.context().newCDPSession(page)
    const perSecond: number[] = []
    const slowDowns: number[] = []
    for (let i = 0; i < ROUNDS; i++) {
      // On the session of the page it slows the page's workers down as well.
      await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
      const full = await rateOf(browser, page)
      await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW_DOWN })
      const slow = await rateOf(browser, page)
      perSecond.push(full.perProcessorSecond)
      // The browser slows down by waiting, which takes no processor time.
      slowDowns.push(full.perSecond / slow.perSecond)
    }
    console.log(
      `  (asked to be ${SLOW_DOWN} times slower, the worker was ${median(slowDowns).toFixed(1)} times slower)`,
    )
    const full = median(perSecond)
    return [full, full / median(slowDowns), full / 4]
  } finally {
    await browser.close()
    server.close()
  }
}

async function rateOf(browser: Browser, page: Page): Promise<{ perSecond: number; perProcessorSecond: number }> {
  await page.evaluate(startWorker(readFileSync(SCRIPT, 'utf8')))
  const first = await hashesAfter(page, HASHES / 4)
  const [startSeconds, startMs] = [await rendererSeconds(browser), performance.now()]
  const hashes = (await hashesAfter(page, first + HASHES)) - first
  const [endSeconds, endMs] = [await rendererSeconds(browser), performance.now()]
  await page.evaluate('worker.terminate()')
  return {
    perSecond: hashes / ((endMs - startMs) / 1000),
    perProcessorSecond: hashes / (endSeconds - startSeconds),
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number
}

async function rendererSeconds(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  return processInfo.reduce((sum, { type, cpuTime }) => sum + (type === 'renderer' ? cpuTime : 0), 0)
}

/** Runs in the page. The worker gets more bits than a hash may have. */
function startWorker(script: string): string {
  return `(() => {
    window.tried = 0
    window.worker = new Worker(URL.createObjectURL(new Blob([${JSON.stringify(script)}])))
    worker.onmessage = ({ data }) => (window.tried = data.tried)
    worker.postMessage({ id: crypto.randomUUID(), bits: 33 })
  })()`
}

async function hashesAfter(page: Page, count: number): Promise<number> {
  await page.waitForFunction(`tried >= ${count}`, undefined, { polling: 50, timeout: 0 })
  return page.evaluate<number>('tried')
}

function thousands(count: number): string {
  return `${Math.round(count / 1000).toLocaleString('en')},000`
}
