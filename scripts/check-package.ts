/**
 * `npm run check:package`: builds and packs the npm package, and checks what users would get: the
 * list of files, the size, the manifest (publint) and the types for each way to resolve them
 * (attw). Also that the example names this version.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const PROJECT = resolve(import.meta.dirname, '..')
const EXAMPLE = 'examples/hono-app/package.json'

/** Of the tarball. docs/releases.md states the present size. */
const PACKED_MAX_BYTES = 400_000

/** Nothing but these: no source, no tests, no settings. */
const FILES =
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/(?:[\w-]+\.js|chunks\/\w+\.js|licences\.txt|types\/[\w/-]+\.d\.ts))$/

interface Packed {
  readonly filename: string
  readonly size: number
  readonly version: string
  readonly files: readonly { readonly path: string }[]
}

const run = (command: string, args: readonly string[]) => promisify(execFile)(command, args, { cwd: PROJECT })
const bin = (name: string) => join(PROJECT, 'node_modules/.bin', name)

const folder = mkdtempSync(join(tmpdir(), 'packed-'))
const problems: string[] = []
try {
  await run(process.execPath, ['scripts/build-package.ts'])
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder])
  const [packed] = JSON.parse(stdout) as [Packed]
  problems.push(...contentProblems(packed), ...exampleProblems(packed.version))
  const tarball = join(folder, packed.filename)
  const tools = [
    [bin('publint'), ['run', tarball, '--strict']],
    // Workers are bundled as ES modules. Node's `require` and node10 do not concern them.
    [bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii']],
  ] as const
  for (const failure of await Promise.all(tools.map(([command, args]) => failureOf(command, args)))) {
    if (failure !== null) problems.push(failure)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const problem of problems) console.error(`package: ${problem}`)
if (problems.length > 0) process.exitCode = 1

function contentProblems({ size, files }: Packed): string[] {
  const others = files.map(({ path }) => path).filter((path) => !FILES.test(path))
  return [
    ...(size > PACKED_MAX_BYTES ? [`${size} bytes packed, ${PACKED_MAX_BYTES} at most (PACKED_MAX_BYTES)`] : []),
    ...(others.length > 0 ? [`unexpected files: ${others.join(', ')}. See "files" in package.json`] : []),
  ]
}

function exampleProblems(version: string): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(PROJECT, EXAMPLE), 'utf8'))
  const named = dependencies['edge-waiting-room']
  return named === version ? [] : [`${EXAMPLE} depends on edge-waiting-room ${named}: write ${version}`]
}

async function failureOf(command: string, args: readonly string[]): Promise<string | null> {
  try {
    await run(command, args)
    return null
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return `${command.slice(command.lastIndexOf('/') + 1)}:\n${stdout}${stderr}`
  }
}
