/** Checks of the files that rooms name. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { lookProblems } from '../../scripts/checks/rooms.ts'

const folder = mkdtempSync(join(tmpdir(), 'look-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'shop.html'), '{{#waitTimeKnown}}{{waitTime}}{{/waitTimeKnown}}')
writeFileSync(join(folder, 'broken.html'), '{{#waitTimeKnown}}')
writeFileSync(join(folder, 'large.png'), Buffer.alloc(20_000))

it('accepts usable files, and rooms without files', () => {
  const rooms = [{ template: 'shop.html' }, { logo: 'data:image/png;base64,AAAA' }, {}]
  expect(lookProblems(rooms, folder)).toEqual([])
  expect(lookProblems('nonsense', folder)).toEqual([])
})

it('reports missing, broken and oversized files with their keys', () => {
  const rooms = [{ template: 'nowhere.html' }, { template: 'broken.html', logo: 'large.png' }]
  expect(lookProblems(rooms, folder)).toEqual([
    expect.stringMatching(/^ROOMS\[0\]\.template: there is no file .*nowhere\.html$/),
    expect.stringMatching(/^ROOMS\[1\]\.template: .*broken\.html is not a Mustache template: Unclosed section/),
    expect.stringMatching(/^ROOMS\[1\]\.logo: .*large\.png has 20000 bytes, 16384 at most$/),
  ])
})
