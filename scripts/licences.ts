/**
 * npm run licences: writes docs/licences.md, the licence of every installed package. With `--check`
 * it only verifies that the file is current. Works offline: names and versions come from
 * package-lock.json, so that the list is the same on every machine; licences come from the
 * installed packages, else from the lock.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { checksOnly, writeOrCheck } from './made-file.ts'

const FILE = 'docs/licences.md'

/**
 * Licences that a bundled package may have. The bundle is distributed under the project's own
 * licence, and these require no more than a notice.
 */
const ALLOWED_IN_WORKER = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0', 'CC0-1.0', 'Unlicense']

interface LockEntry {
  readonly version?: string
  readonly license?: string
  readonly dev?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface Package {
  readonly name: string
  readonly version: string
  readonly licence: string
  /** Only for development, tests and deploying. */
  readonly dev: boolean
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages as Record<string, LockEntry>

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/**
 * Builds for other platforms are not installed and may lack a licence in the lock. They belong to
 * the package that lists them.
 */
function licenceOf(path: string): string {
  const name = nameOf(path)
  const parent = Object.keys(lock).find(
    (other) => other !== '' && lock[other]?.optionalDependencies?.[name] !== undefined,
  )
  if (lock[path]?.license === undefined && parent !== undefined) return licenceOf(parent)
  const manifest = `${path}/package.json`
  const own = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).license : lock[path]?.license
  return typeof own === 'string' ? own : 'unknown'
}

/** The place of a package's dependency: beside it, or in a folder above. */
function installed(name: string, from: string): string | undefined {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('node_modules/') - 1))) {
    const path = `${place === '' ? '' : `${place}/`}node_modules/${name}`
    if (lock[path] !== undefined || place === '') return lock[path] && path
  }
}

/** The packages that the code of the Worker imports. The package has most of them bundled in. */
function imported(): string[] {
  const files = ['src', 'durable-objects', 'origin'].flatMap((folder) => globSync(`${folder}/**/*.ts`))
  const names = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/ from '((?:@[\w-]+\/)?[a-z][\w.-]*)/g)].map(([, name]) => name as string),
  )
  return [...new Set(names)].filter((name) => lock[`node_modules/${name}`] !== undefined)
}

/** These packages with their dependencies, but without peers. */
function bundled(names = imported(), path = '', seen = new Set<string>()): Set<string> {
  for (const name of names) {
    const dependency = installed(name, path)
    if (dependency === undefined || seen.has(dependency)) continue
    seen.add(dependency)
    bundled(Object.keys(lock[dependency]?.dependencies ?? {}), dependency, seen)
  }
  return seen
}

function packages(): Package[] {
  const inWorker = bundled()
  const listed = Object.entries(lock)
    .filter(([path]) => path !== '')
    .map(([path, { version = '?' }]) => {
      return { name: nameOf(path), version, licence: licenceOf(path), dev: !inWorker.has(path) }
    })
  const once = new Map(listed.map((entry) => [`${entry.name}@${entry.version}`, entry]))
  return [...once.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1,
  )
}

function problems(all: readonly Package[]): string[] {
  return all.flatMap(({ name, version, licence, dev }) => {
    if (licence === 'unknown') return [`${name}@${version} states no licence`]
    return dev || ALLOWED_IN_WORKER.includes(licence)
      ? []
      : [`${name}@${version} is bundled, and its licence is ${licence}`]
  })
}

function markdown(all: readonly Package[]): string {
  const byLicence = Map.groupBy(
    all.filter(({ dev }) => dev),
    ({ licence }) => licence,
  )
  const groups = [...byLicence].sort(([a], [b]) => (a < b ? -1 : 1))
  return `# Licences

The licence of every installed package. Written by \`npm run licences\`; \`npm run check\` fails if it is out of date.

## In the Worker

Imported by its code, with their dependencies: the used parts are bundled and deployed.

| package | version | licence |
| --- | --- | --- |
${all
  .filter(({ dev }) => !dev)
  .map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |\n`)
  .join('')}
## For development

Tools, tests, the demo, deploying. Nothing of this is deployed. Includes builds for other platforms.

${groups.map(([licence, members]) => `**${licence}** (${members.length}): ${members.map(({ name, version }) => `${name} ${version}`).join(', ')}\n`).join('\n')}`
}

const all = packages()
const wrong = problems(all)
const text = markdown(all)
for (const problem of wrong) console.error(`licences: ${problem}`)
writeOrCheck(FILE, text, 'npm run licences')
if (!checksOnly) {
  console.log(`${FILE}: ${all.length} packages, ${all.filter(({ dev }) => !dev).length} of them in the Worker`)
}
if (wrong.length > 0) process.exitCode = 1
