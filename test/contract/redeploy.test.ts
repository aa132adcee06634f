/**
 * Numbers, places and sessions outlive every deploy, whether of another build or of other settings,
 * between any two calls.
 */

import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, inject, test } from 'vitest'
import { version } from '../../package.json'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const ROOM = 'redeployed'
const CAPACITY = 2

test('keeps places and sessions across a deploy between any two calls', async () => {
  const origin = await Origin.start()
  const workerd = await Workerd.start({ originUrl: origin.url, rooms: [room(ROOM, CAPACITY)] })
  const other = anotherBuild()
  let deploys = 0
  /** Alternates between another build and other settings. */
  const deploy = async () => {
    deploys++
    const rooms = [room(ROOM, CAPACITY, { session_max_seconds: 3600 + deploys })]
    await workerd.restart({ rooms }, deploys % 2 === 1 ? other : inject('workerBuild'))
  }
  try {
    const versions = new Set<string>()
    const visitors: Visitor[] = []
    const prober = new Visitor(workerd, `${ROOM}.test`)
    for (let number = 1; number <= 5; number++) {
      const visitor = new Visitor(workerd, `${ROOM}.test`)
      visitors.push(visitor)
      const { status } = await visitor.get('/echo')
      expect({ number: visitor.number, status }).toEqual({ number, status: number <= CAPACITY ? 200 : 503 })
      await deploy()
      versions.add((await prober.get('/__waiting-room/healthz')).json<{ version: string }>().version)
    }
    expect(versions.size).toBe(2)
    for (const [i, visitor] of visitors.entries()) {
      const { status } = await visitor.get('/echo')
      expect({ number: visitor.number, status }).toEqual({ number: i + 1, status: i < CAPACITY ? 200 : 503 })
      await deploy()
    }
    for (const [i, visitor] of visitors.entries()) {
      // The leaver made room for the next in line, and only for that visitor.
      expect((await visitor.get('/echo')).status).toBe(200)
      const nextButOne = visitors[i + CAPACITY]
      if (nextButOne !== undefined) expect((await nextButOne.get('/echo')).status).toBe(503)
      await deploy()
      expect((await visitor.leave()).status).toBe(204)
      await deploy()
    }
    expect(deploys).toBe(20)
  } finally {
    await workerd.stop()
    await origin.stop()
  }
})

/** The same Worker with a different version. */
function anotherBuild(): string {
  const folder = mkdtempSync(`${inject('scratch')}/another-`)
  cpSync(inject('workerBuild'), folder, { recursive: true })
  const file = `${folder}/index.js`
  const code = readFileSync(file, 'utf8')
  const changed = code.replaceAll(`"${version}"`, `"next-${version}"`)
  if (changed === code) throw new Error('The build does not say its version as expected')
  writeFileSync(file, changed)
  return folder
}
