/**
 * A real HTTP origin whose behaviour depends on the requested path. Timed behaviour (streams, slow
 * responses) waits for the test, not for a clock. The origin records every request, so that a test
 * can tell what did not arrive.
 */
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { WebSocketServer } from 'ws'

export const PAGE =
  '<!doctype html><html><head><title>Shop</title></head><body><p>Grüße from the shop</p></body></html>'
export const HEADLESS_PAGE = '<p>A page without a head</p>'
export const NONCE = 'r4nd0mNonce=='
/** With bytes that every text codec would change. */
export const JSON_BYTES = Buffer.concat([
  Buffer.from('{"html":"<head></head>","raw":"'),
  Buffer.from([0xff, 0xfe, 0x22, 0x7d]),
])

/** The request as the origin received it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Answers the requests for one path, by its first segment. */
export type Answer = (request: IncomingMessage, response: ServerResponse, origin: Origin) => void | Promise<void>

export class Origin {
  readonly requests: { readonly method: string; readonly url: string }[] = []
  /** Emits `received:<path>` with each chunk of a body, and waits for `go:<path>`. */
  readonly signals = new EventEmitter()
  readonly server: Server
  port = 0
  private readonly answers: Readonly<Record<string, Answer>>

  private constructor(own: Readonly<Record<string, Answer>>) {
    this.answers = { ...ANSWERS, ...own }
    this.server = createServer((request, response) => void this.answer(request, response))
    const sockets = new WebSocketServer({ server: this.server })
    sockets.on('connection', (socket, request) => {
      this.requests.push({ method: 'UPGRADE', url: request.url ?? '' })
      socket.send(JSON.stringify({ headers: request.headers }))
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    })
  }

  /** `own`: pages in addition to the ones below. */
  static async start(port = 0, own: Readonly<Record<string, Answer>> = {}): Promise<Origin> {
    const origin = new Origin(own)
    origin.server.listen(port, '127.0.0.1')
    await once(origin.server, 'listening')
    origin.port = (origin.server.address() as AddressInfo).port
    return origin
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Counts requests whose path has this prefix. */
  count(prefix: string): number {
    return this.requests.filter(({ url }) => url.startsWith(prefix)).length
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    this.requests.push({ method, url })
    const [, name = ''] = /^\/([a-z0-9-]*)/.exec(url) ?? []
    try {
      const answer = Object.hasOwn(this.answers, name) ? this.answers[name] : undefined
      await (answer ?? echo)(request, response, this)
    } catch (error) {
      response.destroy(error as Error)
    }
  }
}

/** The default: the request as the origin received it, as JSON. */
const echo: Answer = async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const seen: Seen = {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  }
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(seen))
}

export const html = (page: string, headers: Record<string, string> = {}): Answer => {
  const all = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': `${Buffer.byteLength(page)}`, ...headers }
  return (_request, response) => void response.writeHead(200, all).end(page)
}

const redirect = (to: (origin: Origin) => string): Answer => {
  return (_request, response, origin) => void response.writeHead(302, { Location: to(origin) }).end()
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  page: html(PAGE, { ETag: '"strong"', 'Cache-Control': 'public, max-age=60' }),
  headless: html(HEADLESS_PAGE),
  nonce: html(PAGE, { 'Content-Security-Policy': `default-src 'self'; script-src 'self' 'nonce-${NONCE}'` }),
  gzip: (_request, response) => {
    const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }
    response.writeHead(200, headers).end(gzipSync(PAGE))
  },
  'gzip-json': (_request, response) => {
    response
      .writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })
      .end(gzipSync(JSON_BYTES))
  },
  json: (_request, response) => {
    const length = String(JSON_BYTES.length)
    const headers = { 'Content-Type': 'application/json', 'Content-Length': length, ETag: '"exact"' }
    response
      .writeHead(200, {
        ...headers,
        'Cache-Control': 'public, s-maxage=60, max-age=60',
        'CDN-Cache-Control': 'max-age=600',
      })
      .end(JSON_BYTES)
  },
  part: (_request, response) => {
    const headers = { 'Content-Type': 'text/html', 'Content-Range': `bytes 0-9/${PAGE.length}`, 'Content-Length': '10' }
    response.writeHead(206, headers).end(PAGE.slice(0, 10))
  },
  unchanged: (_request, response) => void response.writeHead(304, { ETag: '"strong"' }).end(),
  missing: (_request, response) => void response.writeHead(404, 'Gone Fishing', { 'X-Reason': 'none' }).end('nothing'),
  relative: redirect(() => '/elsewhere?x=1#y'),
  own: redirect(({ url }) => `${url}/elsewhere?x=1#y`),
  'own-short': redirect(({ port }) => `//127.0.0.1:${port}/elsewhere`),
  foreign: redirect(() => 'https://pay.example/checkout'),
  cookies: (_request, response) => {
    const cookies = ['a=1; Path=/', 'b=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT; HttpOnly', 'c="x, y"; SameSite=Lax']
    response.writeHead(200, { 'Set-Cookie': cookies }).end('ok')
  },
  stream: async (request, response, { signals }) => {
    const go = once(signals, `go:${request.url}`)
    response.writeHead(200, { 'Content-Type': 'text/plain' })
    response.write('first')
    await go
    response.end('last')
  },
  upload: async (request, response, { signals }) => {
    let bytes = 0
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length
      signals.emit(`received:${request.url}`)
    }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ bytes }))
  },
  /** With the headers that the query names, and a cookie from the origin. */
  command: (request, response) => {
    const query = Object.fromEntries(new URL(request.url ?? '', 'http://origin').searchParams)
    const headers = { 'Content-Type': 'text/html', 'Cache-Control': 'public, max-age=60', ...query }
    const body = query['Content-Encoding'] === 'gzip' ? gzipSync(PAGE) : PAGE
    response.writeHead(200, { ...headers, 'Set-Cookie': ['cart=; Max-Age=0', 'seen=1'] }).end(body)
  },
  failing: (_request, response) => void response.writeHead(500).end('broken'),
  silent: async (request, response, { signals }) => {
    await once(signals, `go:${request.url}`)
    response.writeHead(200).end('late')
  },
}
