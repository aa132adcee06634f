/**
 * Raw `workerd serve` with the built Worker: started on a free port, killed by any signal,
 * restarted on the same storage.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { inject } from 'vitest'
import { PATIENCE_MS } from './patience.ts'
import { WORKER_SOCKET, type WorkerBindings, workerConfig } from './worker-config.ts'

const WORKERD = resolve(import.meta.dirname, '../../../node_modules/workerd/bin/workerd')
const RETRY_MS = 10
const MAX_SOCKETS = 512

/** workerd exited before it served. */
export class WorkerdRefused extends Error {
  override name = 'WorkerdRefused'
}

/** Where a visitor's requests go. */
export interface Server {
  readonly port: number
  /** Keeps connections open between requests, as browsers do. */
  readonly agent: Agent
}

export class Workerd implements Server {
  /** Each start creates a new agent. */
  agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS })
  port = 0
  private twinPort = 0
  /** Its output on stdout and stderr, across restarts. */
  log = ''
  private bindings: WorkerBindings
  private build: string
  private readonly folder = mkdtempSync(`${inject('scratch')}/workerd-`)
  private child: ChildProcess | null = null

  private constructor(bindings: WorkerBindings, build: string) {
    this.bindings = bindings
    this.build = build
    mkdirSync(this.storage)
  }

  /** @throws WorkerdRefused with the whole output, when it does not serve */
  static async start(bindings: WorkerBindings, build = inject('workerBuild')): Promise<Workerd> {
    const workerd = new Workerd(bindings, build)
    await workerd.serve()
    return workerd
  }

  /** Files of the objects' storage. Change them only while the process is stopped. */
  get storage(): string {
    return `${this.folder}/storage`
  }

  /** The second isolate of a Worker with the binding `twin`. */
  get twin(): Server {
    return { port: this.twinPort, agent: this.agent }
  }

  /** Ends the process and waits for its exit. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const { child } = this
    this.child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
    this.agent.destroy()
  }

  /** Restarts on the same storage, optionally with changed bindings or another build (a folder). */
  async restart(changes: Partial<WorkerBindings> = {}, build = this.build): Promise<void> {
    await this.kill('SIGKILL')
    this.build = build
    this.bindings = { ...this.bindings, ...changes }
    await this.serve()
  }

  stop(): Promise<void> {
    return this.kill('SIGKILL')
  }

  private async serve(): Promise<void> {
    const config = `${this.folder}/config.capnp`
    writeFileSync(config, workerConfig(this.build, this.folder, this.storage, this.bindings))
    const child = spawn(WORKERD, ['serve', config, '--control-fd=3'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
    this.child = child
    const endWithUs = () => child.kill('SIGKILL')
    process.once('exit', endWithUs)
    child.once('exit', () => process.off('exit', endWithUs))
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.log += chunk
      })
    }
    const ended = once(child, 'close').then(([code, signal]) => {
      throw new WorkerdRefused(`workerd ended with ${code ?? signal}:\n${this.log}`)
    })
    // The tests cause every later exit.
    ended.catch(() => {})
    this.agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS })
    const sockets = this.bindings.twin === true ? [WORKER_SOCKET, 'twin'] : [WORKER_SOCKET]
    const ports = await Promise.race([portsFrom(child.stdio[3] as Readable, sockets), ended])
    this.port = ports[0] as number
    this.twinPort = ports[1] ?? 0
    await Promise.race([this.untilHealthy(), ended])
  }

  private async untilHealthy(): Promise<void> {
    const giveUpMs = Date.now() + PATIENCE_MS
    while (!(await isHealthy(this.port))) {
      if (Date.now() > giveUpMs) throw new Error(`workerd does not answer:\n${this.log}`)
      await pause(RETRY_MS)
    }
  }
}

/** workerd reports the port of each socket as a line of JSON. */
async function portsFrom(control: Readable, sockets: readonly string[]): Promise<number[]> {
  let output = ''
  for await (const chunk of control.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += chunk
    const ports = sockets.map((name) => new RegExp(`"socket":"${name}","port":([0-9]+)`).exec(output)?.[1])
    if (ports.every((port) => port !== undefined)) return ports.map(Number)
  }
  // It exited without reporting its ports. The caller that awaits its exit has the reason.
  return new Promise(() => {})
}

function isHealthy(port: number): Promise<boolean> {
  return new Promise((done) => {
    const health = request({ host: '127.0.0.1', port, path: '/__waiting-room/healthz', agent: false, timeout: 5_000 })
    health.on('response', (response) => {
      response.resume()
      done(response.statusCode === 200)
    })
    health.on('timeout', () => health.destroy())
    health.on('error', () => done(false))
    health.end()
  })
}
