/**
 * npm run check [-- NAME...]: runs every `check:NAME` script of package.json, or only the named
 * ones, a few at a time. Prints one line per step, the output of each step that failed, and the
 * names of the failed steps at the end.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

const PREFIX = 'check:'
/**
 * A type check takes about 0.5 GB of memory, so more than three at once would strain a small
 * machine.
 */
const PARALLEL_STEPS_MAX = 3

interface Result {
  readonly name: string
  readonly failed: boolean
  readonly output: string
}

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const steps = Object.entries(scripts)
  .filter(([script]) => script.startsWith(PREFIX))
  .map(([script, command]) => ({ name: script.slice(PREFIX.length), command }))
const names = process.argv.slice(2)
const unknown = names.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(', ')}. The steps are ${steps.map(({ name }) => name).join(', ')}.`)
  process.exit(1)
}

const queue = steps.filter(({ name }) => names.length === 0 || names.includes(name))
const results: Result[] = []
const workers = Math.min(PARALLEL_STEPS_MAX, Math.max(2, availableParallelism()))
await Promise.all(Array.from({ length: workers }, runQueue))

const failures = results.filter(({ failed }) => failed)
for (const { name, output } of failures) console.error(`\n--- ${name}\n${output.trimEnd()}`)
if (failures.length > 0) {
  console.error(`\nFailed: ${failures.map(({ name }) => `npm run ${PREFIX}${name}`).join(', ')}`)
  process.exitCode = 1
}

async function runQueue(): Promise<void> {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const startMs = performance.now()
    const result = await run(step.name, step.command)
    results.push(result)
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1).padStart(6)
    console.log(`${result.failed ? 'FAILED' : 'ok    '} ${seconds} s  ${step.name}`)
  }
}

/** Runs a command line as npm would: npm has put `node_modules/.bin` into the PATH. */
function run(name: string, command: string): Promise<Result> {
  return new Promise((done) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.on('error', (error) => done({ name, failed: true, output: `${output}${error.message}` }))
    child.on('close', (code) => done({ name, failed: code !== 0, output }))
  })
}
