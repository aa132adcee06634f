/**
 * Measures the contrast of texts against the pixels behind them. Checkers of styles give up on a
 * gradient; pixels do not.
 */
import type { Page } from 'playwright-core'
import sharp from 'sharp'

/** WCAG 2.2, 1.4.3: of texts, and of large ones (24 px, or bold 18.66 px). */
const TEXT_MIN = 4.5
const LARGE_TEXT_MIN = 3
const CONTRAST_MAX = 21

interface Text {
  readonly text: string
  /** Red, green and blue from 0 to 255, alpha from 0 to 1. */
  readonly colour: readonly number[]
  readonly isLarge: boolean
  readonly boxes: readonly Box[]
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Pixels {
  readonly data: Buffer
  readonly width: number
  readonly height: number
}

/**
 * The visible texts whose contrast with any pixel behind them is too low, for a failed assertion.
 */
export async function faintTexts(page: Page): Promise<string[]> {
  const texts = await page.evaluate(visibleTexts)
  await page.evaluate(setTextsShown, false)
  const background = await pixelsOf(await page.screenshot({ fullPage: true, animations: 'disabled' }))
  await page.evaluate(setTextsShown, true)
  return texts.flatMap(({ text, colour, isLarge, boxes }) => {
    const lowest = boxes.reduce((least, box) => Math.min(least, lowestContrast(colour, background, box)), CONTRAST_MAX)
    const isFaint = lowest < (isLarge ? LARGE_TEXT_MIN : TEXT_MIN)
    return isFaint ? [`${lowest.toFixed(2)}: ${text}`] : []
  })
}

export async function pixelsOf(png: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height }
}

/** 1 to `CONTRAST_MAX`, of two colours as red, green and blue from 0 to 255. */
export function contrastOf(one: readonly number[], other: readonly number[]): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

function lowestContrast(colour: readonly number[], { data, width, height }: Pixels, box: Box): number {
  const [right, bottom] = [Math.min(box.x + box.width, width), Math.min(box.y + box.height, height)]
  const behind = new Set<number>()
  for (let y = Math.max(0, Math.ceil(box.y)); y < bottom; y++) {
    for (let x = Math.max(0, Math.ceil(box.x)); x < right; x++) behind.add(data.readUIntBE(3 * (y * width + x), 3))
  }
  const alpha = colour[3] ?? 1
  let lowest = CONTRAST_MAX
  for (const pixel of behind) {
    const under = [pixel >> 16, (pixel >> 8) & 255, pixel & 255]
    const seen = under.map((value, channel) => alpha * (colour[channel] ?? 0) + (1 - alpha) * value)
    lowest = Math.min(lowest, contrastOf(seen, under))
  }
  return lowest
}

function luminance([red = 0, green = 0, blue = 0]: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = [red, green, blue].map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** Runs in the page. */
function visibleTexts(): Text[] {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const found: Text[] = []
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement as HTMLElement
    const text = node.textContent?.trim() ?? ''
    const isUnseen = element.closest('.unseen, script, style, noscript') !== null
    if (text === '' || isUnseen || !element.checkVisibility({ contentVisibilityAuto: true })) continue
    const style = getComputedStyle(element)
    const [red = 0, green = 0, blue = 0, own = 1] = (style.color.match(/[\d.]+/g) ?? []).map(Number)
    let alpha = own
    for (let one: Element | null = element; one !== null; one = one.parentElement) {
      alpha *= Number(getComputedStyle(one).opacity)
    }
    const size = Number.parseFloat(style.fontSize)
    const range = document.createRange()
    range.selectNodeContents(node)
    const boxes = [...range.getClientRects()].map(({ x, y, width, height }) => {
      return { x: x + scrollX, y: y + scrollY, width, height }
    })
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    found.push({ text, colour: [red, green, blue, alpha], isLarge, boxes })
  }
  return found
}

/** Runs in the page. */
function setTextsShown(shown: boolean): void {
  for (const element of document.querySelectorAll<HTMLElement>('body, body *')) {
    for (const property of ['-webkit-text-fill-color', 'text-decoration-color']) {
      if (shown) element.style.removeProperty(property)
      else element.style.setProperty(property, 'transparent', 'important')
    }
  }
}
