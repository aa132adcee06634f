/**
 * Compares a page with its stored picture, pixel by pixel. The pictures belong to one Chromium, the
 * packaged one, and to the fonts of the tests.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { inject } from 'vitest'
import { type Pixels, pixelsOf } from './contrast.ts'

const STORED = resolve(import.meta.dirname, '../looks')
/** Pictures that differ from the stored ones. */
const DIFFERENT = resolve(import.meta.dirname, '../../../.cache/looks')

const ENCODING = { lossless: true, effort: 6 }

/** A pixel differs if one of its colours, from 0 to 255, does by more than this. */
const COLOUR_TOLERANCE = 4
/** So many pixels may differ. */
const PIXELS_TOLERANCE = 8

/**
 * Null if the page looks like the stored picture, else the difference in words. The gradient behind
 * the page is left out. With `--update` the picture is stored.
 */
export async function differenceOf(page: Page, name: string): Promise<string | null> {
  // Chromium dithers gradients, which makes pictures large and comparisons coarse.
  await page.evaluate(() => {
    document.body.style.backgroundImage = 'none'
  })
  const png = await page.screenshot({ animations: 'disabled', caret: 'hide', fullPage: true })
  const file = `${STORED}/${name}.webp`
  if (inject('updatesLooks')) {
    mkdirSync(STORED, { recursive: true })
    writeFileSync(file, await sharp(png).webp(ENCODING).toBuffer())
    return null
  }
  const [seen, stored] = [await pixelsOf(png), await pixelsOf(readFileSync(file))]
  const difference = differenceBetween(seen, stored)
  if (difference === null) return null
  mkdirSync(DIFFERENT, { recursive: true })
  writeFileSync(`${DIFFERENT}/${name}.png`, png)
  return `${name}: ${difference}, see .cache/looks/${name}.png`
}

function differenceBetween(seen: Pixels, stored: Pixels): string | null {
  if (seen.width !== stored.width || seen.height !== stored.height) {
    return `${seen.width} x ${seen.height} pixels instead of ${stored.width} x ${stored.height}`
  }
  let different = 0
  for (let at = 0; at < seen.data.length; at += 3) {
    const isSame = [0, 1, 2].every((channel) => {
      return Math.abs((seen.data[at + channel] ?? 0) - (stored.data[at + channel] ?? 0)) <= COLOUR_TOLERANCE
    })
    if (!isSame) different++
  }
  return different > PIXELS_TOLERANCE ? `${different} pixels differ` : null
}
