/** A real HTTP server in Sentry's place. It stores every byte that it receives. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A position in the deployed code, line and column from 1. */
export interface Frame {
  readonly lineno?: number
  readonly colno?: number
}

/** The fields of an event that the tests read. */
export interface SentEvent {
  readonly event_id: string
  readonly message: string
  readonly tags: Readonly<Record<string, string>>
  readonly extra: Readonly<Record<string, unknown>>
  readonly exception: {
    readonly values: readonly {
      readonly type: string
      readonly value: string
      readonly stacktrace?: { readonly frames: readonly Frame[] }
    }[]
  }
}

export interface Envelope {
  readonly path: string
  /** Headers and body as received. */
  readonly headers: string
  readonly body: string
  readonly event: SentEvent
}

export class SentryReceiver {
  readonly envelopes: Envelope[] = []
  /** Null: it never responds. */
  status: number | null = 200
  private readonly server: Server

  private constructor() {
    this.server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request.setEncoding('utf8')) body += chunk
      // Lines: the envelope's header, the item's header, the item.
      const event = JSON.parse(body.split('\n')[2] ?? '') as SentEvent
      this.envelopes.push({ path: request.url ?? '', headers: request.rawHeaders.join('\n'), body, event })
      if (this.status !== null) response.writeHead(this.status).end('{}')
    })
  }

  static async start(): Promise<SentryReceiver> {
    const receiver = new SentryReceiver()
    receiver.server.listen(0, '127.0.0.1')
    await once(receiver.server, 'listening')
    return receiver
  }

  get dsn(): string {
    return `http://publickey@127.0.0.1:${(this.server.address() as AddressInfo).port}/1`
  }

  of(event: string): Envelope[] {
    return this.envelopes.filter((envelope) => envelope.event.message === event)
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }
}
