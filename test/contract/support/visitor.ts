/**
 * One visitor over real HTTP: a browser or a program like curl, with its own cookie jar. It sends
 * exactly the given headers and any `Host`, so that one Worker serves the rooms of many tests.
 */
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { PATIENCE_MS } from './patience.ts'
import { claimsOf, type TokenClaims } from './tokens.ts'
import { PROTOCOL_HEADER } from './worker-config.ts'
import type { Server } from './workerd.ts'

export type Headers = Readonly<Record<string, string>>

/** The headers of a browser that opens a page. */
export const BROWSER: Headers = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Site': 'none',
}

export const CURL: Headers = { 'User-Agent': 'curl/8.14.1', Accept: '*/*' }

export interface Call {
  readonly method?: string
  readonly path?: string
  /** Replaces the visitor's headers. */
  readonly headers?: Headers
  /** Sent in addition. */
  readonly extra?: Headers
  readonly body?: string | Buffer
}

export class Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly setCookies: readonly string[]
  readonly body: Buffer

  constructor(message: IncomingMessage, body: Buffer) {
    this.status = message.statusCode ?? 0
    this.headers = message.headers
    this.setCookies = message.headers['set-cookie'] ?? []
    this.body = body
  }

  get text(): string {
    return this.body.toString('utf8')
  }

  json<T = Record<string, unknown>>(): T {
    return JSON.parse(this.text) as T
  }
}

export class Visitor {
  readonly cookies = new Map<string, string>()
  private readonly server: Server
  readonly host: string
  readonly own: Headers

  constructor(server: Server, host: string, own: Headers = BROWSER) {
    this.server = server
    this.host = host
    this.own = own
  }

  /** Sends a request and reads the complete response. */
  async send(call: Call = {}): Promise<Reply> {
    const length = call.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(call.body)) }
    const sent = this.open({ ...call, extra: { ...length, ...call.extra } })
    sent.end(call.body)
    const message = await answerTo(sent)
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    return this.keepCookies(new Reply(message, Buffer.concat(chunks)))
  }

  get(path = '/', extra: Headers = {}): Promise<Reply> {
    return this.send({ path, extra })
  }

  post(path: string, body: string | Buffer = '', extra: Headers = {}): Promise<Reply> {
    return this.send({ method: 'POST', path, body, extra })
  }

  /** Leaves for good, as the button of the waiting page and programs do. */
  leave(): Promise<Reply> {
    return this.post('/__waiting-room/leave', '{"final":true}', { 'Content-Type': 'application/json' })
  }

  /** A request whose body the test writes itself. `answerTo` waits for the response. */
  open({ method = 'GET', path = '/', headers = this.own, extra = {} }: Call = {}): ClientRequest {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return request({
      host: '127.0.0.1',
      port: this.server.port,
      agent: this.server.agent,
      method,
      path,
      timeout: PATIENCE_MS,
      headers: { Host: this.host, ...headers, ...(cookie === '' ? {} : { Cookie: cookie }), ...extra },
    })
  }

  keepCookies(reply: Reply): Reply {
    for (const line of reply.setCookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (name === undefined || value === undefined) continue
      if (/;\s*Max-Age=0\b/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return reply
  }

  /** The visitor's token, undefined if there is none. */
  get token(): string | undefined {
    return [...this.cookies].find(([name]) => /^(__Host-|__Secure-)?waiting-room-(?!_)/.test(name))?.[1]
  }

  get claims(): TokenClaims | undefined {
    return this.token === undefined ? undefined : claimsOf(this.token)
  }

  get number(): number {
    const { claims } = this
    if (claims === undefined) throw new Error('The visitor has no token')
    return claims.number
  }

  /** `ticket`, `pass`, or undefined. */
  get holds(): TokenClaims['kind'] | undefined {
    return this.claims?.kind
  }
}

/** Marks a request as sent over TLS. */
export const OVER_TLS: Headers = { [PROTOCOL_HEADER]: 'https' }

/** The response, as soon as its headers have arrived. */
export function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve)
    sent.once('error', reject)
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${PATIENCE_MS} ms: ${sent.path}`)))
  })
}
