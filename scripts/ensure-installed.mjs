/**
 * Makes sure that the dependencies of package-lock.json are installed, so that one npm command is enough on a fresh
 * clone. Called by npm's pre-scripts; runs on Node 20, without dependencies. Does nothing, fast, when all is in place.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MIN_NODE_MAJOR = 20
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
 * True when npm's own record of what lies in node_modules agrees with the lock file. Covers `npm ci` and `npm install`
 * by hand, which write no stamp. npm's record leaves out the root and optional packages of other platforms, so the two
 * files are never equal byte for byte.
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

/** `npm ci`, run by the machine's own Node: the one in node_modules is about to be replaced. */
function install() {
  const pathKey = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  const path = (process.env[pathKey] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.startsWith(modules))
    .join(delimiter)
  // Dev dependencies are needed even where NODE_ENV=production is set: Node itself and wrangler are among them.
  const result = spawnSync('npm', ['ci', '--include=dev'], {
    cwd: root,
    env: { ...process.env, [pathKey]: path },
    shell: process.platform === 'win32',
    // Standard output belongs to the script that follows (the demo prints its summary there).
    stdio: ['inherit', 2, 'inherit'],
  })
  if (result.error) fail(`npm could not be started: ${result.error.message}`)
  if (result.status !== 0)
    fail(`npm ci failed (${result.signal ?? `exit code ${result.status}`}), see its message above`)
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
    console.error('ensure-installed: installing the dependencies of package-lock.json (npm ci, about half a minute)')
    install()
  }
  writeFileSync(stampFile, `${lockHash}\n`)
}
