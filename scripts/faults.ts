/**
 * npm run faults [-- --only TEXT] [--seeds N]: puts each fault of test/simulation/shell-faults.ts
 * into a copy of the project, runs the simulation (or the named test) there until it fails, and
 * prints the failure. A fault that nothing catches is an error.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { SHELL_FAULTS, type ShellFault } from '../test/simulation/shell-faults.ts'

const PROJECT = resolve(import.meta.dirname, '..')
const COPY = resolve(PROJECT, '.cache/faults')
const TEST_TIMEOUT_MS = 300_000

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seeds: { type: 'string', default: '200' } },
})

copyProject()
const unfaulted = await failureOf(null)
if (unfaulted !== null) throw new Error(`The simulation fails without any fault: ${unfaulted}`)
let missed = 0
for (const fault of SHELL_FAULTS.filter(({ name }) => name.includes(values.only))) {
  const file = `${COPY}/${fault.file}`
  const text = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    text.replace(fault.find, () => fault.replace),
  )
  const failure = await failureOf(fault)
  writeFileSync(file, text)
  if (failure === null) missed++
  console.log(`${failure === null ? 'MISSED' : 'caught'}  ${fault.name}\n        ${failure ?? 'nothing failed'}`)
}
rmSync(COPY, { recursive: true, force: true })
process.exitCode = missed === 0 ? 0 : 1

/** Copies the tracked files, with uncommitted changes. */
function copyProject(): void {
  rmSync(COPY, { recursive: true, force: true })
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: PROJECT,
    encoding: 'utf8',
  })
  for (const file of files.split('\n').filter(Boolean)) {
    mkdirSync(dirname(`${COPY}/${file}`), { recursive: true })
    cpSync(`${PROJECT}/${file}`, `${COPY}/${file}`)
  }
  symlinkSync(`${PROJECT}/node_modules`, `${COPY}/node_modules`)
}

/** The first failure in words; null: none. */
function failureOf(fault: ShellFault | null): Promise<string | null> {
  const { test, events } = fault ?? {}
  // Without a fault a few seeds prove that the copy works.
  const seeds = fault === null ? '5' : values.seeds
  const call =
    test === undefined
      ? ['simulation/main.ts', '--seeds', seeds, ...(events ? ['--events'] : [])]
      : ['node_modules/vitest/vitest.mjs', 'run', '--project', 'workers', test]
  return new Promise((done) => {
    const child = spawn(process.execPath, call, {
      cwd: COPY,
      timeout: TEST_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let failure: string | null = null
    let last = ''
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        if (line.trim() !== '') last = line
        const isFailure = test === undefined ? /^seed \d+ / : /AssertionError/
        if (failure !== null || !isFailure.test(line)) return
        failure = line.slice(0, 200)
        // The exit code of a test tells whether it failed.
        if (test === undefined) child.kill()
      })
    }
    child.on('close', (code) => {
      if (test !== undefined && code === 0) done(null)
      else done(failure ?? (code === 0 ? null : `ended with ${code}: ${last.slice(0, 200)}`))
    })
  })
}
