/**
 * The small legacy origin, in a separate process: a shop that holds a licence per person and breaks
 * when they run out. It knows nothing of the waiting room in front of it, except the leave call on
 * its goodbye page.
 *
 * `processes.ts` starts it with an IPC channel; argument: number of licences. It listens on a free
 * loopback port and reports it as `{ port }`.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Licences } from './licences.ts'
import { GOODBYE_PAGE, OVERLOAD_PAGE, SHOP_PAGE } from './origin-pages.ts'

/**
 * Shorter than the 20 s after which the waiting room finds a leaver, so that each admitted visitor
 * finds a licence.
 */
const LICENCE_HOLD_MS = 15_000
/** The waiting room finds a closed page sooner, after 10 s. A reload takes less. */
const CLOSED_PAGE_HOLD_MS = 8_000
const PERSON_COOKIE = 'shop-person'
const PERSON_PATTERN = /^[0-9a-f-]{36}$/

const licences = new Licences(Number(process.argv[2]), LICENCE_HOLD_MS)

function personOf(request: IncomingMessage): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=')
    if (name === PERSON_COOKIE && value !== undefined && PERSON_PATTERN.test(value)) return value
  }
  return null
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

function page(status: number, html: string, cookie?: string): Reply {
  const cookieHeader = cookie === undefined ? {} : { 'Set-Cookie': cookie }
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8', ...cookieHeader }, body: html }
}

function shop(person: string): Reply {
  if (!licences.take(person, Date.now())) return page(500, OVERLOAD_PAGE)
  return page(200, SHOP_PAGE, `${PERSON_COOKIE}=${person}; Path=/; HttpOnly; SameSite=Lax`)
}

function reply(request: IncomingMessage): Reply {
  const person = personOf(request)
  const { pathname } = new URL(request.url ?? '/', 'http://origin')
  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      return shop(person ?? randomUUID())
    case 'POST /ping':
      return { status: person !== null && licences.keep(person, Date.now()) ? 204 : 410, headers: {} }
    case 'POST /closing':
      if (person !== null) licences.shorten(person, CLOSED_PAGE_HOLD_MS, Date.now())
      return { status: 204, headers: {} }
    case 'POST /logout':
      if (person !== null) licences.release(person)
      return page(200, GOODBYE_PAGE, `${PERSON_COOKIE}=; Path=/; Max-Age=0`)
    case 'GET /__origin/figures':
      // For the demo's table only: requests through the waiting room carry this header.
      if (request.headers['x-forwarded-host'] !== undefined) break
      return {
        status: 200,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(licences.figures(Date.now())),
      }
  }
  return { status: 404, headers: { 'Content-Type': 'text/plain' }, body: 'Not found\n' }
}

const server = createServer((request, response) => {
  request.resume()
  const { status, headers, body } = reply(request)
  response.writeHead(status, { 'Cache-Control': 'no-store', ...headers }).end(body)
})
// Longer than any pause of the proxy, so that it never uses a closing connection.
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
