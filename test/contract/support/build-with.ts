/** The Worker under test with another entry around it. */
import { copyFileSync, cpSync, mkdtempSync, renameSync } from 'node:fs'
import { resolve } from 'node:path'
import { inject } from 'vitest'

/** `entry`: a file of this folder; it finds the built Worker as `shipped.js`. */
export function buildWith(entry: string): string {
  const build = mkdtempSync(`${inject('scratch')}/wrapped-`)
  cpSync(inject('workerBuild'), build, { recursive: true })
  renameSync(`${build}/index.js`, `${build}/shipped.js`)
  copyFileSync(resolve(import.meta.dirname, entry), `${build}/index.js`)
  return build
}
