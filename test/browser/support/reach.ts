/** Whether everything that opens or floats is inside the window and can be reached. */
import type { Page } from 'playwright-core'

const WIDTHS = [320, 390, 768, 1280]
const TEXT_SIZES = [100, 150, 200]

/** The parts that are out of reach, in each size of window and text. `parts`: their selector. */
export async function outOfReach(page: Page, parts: string): Promise<string[]> {
  const found: string[] = []
  const before = page.viewportSize()
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 700 })
    for (const percent of TEXT_SIZES) {
      const missed = await page.evaluate(missedParts, { parts, percent })
      found.push(...missed.map((part) => `${width} px, ${percent} %: ${part}`))
    }
  }
  await page.evaluate(() => document.documentElement.style.removeProperty('font-size'))
  if (before !== null) await page.setViewportSize(before)
  return found
}

/** Runs in the page. */
function missedParts({ parts, percent }: { parts: string; percent: number }): string[] {
  document.documentElement.style.fontSize = `${percent}%`
  const open = [...document.querySelectorAll(parts)].filter((part) => part.checkVisibility())
  if (open.length === 0) return [`nothing is open: ${parts}`]
  const controls = 'button, a, input, select, textarea, summary'
  const all = open.flatMap((part) => [part, ...part.querySelectorAll(controls)])
  const { clientWidth } = document.documentElement
  return all
    .filter((element) => {
      if (!element.checkVisibility()) return false
      element.scrollIntoView({ block: 'center' })
      const { left, right, top, bottom, width, height } = element.getBoundingClientRect()
      if (width === 0 || height === 0) return false
      if (left < -1 || right > clientWidth + 1) return true
      if (!element.matches(controls)) return false
      const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
      return hit === null || !(element.contains(hit) || hit.contains(element))
    })
    .map((element) => element.outerHTML.slice(0, 100))
}
