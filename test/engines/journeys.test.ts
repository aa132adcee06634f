/** The journeys of visitors and operators in every engine of this machine, all engines at once. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { room } from '../browser/support/site.ts'
import { useStage } from '../contract/support/stage.ts'
import { type Cells, ENGINES_DOCUMENT, FAILED, missingFromTable, writeTable } from './support/document.ts'
import { ENGINE_NAMES, ENGINES, type Machine } from './support/engines.ts'
import { JOURNEYS } from './support/journeys.ts'
import { Relay } from './support/relay.ts'
import type { Browser, Tab } from './support/tab.ts'

const PICTURES = resolve(import.meta.dirname, '../../.cache/engines')
const INSTALLER = '.ci/install-engines'

const taking = inject('engines')
const journeys = JOURNEYS.filter(({ isShort }) => isShort === true || inject('playsAll'))
const versions: Record<string, string> = {}
const cells: Cells = {}

test(`lists every engine and journey in ${ENGINES_DOCUMENT}`, () => {
  expect(missingFromTable()).toEqual([])
})

test(`installs the packages of every engine in ${INSTALLER}`, () => {
  const script = readFileSync(resolve(import.meta.dirname, '../..', INSTALLER), 'utf8')
  const [, list = ''] = /^packages=\((.*)\)$/m.exec(script) ?? []
  const packages = ENGINE_NAMES.flatMap((name) => ENGINES[name].packages)
  expect(list.split(' ').sort()).toEqual(packages.sort())
})

describe.runIf(taking.length > 0)('engines', () => {
  afterAll(() => {
    if (inject('writesTable')) writeTable(versions, cells)
  })

  describe.concurrent.each(taking)('%s', (name) => {
    const engine = ENGINES[name]
    // The rooms of all engines together would be more than one Worker may have.
    const stage = useStage(journeys.map((journey) => room(journey.name, journey.capacity, journey.settings)))
    let browser: Browser
    beforeAll(async () => {
      browser = await engine.launch(inject('machine') as Machine)
      versions[name] = browser.version
    })
    afterAll(() => browser?.close())

    for (const journey of journeys) {
      const isPossible = journey.tabs === 1 || engine.singleWindow !== true
      test.runIf(isPossible)(journey.title, { concurrent: false }, async () => {
        const relay = await Relay.start(stage.workerd.port)
        const tabs: Tab[] = []
        const tab = async () => {
          const opened = await browser.open()
          tabs.push(opened)
          return opened
        }
        try {
          const result = await journey.play({ stage, room: journey.name, tab, relay })
          cells[name] = { ...cells[name], [journey.name]: result }
        } catch (error) {
          cells[name] = { ...cells[name], [journey.name]: FAILED }
          await keepPictures(`${name}-${journey.name}`, tabs)
          throw error
        } finally {
          await Promise.all(tabs.map((opened) => opened.close().catch(() => {})))
          await relay.stop()
        }
      })
    }
  })
})

describe.skipIf(taking.length === ENGINE_NAMES.length)('engines that take no part', () => {
  for (const name of ENGINE_NAMES.filter((one) => !taking.includes(one))) test.skip(ENGINES[name].title, () => {})
})

/** Stores the screens of a failed journey in `.cache/engines`. */
async function keepPictures(name: string, tabs: readonly Tab[]): Promise<void> {
  mkdirSync(PICTURES, { recursive: true })
  for (const [index, tab] of tabs.entries()) {
    const picture = await tab.screenshot().catch(() => null)
    if (picture !== null) writeFileSync(`${PICTURES}/${name}-${index + 1}.png`, picture)
    console.error(`${name}, tab ${index + 1}:\n${await tab.text().catch(String)}`)
  }
}
