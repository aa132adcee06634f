/**
 * The parts of a browser that the crowd needs: one connection pool, a cookie jar and the headers by
 * which a server tells a navigation from a script's call. Built on node:http, because `fetch`
 * overwrites `Sec-Fetch-Mode`.
 */
import { Agent, type IncomingMessage, request } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { Status } from '../src/status.ts'

const CALL_TIMEOUT_MS = 15_000
/** Connections of one browser to one host. */
const MAX_SOCKETS = 4
const MAX_BODY_BYTES = 1_000_000

const NAVIGATION = {
  Accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Site': 'none',
  'Upgrade-Insecure-Requests': '1',
}

const SCRIPT_CALL = {
  Accept: 'application/json',
  'Sec-Fetch-Dest': 'empty',
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Site': 'same-origin',
}

export interface Answer {
  readonly status: number
  readonly body: string
}

export class Browser {
  readonly #baseUrl: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #agent: Agent
  readonly #cookies = new Map<string, string>()

  /** @param headers are sent with every request */
  constructor(baseUrl: string, headers: Readonly<Record<string, string>> = {}) {
    this.#baseUrl = baseUrl
    this.#headers = headers
    const kept = { keepAlive: true, maxSockets: MAX_SOCKETS }
    this.#agent = baseUrl.startsWith('https:') ? new TlsAgent(kept) : new Agent(kept)
  }

  /** Opens a page, as from the address bar. */
  navigate(path: string): Promise<Answer> {
    return this.#send('GET', path, NAVIGATION)
  }

  /** A request by a page's script. */
  get(path: string): Promise<Answer> {
    return this.#send('GET', path, SCRIPT_CALL)
  }

  /** A POST by a page's script, with a JSON body if given. */
  post(path: string, body?: unknown): Promise<Answer> {
    const headers = { ...SCRIPT_CALL, Origin: this.#baseUrl }
    return this.#send('POST', path, headers, body === undefined ? '' : JSON.stringify(body))
  }

  /** The values of the cookies of a name, with one of its prefixes or without. */
  cookiesNamed(name: string): string[] {
    return ['', '__Host-', '__Secure-'].flatMap((prefix) => this.#cookies.get(`${prefix}${name}`) ?? [])
  }

  /** The value of a cookie, undefined if the jar has none of that name. */
  cookie(name: string): string | undefined {
    return this.#cookies.get(name)
  }

  /**
   * Closes the connections, like a browser that quits or whose phone is locked. The cookies stay.
   */
  close(): void {
    this.#agent.destroy()
  }

  async #send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
    try {
      return await this.#sendOnce(method, path, headers, body)
    } catch (error) {
      // The server closed a kept connection at the same moment. Browsers repeat the request on a
      // new one.
      if (error instanceof ReusedConnectionError) return this.#sendOnce(method, path, headers, body)
      throw error
    }
  }

  #sendOnce(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const bodyHeaders = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
      const typeHeaders = body ? { 'Content-Type': 'application/json' } : {}
      const send = this.#baseUrl.startsWith('https:') ? tlsRequest : request
      const call = send(`${this.#baseUrl}${path}`, {
        method,
        agent: this.#agent,
        headers: { ...this.#headers, ...headers, ...this.#cookieHeader(), ...bodyHeaders, ...typeHeaders },
        timeout: CALL_TIMEOUT_MS,
      })
      call.once('timeout', () =>
        call.destroy(new Error(`${method} ${path}: no answer in ${CALL_TIMEOUT_MS / 1_000} s`)),
      )
      call.once('error', (error: NodeJS.ErrnoException) => {
        reject(call.reusedSocket && error.code === 'ECONNRESET' ? new ReusedConnectionError() : error)
      })
      call.once('response', (response) => {
        this.#keepCookies(response)
        readBody(response).then((text) => resolve({ status: response.statusCode ?? 0, body: text }), reject)
      })
      call.end(body)
    })
  }

  #cookieHeader(): Record<string, string> {
    if (this.#cookies.size === 0) return {}
    return { Cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
  }

  #keepCookies(response: IncomingMessage): void {
    for (const line of response.headers['set-cookie'] ?? []) {
      const [pair = '', ...attributes] = line.split(';')
      const split = pair.indexOf('=')
      const name = pair.slice(0, split).trim()
      const gone = attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute))
      if (gone) this.#cookies.delete(name)
      else this.#cookies.set(name, pair.slice(split + 1).trim())
    }
  }
}

class ReusedConnectionError extends Error {}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error(`an answer of more than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The status in an answer; null: it has none. */
export function statusOf(answer: Answer | null): Status | null {
  if (answer?.status !== 200) return null
  try {
    const status = JSON.parse(answer.body) as Status
    return Number.isFinite(status.pollAfterSeconds) ? status : null
  } catch {
    return null
  }
}

/**
 * The ticket's number in the room's cookie (a JWS). Not verified: it is only compared and
 * displayed.
 */
export function numberOf(token: string | undefined): number | null {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const { number } = payload as { number?: unknown }
    return typeof number === 'number' ? number : null
  } catch {
    return null
  }
}
