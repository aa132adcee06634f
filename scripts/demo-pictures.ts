/**
 * npm run demo-pictures: plays the demo with real Chromium and writes the two pictures of the
 * README.  - `docs/screenshots/line-to-site.gif` follows one browser from its place in line to the
 * site. - `docs/screenshots/operators.png` is the operators' page meanwhile.
 */
import { mkdirSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import sharp from 'sharp'
import { runCron } from '../demo/cron.ts'
import { Crowd } from '../demo/crowd.ts'
import { parseOptions } from '../demo/options.ts'
import { stopAllChildren } from '../demo/processes.ts'
import { makeRunFolder, ROOM, removeRunFolder, type Stage, setStage } from '../demo/stage.ts'
import { findChromium } from '../test/browser/support/find-chromium.ts'
import { prepareFonts } from '../test/browser/support/prepare-fonts.ts'

const PROJECT = resolve(import.meta.dirname, '..')
const CACHE = resolve(PROJECT, '.cache/browser')
const FOLDER = resolve(PROJECT, 'docs/screenshots')
const OPTIONS = ['--capacity', '6', '--rate', '60', '--visitors', '24']

const LINE_SIZE = { width: 720, height: 760 }
const OPERATORS_SIZE = { width: 1180, height: 1100 }
/** Lets the crowd fill the site and the charts gather some samples. */
const WARM_UP_MS = 90_000
const LOOK_EVERY_MS = 400
const LINE_MAX_MS = 240_000
const FRAME_MS = 700
const LAST_FRAME_MS = 3_000
const GIF_MAX_BYTES = 1_000_000

async function launch(): Promise<Browser> {
  const { path, libraries } = await findChromium(CACHE)
  const fonts = await prepareFonts(CACHE)
  const env = { ...process.env, FONTCONFIG_FILE: fonts, ...(libraries === null ? {} : { LD_LIBRARY_PATH: libraries }) }
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu'], env })
}

/** One picture per visible change, from the arrival until the site is shown. */
async function framesOf(page: Page, stage: Stage): Promise<Buffer[]> {
  await page.goto(`${stage.baseUrl}/`)
  const frames: Buffer[] = []
  let last = ''
  for (const endMs = Date.now() + LINE_MAX_MS; Date.now() < endMs; await sleep(LOOK_EVERY_MS)) {
    const text = await shownText(page)
    if (text === last) continue
    last = text
    frames.push(await page.screenshot())
    if (text.includes('You are in.')) return frames
  }
  throw new Error('the browser did not get in')
}

/** Empty while the page changes to the site. */
async function shownText(page: Page): Promise<string> {
  const text = await page
    .locator('body')
    .ariaSnapshot()
    .catch(() => '')
  // Times of day change without anything else having changed.
  return text.replace(/\d{1,2}:\d{2}(?::\d{2})?(?: [AP]M)?|\d+ seconds? ago/g, '')
}

async function writeGif(frames: readonly Buffer[]): Promise<void> {
  const file = resolve(FOLDER, 'line-to-site.gif')
  const delay = frames.map((_, index) => (index === frames.length - 1 ? LAST_FRAME_MS : FRAME_MS))
  const animation = sharp([...frames], { join: { animated: true } })
  await animation.gif({ delay, loop: 0, colours: 64, dither: 0, interFrameMaxError: 4 }).toFile(file)
  const { size } = statSync(file)
  console.log(`${file}: ${frames.length} frames, ${Math.round(size / 1024)} KiB`)
  if (size > GIF_MAX_BYTES) throw new Error(`the animation is larger than ${GIF_MAX_BYTES} bytes`)
}

async function writeOperatorsPage(page: Page, stage: Stage): Promise<void> {
  await page.goto(`${stage.baseUrl}/__waiting-room/admin#${ROOM}`)
  await page.getByLabel('Token').fill(stage.adminToken)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: ROOM, level: 2 }).waitFor()
  await sleep(5_000)
  const file = resolve(FOLDER, 'operators.png')
  await sharp(await page.screenshot())
    .png({ palette: true, colours: 128 })
    .toFile(file)
  console.log(`${file}: ${Math.round(statSync(file).size / 1024)} KiB`)
}

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  const ending = new AbortController()
  process.on('SIGINT', () => ending.abort())
  const folder = makeRunFolder()
  let browser: Browser | null = null
  try {
    const stage = await setStage(parseOptions(OPTIONS), folder, ending.signal)
    browser = await launch()
    const crowd = new Crowd(stage.baseUrl, ending.signal)
    crowd.trickle(24).catch(() => {})
    void runCron(stage, ending.signal)
    await sleep(WARM_UP_MS, undefined, { signal: ending.signal })
    const visitor = await browser.newPage({ viewport: LINE_SIZE, locale: 'en-GB' })
    const frames = await framesOf(visitor, stage)
    await writeGif(frames)
    const operator = await browser.newPage({ viewport: OPERATORS_SIZE, locale: 'en-GB' })
    await writeOperatorsPage(operator, stage)
  } finally {
    ending.abort()
    await browser?.close()
    await stopAllChildren()
    removeRunFolder(folder)
  }
}

await main()
process.exit()
