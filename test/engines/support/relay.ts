/**
 * A network between a browser and the server that can fail, and that sees the requests. It works
 * with every engine, since it does not ask the browser to pretend or to tell.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Browsers write the head of a request at once. */
const REQUEST_LINE = /^([A-Z]+ \/[^ ?]*)\S* HTTP\/1\.1\r$/gm

export class Relay {
  /** Method and path of each request so far. */
  readonly requests: string[] = []
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private isCut = false

  private constructor(server: Server) {
    this.server = server
  }

  /** Relays connections to this port of the machine. */
  static async start(port: number): Promise<Relay> {
    const relay: Relay = new Relay(createServer((socket) => relay.accept(socket, port)))
    relay.server.listen(0, '127.0.0.1')
    await once(relay.server, 'listening')
    return relay
  }

  /** The address that goes through this relay. */
  through(url: string): string {
    const { port } = this.server.address() as AddressInfo
    return Object.assign(new URL(url), { port: String(port) }).href
  }

  /** Every connection breaks, and new ones do at once. */
  cut(): void {
    this.isCut = true
    for (const socket of this.sockets) socket.destroy()
  }

  restore(): void {
    this.isCut = false
  }

  async stop(): Promise<void> {
    this.cut()
    this.server.close()
    await once(this.server, 'close')
  }

  private accept(inward: Socket, port: number): void {
    if (this.isCut) {
      inward.destroy()
      return
    }
    const outward = connect(port, '127.0.0.1')
    inward.on('data', (bytes) => {
      for (const [, line = ''] of bytes.toString('latin1').matchAll(REQUEST_LINE)) this.requests.push(line)
    })
    for (const [socket, other] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      this.sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }
}
