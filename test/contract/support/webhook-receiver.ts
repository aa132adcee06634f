/**
 * A real HTTP receiver of webhooks. It responds to each path with the given statuses and repeats
 * the last one, and it records every request. It verifies signatures with the Standard Webhooks
 * library, as a receiver would that knows only that specification.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

/** A request as received, and the status of its response. */
export interface Delivered {
  readonly path: string
  readonly status: number
  /** The message's id, the same in each attempt. */
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface AlertEvent {
  readonly type: string
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

export class WebhookReceiver {
  readonly requests: Delivered[] = []
  private readonly server: Server
  private readonly answers: Map<string, number[]>

  private constructor(answers: Readonly<Record<string, readonly number[]>>) {
    this.answers = new Map(Object.entries(answers).map(([path, statuses]) => [path, [...statuses]]))
    this.server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const path = request.url ?? ''
      const status = this.nextStatus(path)
      const headers = request.headers as Record<string, string>
      const id = headers['webhook-id'] ?? ''
      this.requests.push({ path, status, id, headers, body: Buffer.concat(chunks).toString('utf8') })
      response.writeHead(status).end()
    })
  }

  /** @param answers statuses by path, in order; other paths get 404 */
  static async start(answers: Readonly<Record<string, readonly number[]>>): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(answers)
    receiver.server.listen(0, '127.0.0.1')
    await once(receiver.server, 'listening')
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** The requests to a path, in order. */
  at(path: string): Delivered[] {
    return this.requests.filter((request) => request.path === path)
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }

  private nextStatus(path: string): number {
    const statuses = this.answers.get(path) ?? [404]
    return (statuses.length > 1 ? statuses.shift() : statuses[0]) as number
  }
}

/**
 * @throws WebhookVerificationError when the signature is invalid or its time is more than five
 * minutes off
 */
export function verified({ body, headers }: Delivered, secret: string): AlertEvent {
  return new Webhook(secret).verify(body, { ...headers }) as AlertEvent
}
