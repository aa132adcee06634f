/**
 * Makes sure that the dependencies of package-lock.json are installed, so that one npm command is
 * enough on a fresh clone. npm's pre-scripts call it. It runs on Node 20, without dependencies, and
 * returns at once if everything is in place.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MIN_NODE_MAJOR = 20

/**
 * Dev dependencies are needed even with NODE_ENV=production: Node itself and wrangler are among
 * them. Warnings are hidden: npm compares the tools' engines with the Node that installs them, but
 * they run on the installed one.
 */
const NPM_CI = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']

/** npm writes a few lines; build scripts that fail may add their logs. */
const NPM_OUTPUT_MAX_BYTES = 16 * 1024 * 1024

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.installed-lock-hash')

function fail(message) {
  console.error(`ensure-installed: ${message}`)
  process.exit(1)
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

/**
 * True if npm's own record of node_modules agrees with the lock file. Covers `npm ci` and `npm
 * install` by hand, which write no stamp. npm's record leaves out the root and optional packages of
 * other platforms, so the two files never match byte for byte.
 */
function npmRecordMatches(lockText) {
  const recordText = readIfThere(join(modules, '.package-lock.json'))
  if (recordText === null) return false
  try {
    const wanted = JSON.parse(lockText).packages
    const installed = JSON.parse(recordText).packages
    return Object.keys(wanted).every((path) => {
      if (path === '') return true
      const found = installed[path]
      if (found === undefined) return Boolean(wanted[path].optional || wanted[path].devOptional || wanted[path].peer)
      const same = found.version === wanted[path].version && found.integrity === wanted[path].integrity
      return same && existsSync(join(root, path))
    })
  } catch {
    return false
  }
}

/** Runs `npm ci` with the machine's own Node, because it replaces the one in node_modules. */
function install() {
  const pathKey = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  const path = (process.env[pathKey] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.startsWith(modules))
    .join(delimiter)
  // Standard output belongs to the script that follows (the demo prints its summary there).
  process.stderr.write('Installing the dependencies with npm ci, about half a minute ... ')
  const startMs = performance.now()
  const result = spawnSync('npm', NPM_CI, {
    cwd: root,
    env: { ...process.env, [pathKey]: path },
    shell: process.platform === 'win32',
    encoding: 'utf8',
    maxBuffer: NPM_OUTPUT_MAX_BYTES,
  })
  process.stderr.write(`${result.status === 0 ? 'done' : 'failed'} after ${seconds(performance.now() - startMs)}\n`)
  if (result.status === 0) return
  if (result.stdout || result.stderr) console.error(`${result.stdout}${result.stderr}`.trimEnd())
  if (result.error) fail(`npm could not be run: ${result.error.message}`)
  fail(`npm ci failed (${result.signal ?? `exit code ${result.status}`}), see its message above`)
}

function seconds(ms) {
  return `${Math.round(ms / 1000)} s`
}

const major = Number(process.versions.node.split('.')[0])
if (major < MIN_NODE_MAJOR) {
  fail(`Node ${MIN_NODE_MAJOR} or newer is needed, this is Node ${process.versions.node}`)
}

const lock = readIfThere(join(root, 'package-lock.json'))
if (lock === null) fail('package-lock.json is missing; restore it with: git checkout package-lock.json')

const lockHash = createHash('sha256').update(lock).digest('hex')
if (readIfThere(stampFile)?.trim() !== lockHash) {
  if (!npmRecordMatches(lock)) {
    install()
  }
  writeFileSync(stampFile, `${lockHash}\n`)
}
