/** The waiting page for people with low vision: large text, and colours of their own choice. */
import type { Locator, Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { useStage } from '../../contract/support/stage.ts'
import { useChromium } from '../support/browser.ts'
import { contrastOf, pixelsOf } from '../support/contrast.ts'
import { cutOff, openPreview, previewPage } from '../support/preview.ts'
import { room } from '../support/site.ts'

/** A window of 1280 by 1024 pixels at a zoom of 400 %. */
const ZOOMED = { width: 320, height: 256 }
/** WCAG 2.2, 1.4.11: of anything but text that carries meaning. */
const MARK_CONTRAST_MIN = 3

/** One state for each icon. */
const STATES_BY_ICON = ['waiting', 'paused', 'closed', 'expired', 'lost', 'admitted']

const stage = useStage([room('tickets', 1)])
const chromium = useChromium()

let page: Page
beforeAll(async () => {
  page = await previewPage(chromium)
})
beforeEach(async () => {
  await page.emulateMedia({ forcedColors: 'none' })
})

test.each(['waiting', 'lobby'])('stays usable at the highest zoom in state %s', async (state) => {
  await page.setViewportSize(ZOOMED)
  for (const lang of ['de', 'ar']) {
    await openPreview(stage, page, { state, lang })
    expect(await cutOff(page)).toEqual([])
    // Every control scrolls into view when it gets the focus, and nothing covers it there.
    const controls: { readonly name: string; readonly isSeen: boolean }[] = []
    for (let focused = await nextControl(); focused !== null; focused = await nextControl()) controls.push(focused)
    expect(controls.length).toBeGreaterThan(3)
    expect(controls.filter(({ isSeen }) => !isSeen)).toEqual([])
  }
})

test('keeps every mark of state in forced colours', async () => {
  await page.setViewportSize({ width: 720, height: 900 })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ forcedColors: 'active', colorScheme })
    await openPreview(stage, page, { state: 'waiting', lang: 'en' })
    const call = page.locator('#call-me')
    const [off, on] = [await look(call), await call.check().then(() => look(call))]
    expect(on.equals(off)).toBe(false)
    const progress = page.locator('#progress')
    const [some, more] = [await look(progress), await progress.evaluate(setProgress, 90).then(() => look(progress))]
    expect(more.equals(some)).toBe(false)
    for (const mark of [call, progress, page.locator('.orb')])
      expect(await markContrast(mark)).toBeGreaterThan(MARK_CONTRAST_MIN)

    const icons = new Set<string>()
    for (const state of STATES_BY_ICON) {
      await openPreview(stage, page, { state, lang: 'en' })
      const icon = page.locator('.orb')
      expect(await markContrast(icon)).toBeGreaterThan(MARK_CONTRAST_MIN)
      icons.add((await look(icon)).toString('base64'))
    }
    expect(icons.size).toBe(STATES_BY_ICON.length)
  }
})

function look(element: Locator): Promise<Buffer> {
  return element.screenshot({ animations: 'disabled' })
}

/** The contrast between the lightest and the darkest pixel of an element. */
async function markContrast(element: Locator): Promise<number> {
  const { data } = await pixelsOf(await look(element))
  const [black, white] = [
    [0, 0, 0],
    [255, 255, 255],
  ]
  let [darkest, lightest] = [white, black] as [number[], number[]]
  for (let at = 0; at < data.length; at += 3) {
    const colour = [...data.subarray(at, at + 3)]
    const lightness = contrastOf(colour, black)
    if (lightness < contrastOf(darkest, black)) darkest = colour
    if (lightness > contrastOf(lightest, black)) lightest = colour
  }
  return contrastOf(darkest, lightest)
}

/** Runs in the page. */
function setProgress(element: Element, value: number): void {
  ;(element as HTMLProgressElement).value = value
}

/** The element that Tab goes to. Null behind the last one. */
async function nextControl(): Promise<{ name: string; isSeen: boolean } | null> {
  await page.keyboard.press('Tab')
  return page.evaluate(() => {
    const element = document.activeElement
    if (element === null || element === document.body) return null
    const { left, right, top, bottom } = element.getBoundingClientRect()
    const isInside = left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight
    const middle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    const isSeen = isInside && (element.contains(middle) || middle?.contains(element) === true)
    return { name: element.outerHTML.slice(0, 120), isSeen }
  })
}
