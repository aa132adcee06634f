/** Rooms of `rooms.toml`, which the built Worker contains. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { expect, test } from 'vitest'
import { copyOfBuild } from './support/build-with.ts'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

/** More than a variable may have. */
const FILLER = 60
const VARIABLE_MAX_BYTES = 5 * 1024

function buildWithRooms(rooms: readonly object[]): string {
  const build = copyOfBuild()
  const [name = ''] = readdirSync(build).filter((file) => file.endsWith('-rooms.toml'))
  const text = stringify({ rooms })
  expect(text.length).toBeGreaterThan(VARIABLE_MAX_BYTES)
  writeFileSync(join(build, name), text)
  return build
}

test('rooms of the file take their URLs, beside those of the variable', async () => {
  const origin = await Origin.start()
  const filler = Array.from({ length: FILLER }, (_, i) => room(`filler-${i}`, 1))
  const build = buildWithRooms([...filler, room('of-file', 1)])
  const workerd = await Workerd.start({ originUrl: origin.url, rooms: [room('of-variable', 1)] }, build)
  try {
    for (const name of ['of-file', 'of-variable', 'filler-59']) {
      const first = new Visitor(workerd, `${name}.test`)
      const second = new Visitor(workerd, `${name}.test`)
      const answers = [await first.get('/echo'), await second.get('/echo')]
      expect([name, ...answers.map(({ status }) => status), second.number]).toEqual([name, 200, 503, 2])
    }
  } finally {
    await workerd.stop()
    await origin.stop()
  }
})
