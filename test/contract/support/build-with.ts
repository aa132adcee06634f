/** The Worker under test with another entry around it. */
import { copyFileSync, cpSync, mkdtempSync, renameSync } from 'node:fs'
import { resolve } from 'node:path'
import { inject } from 'vitest'

/** The folder of a copy that a test may change. */
export function copyOfBuild(): string {
  const build = mkdtempSync(`${inject('scratch')}/build-`)
  cpSync(inject('workerBuild'), build, { recursive: true })
  return build
}

/** `entry`: a file of this folder; it finds the built Worker as `shipped.js`. */
export function buildWith(entry: string): string {
  const build = copyOfBuild()
  renameSync(`${build}/index.js`, `${build}/shipped.js`)
  copyFileSync(resolve(import.meta.dirname, entry), `${build}/index.js`)
  return build
}
