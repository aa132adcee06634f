/**
 * The waiting page in each state and language, in the operators' preview: accessible, and nothing
 * is cut off. `npm run screenshots` stores the screenshots.
 */
import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { messages } from '../../../src/pages/messages/index.ts'
import { PAGE_STATES } from '../../../src/status.ts'
import { useStage } from '../../contract/support/stage.ts'
import { accessibilityViolations } from '../support/accessibility.ts'
import { useChromium } from '../support/browser.ts'
import { faintTexts } from '../support/contrast.ts'
import { picture } from '../support/picture.ts'
import { cutOff, openPreview, previewPage } from '../support/preview.ts'
import { room } from '../support/site.ts'

const LANGUAGES = ['en', 'ko', 'ja', 'zh-Hans', 'zh-Hant', 'es', 'fr', 'de', 'pt-BR', 'it', 'ar', 'hi'] as const
const PICTURED_DARK = ['waiting', 'lost']
/** Non-Latin scripts, and the longest words. */
const PICTURED: readonly string[] = ['ko', 'ja', 'zh-Hans', 'zh-Hant', 'ar', 'hi', 'de']
const MESSAGE = 'The box office stays open until everyone in this line had their turn.'

const PHONE = { width: 390, height: 844 }
/** The remaining width of a common window at 400% zoom, and of a phone's at 200%. */
const NARROW = { width: 320, height: 640 }

const stage = useStage([room('tickets', 1)])
const chromium = useChromium()

// One page for all tests, since the preview stores nothing.
let page: Page
beforeAll(async () => {
  page = await previewPage(chromium)
})
beforeEach(async () => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 720, height: 640 })
})

test.each(PAGE_STATES)('is accessible in state %s, in light and dark mode', async (state) => {
  const message = state === 'waiting' ? MESSAGE : ''
  await openPreview(stage, page, { state, lang: 'en', ...(message === '' ? {} : { message }) })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await accessibilityViolations(page)).toEqual([])
    // The card and the page lie on gradients, whose contrast axe does not measure.
    expect(await faintTexts(page)).toEqual([])
    if (colorScheme === 'light' || PICTURED_DARK.includes(state)) await picture(page, `${state}-${colorScheme}`)
  }
})

test.each(LANGUAGES)('is accessible in %s, and nothing is cut off on the narrowest screen', async (lang) => {
  await page.setViewportSize(PHONE)
  await openPreview(stage, page, { state: 'waiting', lang })
  expect(await page.locator('html').getAttribute('lang')).toBe(lang)
  expect(await page.locator('html').getAttribute('dir')).toBe(lang === 'ar' ? 'rtl' : 'ltr')
  expect(await accessibilityViolations(page)).toEqual([])
  if (PICTURED.includes(lang)) await picture(page, `language-${lang}`)

  await page.setViewportSize(NARROW)
  expect(await cutOff(page)).toEqual([])
  for (const { heading, lead, action = '' } of Object.values(messages[lang].live.states)) {
    await page.evaluate(showTexts, { heading, lead, action })
    expect(await cutOff(page), heading).toEqual([])
    expect(await lines('h1'), heading).toBeLessThanOrEqual(3)
    expect(await lines('#lead'), lead).toBeLessThanOrEqual(9)
    expect(await lines('#action'), action).toBeLessThanOrEqual(1)
  }
})

test('fits on a phone with text at twice the size', async () => {
  await page.setViewportSize(PHONE)
  await openPreview(stage, page, { state: 'waiting', lang: 'de', message: MESSAGE })
  await page.evaluate(() => {
    document.documentElement.style.fontSize = '200%'
  })
  expect(await cutOff(page)).toEqual([])
})

test('shows no motion to visitors who prefer reduced motion', async () => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await openPreview(stage, page, { state: 'waiting', lang: 'en' })
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
})

test('moves for a few seconds only', async () => {
  await page.emulateMedia({ reducedMotion: 'no-preference' })
  await openPreview(stage, page, { state: 'waiting', lang: 'en' })
  const ends = await page.evaluate(() =>
    document.getAnimations().map(({ effect }) => effect?.getComputedTiming().endTime),
  )
  expect(ends).toHaveLength(1)
  expect(Number(ends[0])).toBeLessThan(15_000)
})

/** Runs in the page. */
function showTexts(texts: Readonly<Record<'heading' | 'lead' | 'action', string>>): void {
  for (const [id, text] of Object.entries(texts)) {
    const element = document.getElementById(id) as HTMLElement
    element.textContent = text
    ;(element.closest('[id$=-box]') ?? element).toggleAttribute('hidden', text === '')
  }
}

/** The height of an element in lines of its text; 0: it is hidden. */
function lines(selector: string): Promise<number> {
  return page.locator(selector).evaluate((element) => {
    const { lineHeight, paddingTop } = getComputedStyle(element)
    const height = element.getBoundingClientRect().height - 2 * Number.parseFloat(paddingTop)
    return Math.max(0, Math.floor(height / Number.parseFloat(lineHeight)))
  })
}
