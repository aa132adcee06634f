/**
 * Receives the demo's alerts: a small webhook receiver on loopback, like an operator's own system.
 * Accepts only messages signed with the demo's secret, and counts a repeated message once.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

const MAX_BODY_BYTES = 100_000
/** Messages that it remembers. */
const MAX_REMEMBERED = 200
const SECRET_BYTES = 32

/** One alert as it arrived. */
export interface ReceivedAlert {
  readonly id: string
  readonly kind: 'firing' | 'resolved'
  /** Readable text. */
  readonly text: string
}

interface AlertData {
  readonly rule: string
  readonly metric: string
  readonly bound: string
  readonly threshold: number
  readonly value: number
}

export class AlertReceiver {
  /** In order of arrival, without repetitions. */
  readonly alerts: ReceivedAlert[] = []
  /** Messages with a wrong signature. */
  refused = 0
  /** The secret that signs messages. */
  readonly secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
  readonly #webhook = new Webhook(this.secret)
  readonly #server = createServer(async (request, response) => {
    response.writeHead(await this.#receive(request).catch(() => 400)).end()
  })

  private constructor() {}

  /** Listens on a free loopback port; ends with the process. */
  static async start(): Promise<AlertReceiver> {
    const receiver = new AlertReceiver()
    receiver.#server.listen(0, '127.0.0.1').unref()
    await once(receiver.#server, 'listening')
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/alerts`
  }

  count(kind: ReceivedAlert['kind']): number {
    return this.alerts.filter((alert) => alert.kind === kind).length
  }

  /** The status of the answer. */
  async #receive(request: IncomingMessage): Promise<number> {
    const body = await readBody(request)
    const headers = request.headers as Record<string, string>
    try {
      const { type, data } = this.#webhook.verify(body, headers) as { type: string; data: AlertData }
      const kind = type.replace('waiting-room.alert.', '')
      if (kind === 'firing' || kind === 'resolved') this.#keep(headers['webhook-id'] ?? '', kind, data)
      return 204
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      this.refused += 1
      return 401
    }
  }

  #keep(id: string, kind: ReceivedAlert['kind'], { rule, metric, bound, threshold, value }: AlertData): void {
    if (this.alerts.some((alert) => alert.id === id)) return
    const is = kind === 'firing' ? 'is' : 'is no longer'
    const shown = Math.round(value * 10) / 10
    this.alerts.push({ id, kind, text: `${kind} ${rule}: ${metric} ${shown} ${is} ${bound} ${threshold}` })
    if (this.alerts.length > MAX_REMEMBERED) this.alerts.shift()
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error(`a message of more than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
