/** Programs that serve HTTP on a free port of the loopback interface while a test runs. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { request } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inject } from 'vitest'
import { PATIENCE_MS } from '../../support/patience.ts'

const PROJECT = resolve(import.meta.dirname, '../../../..')
/** `.ci/unpack-origin-servers` unpacks here what the machine lacks. */
const UNPACKED = `${PROJECT}/.cache/packages`
const PYTHON = '/usr/bin/python3'
const RETRY_MS = 20

/** The repository's examples for origins. */
export const EXAMPLES = `${PROJECT}/examples/origins`

/** A program and the root of the file system that its package was installed to, or unpacked to. */
export interface Program {
  readonly path: string
  readonly root: string
}

/** A program by its possible paths. Null: it is neither unpacked nor installed. */
export function findProgram(...paths: readonly string[]): Program | null {
  for (const root of [UNPACKED, '']) {
    for (const path of paths) if (existsSync(root + path)) return { path: root + path, root }
  }
  return null
}

/** Where unpacked programs find their libraries and modules. */
const ENVIRONMENT = {
  PATH: process.env.PATH,
  LD_LIBRARY_PATH: `${UNPACKED}/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
  PYTHONPATH: `${UNPACKED}/usr/lib/python3/dist-packages`,
  PYTHONDONTWRITEBYTECODE: '1',
  EXAMPLES,
}

/** Python, if it has what the examples need. */
export function findPython(): Program | null {
  const python = findProgram(PYTHON)
  return python !== null && runPython('-c', 'import jwt, cryptography, uvicorn').status === 0 ? python : null
}

export function runPython(...args: readonly string[]) {
  const env = { ...ENVIRONMENT, PYTHONPATH: `${ENVIRONMENT.PYTHONPATH}:${EXAMPLES}/python` }
  return spawnSync(findProgram(PYTHON)?.path ?? '', args, { env, encoding: 'utf8' })
}

/** An empty folder for one server's files. */
export function scratchFolder(): string {
  return mkdtempSync(`${inject('scratch')}/origin-`)
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export class ServerProcess {
  log = ''
  readonly port: number
  private readonly child: ChildProcess

  private constructor(port: number, child: ChildProcess) {
    this.port = port
    this.child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.log += chunk
      })
    }
  }

  /**
   * Starts a program that serves `port` until it is stopped, and waits until it does.
   * @throws with its output if it ends before
   */
  static async start(
    port: number,
    path: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<ServerProcess> {
    // Servers fork workers. As a group they end together.
    const stdio = ['ignore', 'pipe', 'pipe'] as const
    const child = spawn(path, args, { env: { ...ENVIRONMENT, ...env }, stdio: [...stdio], detached: true })
    const server = new ServerProcess(port, child)
    const endWithUs = () => server.kill()
    process.once('exit', endWithUs)
    child.once('exit', () => process.off('exit', endWithUs))
    const giveUpMs = Date.now() + PATIENCE_MS
    for (;;) {
      if (child.exitCode !== null || Date.now() > giveUpMs) throw new Error(`${path} does not serve:\n${server.log}`)
      if (await server.get('/').catch(() => null)) return server
      await pause(RETRY_MS)
    }
  }

  /** `path` is sent as it is, with dots and double slashes. */
  get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Reply> {
    return new Promise((done, fail) => {
      const call = request({ host: '127.0.0.1', port: this.port, path, method, headers, agent: false })
      call.on('response', async (response) => {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        done({ status: response.statusCode ?? 0, headers: response.headers, text })
      })
      call.on('error', fail).end()
    })
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.kill()
    await gone
  }

  private kill(): void {
    if (this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGKILL')
  }
}
