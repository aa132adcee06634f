/** `npm run check` as a whole: which steps it runs and what it prints when one of them fails. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SCRIPT = resolve(import.meta.dirname, '../../scripts/check.ts')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'check-'))
  const scripts = {
    'check:good': 'echo chatter of a good step',
    'check:bad': 'echo the reason && exit 3',
    'check:worse': 'echo another reason >&2 && exit 1',
    other: 'exit 1',
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts }))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const check = (...names: string[]) => {
  return spawnSync(process.execPath, [SCRIPT, ...names], { cwd: folder, encoding: 'utf8' })
}

describe('npm run check', { timeout: 60_000 }, () => {
  it('prints the output of every failed step and names these steps at the end', () => {
    const { status, stdout, stderr } = check()
    expect(status).toBe(1)
    expect(stdout).toMatch(/^ok +[\d.]+ s {2}good$/m)
    expect(stdout).toMatch(/^FAILED +[\d.]+ s {2}bad$/m)
    expect(stderr).toContain('--- bad\nthe reason')
    expect(stderr).toContain('--- worse\nanother reason')
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^Failed: npm run check:(bad, npm run check:worse|worse, npm run check:bad)$/,
    )
  })

  it('prints one line per step when all pass', () => {
    const { status, stdout, stderr } = check('good')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^ok +[\d.]+ s {2}good\n$/)
  })

  it('refuses a step that does not exist and lists those that do', () => {
    const { status, stderr } = check('god')
    expect([status, stderr]).toEqual([1, 'No such step: god. The steps are good, bad, worse.\n'])
  })
})
