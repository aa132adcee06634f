/**
 * A stand-in for the part of Cloudflare's API that `npm run setup` uses: queues and a Worker's
 * secrets, over real HTTP.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const WORKER_NOT_FOUND = 10007
const QUEUE_NAME_TAKEN = 11009
const PAGE = 3

export class CloudflareApi {
  readonly queues: string[] = []
  /** By Worker. Null: the Worker does not exist. */
  readonly secrets = new Map<string, Record<string, string>>()
  /** Number of calls with changes. */
  changes = 0
  /** Status of all answers from now on; null: as the API would answer. */
  failWith: number | null = null
  private readonly server: Server

  private constructor() {
    this.server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request.setEncoding('utf8')) body += chunk
      const { status, result, code } = this.answer(request, body)
      const errors = code === undefined ? [] : [{ code, message: `stub says ${code}` }]
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify({ success: status < 400, errors, messages: [], result: result ?? null }))
    })
  }

  static async start(): Promise<CloudflareApi> {
    const api = new CloudflareApi()
    api.server.listen(0, '127.0.0.1')
    await once(api.server, 'listening')
    return api
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private answer({ method, url }: IncomingMessage, body: string): { status: number; result?: unknown; code?: number } {
    if (this.failWith !== null) return { status: this.failWith, code: 10000 }
    const { pathname, searchParams } = new URL(url ?? '/', 'http://api')
    const [, worker, what] =
      /^\/accounts\/acc\/workers\/scripts\/([^/]+)(?:\/(secrets|secrets-bulk))?$/.exec(pathname) ?? []
    if (method !== 'GET') this.changes++
    if (pathname === '/accounts/acc/queues') return this.answerQueues(method, searchParams.get('name'), body)
    if (worker !== undefined) return this.answerWorker(method, worker, what, body)
    if (pathname === '/user/tokens/verify') return { status: 200, result: { id: 'token', status: 'active' } }
    if (pathname === '/accounts') return { status: 200, result: [{ id: 'acc', name: 'The account' }] }
    if (pathname === '/memberships') return { status: 200, result: [] }
    return { status: 200, result: {} }
  }

  private answerQueues(method: string | undefined, name: string | null, body: string) {
    if (method === 'POST') {
      const { queue_name } = JSON.parse(body) as { queue_name: string }
      if (this.queues.includes(queue_name)) return { status: 409, code: QUEUE_NAME_TAKEN }
      this.queues.push(queue_name)
      return { status: 200, result: queue(queue_name) }
    }
    return { status: 200, result: this.listed(name).map(queue) }
  }

  /** Only the first page, which does not contain all of them. */
  private listed(name: string | null): string[] {
    return this.queues.filter((known) => name === null || known === name).slice(0, PAGE)
  }

  private answerWorker(method: string | undefined, worker: string, what: string | undefined, body: string) {
    if (what === undefined && method === 'PUT') {
      this.secrets.set(worker, {})
      return { status: 200, result: { id: worker } }
    }
    const known = this.secrets.get(worker)
    if (known === undefined) return { status: 404, code: WORKER_NOT_FOUND }
    if (what === 'secrets-bulk') {
      const { secrets } = JSON.parse(body) as { secrets: Record<string, { text: string }> }
      for (const [name, { text }] of Object.entries(secrets)) known[name] = text
      return { status: 200, result: [] }
    }
    return { status: 200, result: Object.keys(known).map((name) => ({ name, type: 'secret_text' })) }
  }
}

function queue(queue_name: string) {
  const at = '2026-01-01T00:00:00Z'
  const counts = { producers_total_count: 0, consumers_total_count: 0 }
  return { queue_name, queue_id: queue_name, created_on: at, modified_on: at, producers: [], consumers: [], ...counts }
}
