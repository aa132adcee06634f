/**
 * A folder outside of the project with the packed package and what it depends on, as a user
 * installs it. Works offline: the other packages are packed from the project's node_modules.
 */
import { execFile, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { TEST_TIMEOUT_MS } from '../../contract/support/patience.ts'

const PROJECT = resolve(import.meta.dirname, '../../..')
const MODULES = join(PROJECT, 'node_modules')
const WRANGLER = join(MODULES, 'wrangler/bin/wrangler.js')

const run = (command: string, args: readonly string[], cwd: string) =>
  promisify(execFile)(command, args, { cwd, timeout: TEST_TIMEOUT_MS })

/** A server of `wrangler dev`. */
export interface DevServer {
  readonly port: number
  readonly agent: Agent
  /** Everything that it printed so far. */
  output(): string
  stop(): Promise<void>
}

export class CleanFolder {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Builds and packs the package, and installs the tarball. */
  static async create(): Promise<CleanFolder> {
    const path = mkdtempSync(join(tmpdir(), 'package-'))
    await run(process.execPath, ['scripts/build-package.ts'], PROJECT)
    const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', path], PROJECT)
    const tarball = JSON.parse(stdout)[0].filename as string
    const from = (name: string) => `file:${join(MODULES, name)}`
    const manifest = {
      private: true,
      type: 'module',
      dependencies: { 'edge-waiting-room': `file:${join(path, tarball)}`, hono: from('hono'), jose: from('jose') },
      devDependencies: { '@cloudflare/workers-types': from('@cloudflare/workers-types') },
      overrides: { jose: '$jose' },
    }
    writeFileSync(join(path, 'package.json'), JSON.stringify(manifest))
    // Copies of the packages, not links into the project.
    const flags = ['--offline', '--install-links', '--ignore-scripts', '--no-audit', '--no-fund']
    await run('npm', ['install', ...flags], path)
    return new CleanFolder(path)
  }

  /** Copies a Worker of the project into a folder beside the installed packages. */
  add(worker: string, name: string): string {
    const folder = join(this.path, name)
    mkdirSync(folder)
    cpSync(join(PROJECT, worker), folder, { recursive: true })
    return folder
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** Runs a script as a module of the folder. Returns what it printed. */
export async function runModule(folder: string, script: string): Promise<string> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], folder)
  return stdout
}

/** The messages of the compiler; empty: there are none. */
export async function typeErrors(folder: string): Promise<string> {
  try {
    await run(process.execPath, [join(MODULES, 'typescript/bin/tsc'), '-p', '.'], folder)
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

/** @throws if the generated types do not match wrangler.toml */
export async function checkBindingTypes(folder: string): Promise<void> {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const [, ...args] = (scripts.types as string).split(' ')
  await run(process.execPath, [WRANGLER, ...args, '--check'], folder)
}

/** Starts the Worker of a folder on a free port. */
export async function startDevServer(folder: string): Promise<DevServer> {
  const child = spawn(process.execPath, [WRANGLER, 'dev', '--port', '0', '--show-interactive-dev-session=false'], {
    cwd: folder,
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  const ready = Promise.withResolvers<number>()
  const read = (text: string) => {
    output += text
    const port = /Ready on http:\/\/[^\s:]+:(\d+)/.exec(output)?.[1]
    if (port !== undefined) ready.resolve(Number(port))
  }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read)
  exited.then(() => ready.reject(new Error(`wrangler dev ended:\n${output}`)))
  const timer = setTimeout(() => child.kill(), TEST_TIMEOUT_MS)
  const agent = new Agent({ keepAlive: true })
  const port = await ready.promise
  return {
    port,
    agent,
    output: () => output,
    async stop() {
      clearTimeout(timer)
      agent.destroy()
      child.kill()
      await exited
    },
  }
}
