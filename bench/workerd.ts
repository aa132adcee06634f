/** Runs raw `workerd serve` with a configuration and reports the port of each socket. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'

const WORKERD = resolve(import.meta.dirname, '../node_modules/workerd/bin/workerd')
const LOG_MAX_BYTES = 2_000

/** Ended with this process, however that ends. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export class Workerd {
  private readonly ports: ReadonlyMap<string, number>
  private readonly child: ChildProcess

  private constructor(child: ChildProcess, ports: ReadonlyMap<string, number>) {
    this.child = child
    this.ports = ports
  }

  /**
   * Writes the configuration and `storage/` into `folder`. `sockets`: the number of sockets in the
   * configuration.
   */
  static async start(folder: string, config: string, sockets: number): Promise<Workerd> {
    mkdirSync(`${folder}/storage`, { recursive: true })
    writeFileSync(`${folder}/config.capnp`, config)
    const stdio = ['ignore', 'ignore', 'pipe', 'pipe'] as const
    const child = spawn(WORKERD, ['serve', `${folder}/config.capnp`, '--control-fd=3'], { stdio: [...stdio] })
    running.add(child)
    // One mistake fails hundreds of requests at once, with a line each.
    let told = 0
    child.stderr?.on('data', (chunk: Buffer) => {
      if (told < LOG_MAX_BYTES) process.stderr.write(chunk.subarray(0, LOG_MAX_BYTES - told))
      told += chunk.length
    })
    return new Workerd(child, await portsFrom(child.stdio[3] as Readable, sockets))
  }

  get pid(): number {
    return this.child.pid as number
  }

  port(socket: string): number {
    const port = this.ports.get(socket)
    if (port === undefined) throw new Error(`There is no socket ${socket}`)
    return port
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await gone
  }
}

/** workerd prints the port of each socket as a line of JSON. */
async function portsFrom(control: Readable, sockets: number): Promise<Map<string, number>> {
  const ports = new Map<string, number>()
  let told = ''
  for await (const chunk of control.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    told += chunk
    const lines = told.split('\n')
    told = lines.pop() ?? ''
    for (const line of lines) {
      const { socket, port } = JSON.parse(line) as { socket?: string; port?: number }
      if (socket !== undefined && port !== undefined) ports.set(socket, port)
    }
    if (ports.size === sockets) return ports
  }
  throw new Error('workerd ended before it served')
}
