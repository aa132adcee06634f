/**
 * The cache of a location: what workerd asks for `caches.default`. A lookup is a GET; a write is a
 * PUT with the whole response as its body, as it would be on the wire.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Entry {
  readonly response: Buffer
  readonly untilMs: number
}

export class LocationCache {
  private readonly entries = new Map<string, Entry>()
  private readonly server: Server

  private constructor() {
    this.server = createServer((request, response) => void this.answer(request, response))
  }

  static async start(): Promise<LocationCache> {
    const cache = new LocationCache()
    cache.server.listen(0, '127.0.0.1')
    await once(cache.server, 'listening')
    return cache
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** The texts whose key contains `part`. */
  textOf(part: string): string | undefined {
    return [...this.entries].find(([key]) => key.includes(part))?.[1].response.toString()
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = `${request.headers.host}${request.url}`
    if (request.method === 'PUT') {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const stored = Buffer.concat(chunks)
      const [, seconds = '0'] = /max-age=(\d+)/i.exec(stored.toString()) ?? []
      this.entries.set(key, { response: stored, untilMs: Date.now() + Number(seconds) * 1000 })
      response.writeHead(204).end()
      return
    }
    const entry = this.entries.get(key)
    if (entry === undefined || entry.untilMs <= Date.now()) {
      response.writeHead(504, { 'CF-Cache-Status': 'MISS' }).end()
      return
    }
    const text = entry.response.toString('latin1')
    const afterStatus = text.indexOf('\r\n') + 2
    request.socket.end(
      `${text.slice(0, afterStatus)}CF-Cache-Status: HIT\r\nConnection: close\r\n${text.slice(afterStatus)}`,
      'latin1',
    )
  }
}
