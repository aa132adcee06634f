/**
 * Vitest's global set-up of the browser tests: finds a Chromium that starts, and prepares its
 * fonts.
 */
import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type FoundChromium, findChromium } from './find-chromium.ts'
import { prepareFonts } from './prepare-fonts.ts'

declare module 'vitest' {
  interface ProvidedContext {
    chromium: FoundChromium
    /** Path of the fontconfig file. */
    fonts: string
    /** Whether this run writes docs/screenshots. */
    keepsPictures: boolean
    /** Whether this run stores the pictures that the pages are compared with (`--update`). */
    updatesLooks: boolean
  }
}

const CACHE = resolve(import.meta.dirname, '../../../.cache/browser')

export default async function prepareBrowser(project: TestProject): Promise<void> {
  project.provide('chromium', await findChromium(CACHE))
  project.provide('fonts', await prepareFonts(CACHE))
  project.provide('keepsPictures', project.config.mode === 'screenshots')
  project.provide('updatesLooks', project.config.snapshotOptions.updateSnapshot === 'all')
}
