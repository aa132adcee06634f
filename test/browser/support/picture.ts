/**
 * Screenshots, taken by the tests that bring a page into its states and written only by `npm run
 * screenshots`.
 */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { inject } from 'vitest'

const FOLDER = resolve(import.meta.dirname, '../../../docs/screenshots')

/**
 * `name`: of the file in docs/screenshots, without extension. Shows the page from top to bottom.
 */
export async function picture(page: Page, name: string): Promise<void> {
  if (!inject('keepsPictures')) return
  mkdirSync(FOLDER, { recursive: true })
  await page.screenshot({ path: `${FOLDER}/${name}.png`, animations: 'disabled', caret: 'hide', fullPage: true })
}
