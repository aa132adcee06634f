/**
 * The installation at the first `npm run demo` or `npm test` of a fresh clone, with a stand-in for
 * npm.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const SCRIPT = resolve(import.meta.dirname, '../../scripts/ensure-installed.mjs')

let clone: string
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'clone-'))
  mkdirSync(join(clone, 'scripts'))
  mkdirSync(join(clone, 'bin'))
  cpSync(SCRIPT, join(clone, 'scripts/ensure-installed.mjs'))
  writeFileSync(join(clone, 'package-lock.json'), '{"packages":{"":{},"node_modules/x":{"version":"1.0.0"}}}')
})
afterEach(() => rmSync(clone, { recursive: true }))

/** npm as a shell script that records its arguments. */
function install(npm: string) {
  const file = join(clone, 'bin/npm')
  writeFileSync(file, `#!/bin/sh\necho "$@" >> ${clone}/calls\nmkdir -p ${clone}/node_modules\n${npm}\n`, {
    mode: 0o755,
  })
  return spawnSync(process.execPath, [join(clone, 'scripts/ensure-installed.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${clone}/bin:${process.env.PATH}` },
  })
}

const NOISE = 'echo "added 700 packages"; echo "npm warn EBADENGINE Unsupported engine" >&2'

it('prints one line with its duration, and nothing to standard output', () => {
  const { status, stdout, stderr } = install(NOISE)
  expect([status, stdout]).toEqual([0, ''])
  expect(stderr).toMatch(/^Installing the dependencies with npm ci, .* done after \d+ s\n$/)
})

it('runs npm without warnings, audit and funding messages, with development dependencies', () => {
  install('')
  const calls = readFileSync(join(clone, 'calls'), 'utf8')
  expect(calls).toBe('ci --include=dev --no-audit --no-fund --loglevel=error\n')
})

it('prints nothing when everything is installed', () => {
  install('')
  const again = install('exit 1')
  expect(again).toMatchObject({ status: 0, stdout: '', stderr: '' })
})

it.each([
  [
    'with an exit code',
    'echo "npm error code ENOTFOUND" >&2; echo "a log"; exit 7',
    ['ENOTFOUND', 'a log', 'exit code 7'],
  ],
  ['by a signal', 'kill -9 $$', ['SIGKILL']],
  ['without a word', 'exit 1', ['exit code 1']],
])('that fails %s shows the output of npm and is retried the next time', (_, npm, told) => {
  const { status, stderr } = install(npm)
  expect(status).toBe(1)
  expect(stderr).toMatch(/failed after \d+ s\n/)
  for (const text of told) expect(stderr).toContain(text)
  expect(existsSync(join(clone, 'node_modules/.installed-lock-hash'))).toBe(false)
})
