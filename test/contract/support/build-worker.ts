/**
 * Vitest's global set-up of the contract tests: builds the Worker once, as a deployment would.
 *
 * `CONTRACT_BUILD=<folder>` tests another build instead, for instance a deliberately broken one.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { TEST_TIMEOUT_MS } from './patience.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the built Worker. */
    workerBuild: string
    /** Folder for storage and configurations of this run. */
    scratch: string
  }
}

const PROJECT = resolve(import.meta.dirname, '../../..')

export default async function buildWorker(project: TestProject): Promise<() => void> {
  const cache = resolve(PROJECT, '.cache/contract')
  mkdirSync(cache, { recursive: true })
  // A separate folder, so that two runs at once do not disturb each other.
  const folder = mkdtempSync(`${cache}/run-`)
  const cleanUp = () => rmSync(folder, { recursive: true, force: true })
  const build = process.env.CONTRACT_BUILD ?? `${folder}/build`
  try {
    if (process.env.CONTRACT_BUILD === undefined) await bundle(build, folder)
  } catch (error) {
    cleanUp()
    throw error
  }
  project.provide('workerBuild', build)
  project.provide('scratch', folder)
  return cleanUp
}

async function bundle(build: string, folder: string): Promise<void> {
  const wrangler = resolve(PROJECT, 'node_modules/wrangler/bin/wrangler.js')
  for (const name of ['home', 'tmp']) mkdirSync(`${folder}/${name}`)
  await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', build], {
    cwd: PROJECT,
    timeout: TEST_TIMEOUT_MS,
    env: {
      ...process.env,
      HOME: `${folder}/home`,
      XDG_CONFIG_HOME: `${folder}/home`,
      TMPDIR: `${folder}/tmp`,
      WRANGLER_SEND_METRICS: 'false',
    },
  })
}
