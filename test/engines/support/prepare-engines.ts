/**
 * Vitest's global set-up of the engines' tests: finds the engines of this machine, and builds the
 * Worker only if any take part.
 *
 * Without `ENGINES` (`npm test`) the installed engines play the short journeys. Chromium takes no
 * part then, since the browser tests run in it. `ENGINES=all` plays every journey in the installed
 * engines, `ENGINES=firefox,wpe` in these alone, and fails if one of them is missing.
 */
import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { findChromium } from '../../browser/support/find-chromium.ts'
import { prepareFonts } from '../../browser/support/prepare-fonts.ts'
import buildWorker from '../../contract/support/build-worker.ts'
import { ENGINE_NAMES, ENGINES, type EngineName, isInstalled, type Machine } from './engines.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Null: no engine takes part. */
    machine: Machine | null
    engines: readonly EngineName[]
    /** Whether the engines play every journey instead of the short ones. */
    playsAll: boolean
    /** Whether this run writes the table of docs/browsers.md. */
    writesTable: boolean
  }
}

const CACHE = resolve(import.meta.dirname, '../../../.cache/browser')

export default async function prepareEngines(project: TestProject): Promise<(() => void) | undefined> {
  const asked = process.env.ENGINES ?? ''
  const engines = chosenEngines(asked)
  project.provide('engines', engines)
  project.provide('playsAll', asked !== '')
  project.provide('writesTable', project.config.mode === 'write')
  if (engines.length === 0) {
    project.provide('machine', null)
    return undefined
  }
  let scratch = ''
  const provide = ((name: 'scratch' | 'workerBuild', value: string) => {
    if (name === 'scratch') scratch = value
    project.provide(name, value)
  }) as TestProject['provide']
  const cleanUp = await buildWorker({ provide } as TestProject)
  const [chromium, fonts] = [await findChromium(CACHE), await prepareFonts(CACHE)]
  project.provide('machine', { chromium, fonts, scratch })
  return cleanUp
}

/** @throws Error with the remedy for a name that is unknown or not installed */
function chosenEngines(asked: string): readonly EngineName[] {
  const installed = ENGINE_NAMES.filter((name) => isInstalled(ENGINES[name]))
  if (asked === '') return installed.filter((name) => ENGINES[name].packages.length > 0)
  if (asked === 'all') return installed
  return asked.split(',').map((name) => {
    const known = ENGINE_NAMES.find((one) => one === name)
    if (known === undefined) throw new Error(`ENGINES: there is no ${name}. There are ${ENGINE_NAMES.join(', ')}.`)
    if (!installed.includes(known)) {
      throw new Error(`ENGINES: ${name} is not installed. Run: apt-get install ${ENGINES[known].packages.join(' ')}`)
    }
    return known
  })
}
