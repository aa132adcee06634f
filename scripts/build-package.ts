/**
 * `npm run build-package`: builds the npm package into dist/. Pages, beacon and operators' page are
 * embedded as text, so that users need no bundler rules and no [assets]. docs/releases.md says what
 * is bundled, and why.
 */

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { parse } from 'smol-toml'

const PROJECT = resolve(import.meta.dirname, '..')
const DIST = resolve(PROJECT, 'dist')
const TYPES = resolve(PROJECT, '.cache/package-types')

/** Specifiers of modules of this project. */
const RELATIVE = /(?:from|import\()\s*['"](\.[^'"]+\.ts)['"]/g

interface Part {
  /** Source of each entry point, by name. */
  readonly entries: Readonly<Record<string, string>>
  readonly tsconfig: string
  readonly options: BuildOptions
}

/** The code of the Worker is minified except for names, so that the user's logs show ours. */
const COMMON: BuildOptions = {
  absWorkingDir: PROJECT,
  bundle: true,
  splitting: true,
  format: 'esm',
  outdir: DIST,
  chunkNames: 'chunks/[hash]',
  charset: 'utf8',
  legalComments: 'none',
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
  tsconfigRaw: {},
}

const PARTS: readonly Part[] = [
  {
    entries: { index: 'src/library/index.ts', hono: 'src/library/hono.ts' },
    tsconfig: 'tsconfig.package.json',
    options: {
      target: 'es2024',
      platform: 'browser',
      conditions: ['workerd', 'worker', 'browser'],
      external: ['cloudflare:workers', 'hono', 'hono/*', 'jose'],
      alias: aliases(),
      plugins: [embeddedFiles()],
    },
  },
  {
    // For the site behind a room, on any JavaScript runtime.
    entries: { origin: 'origin/index.ts' },
    tsconfig: 'origin/tsconfig.json',
    options: { target: 'es2022', platform: 'neutral', external: ['jose'] },
  },
]

rmSync(DIST, { recursive: true, force: true })
const bundled = new Set<string>()
for (const part of PARTS) {
  const { metafile } = await build({ ...COMMON, ...part.options, entryPoints: part.entries })
  for (const name of packagesIn(metafile as Metafile)) bundled.add(name)
  copyDeclarations(part)
}
// The operators' page, embedded as text, is built from these.
for (const name of ['hono', 'uplot']) bundled.add(name)
writeFileSync(resolve(DIST, 'licences.txt'), notices([...bundled].sort()))

/** Files of public/ are texts, as the rules of wrangler.toml make them. */
function embeddedFiles(): Plugin {
  return {
    name: 'embedded-files',
    setup({ onLoad }) {
      onLoad({ filter: /\/public\/.+\.(?:html|js|css)$/ }, ({ path }) => ({
        contents: readFileSync(path, 'utf8'),
        loader: 'text',
      }))
    },
  }
}

/** The replaced polyfills of the deployable Worker. */
function aliases(): Record<string, string> {
  const { alias } = parse(readFileSync(resolve(PROJECT, 'wrangler.toml'), 'utf8')) as { alias: Record<string, string> }
  return Object.fromEntries(Object.entries(alias).map(([name, file]) => [name, resolve(PROJECT, file)]))
}

function packagesIn({ outputs }: Metafile): string[] {
  const files = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  )
  return files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(file)?.[1] ?? [])
}

/** The licence texts of the bundled packages, which their licences require. */
function notices(names: readonly string[]): string {
  return names
    .map((name) => {
      const folder = resolve(PROJECT, 'node_modules', name)
      const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one))
      const text = file === undefined ? `Licence: ${license}` : readFileSync(`${folder}/${file}`, 'utf8').trim()
      return `${name} ${version}\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** Declarations of the entry points, and of all modules that they name. */
function copyDeclarations({ entries, tsconfig }: Part): void {
  rmSync(TYPES, { recursive: true, force: true })
  const tsc = resolve(PROJECT, 'node_modules/typescript/bin/tsc')
  const args = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', '.', '--outDir', TYPES]
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', tsconfig, ...args], {
    cwd: PROJECT,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`tsc -p ${tsconfig}:\n${stdout}`)
  const left = Object.values(entries).map((file) => resolve(TYPES, declarationOf(file)))
  const copied = new Set<string>()
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (copied.has(file)) continue
    copied.add(file)
    const text = readFileSync(file, 'utf8')
    for (const [, from = ''] of text.matchAll(RELATIVE)) left.push(resolve(dirname(file), declarationOf(from)))
    const target = resolve(DIST, 'types', relative(TYPES, file))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(
      target,
      text.replace(RELATIVE, (whole, from: string) => whole.replace(from, from.replace(/\.ts$/, '.js'))),
    )
  }
}

function declarationOf(file: string): string {
  return file.replace(/\.ts$/, '.d.ts')
}
