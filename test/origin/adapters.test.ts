/**
 * The guards in real frameworks over real HTTP. Next runs its middleware with Web requests and
 * responses, and so does this test: it does not start Next.
 */
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  expressMiddleware,
  fastifyPlugin,
  honoMiddleware,
  nextMiddleware,
  redirectMode,
  requirePass,
  type WaitingRoomVariables,
} from '../../origin/index.ts'
import { JWKS, NOW_MS, pass } from './support/room.ts'

const guard = requirePass({
  issuer: 'https://shop.example',
  audience: 'waiting-room:shop',
  jwks: JWKS,
  now: () => NOW_MS,
})

const toRoom = redirectMode({
  waitingRoom: 'https://wait.example',
  room: 'shop',
  audience: 'shop.example',
  secret: 'x'.repeat(32),
})

type Site = { readonly url: string; stop(): unknown }

async function listening(server: Server): Promise<Site> {
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() }
}

const SITES: readonly (readonly [name: string, start: () => Promise<Site>])[] = [
  [
    'Express',
    async () => {
      const app = express()
      const shop = express.Router()
      shop.get('/cart', (request, response) => {
        response.json((request as { waitingRoom?: unknown }).waitingRoom)
      })
      shop.get('/app.css', (request, response) => {
        response.json((request as { waitingRoom?: unknown }).waitingRoom)
      })
      app.use('/shop', expressMiddleware(guard), shop)
      app.use('/redirected', expressMiddleware(toRoom))
      return listening(createServer(app))
    },
  ],
  [
    'node:http',
    async () => {
      const [check, redirect] = [expressMiddleware(guard), expressMiddleware(toRoom)]
      return listening(
        createServer((request, response) => {
          const middleware = request.url?.startsWith('/redirected') ? redirect : check
          middleware(request, response, () => {
            response.setHeader('Content-Type', 'application/json')
            response.end(JSON.stringify((request as { waitingRoom?: unknown }).waitingRoom))
          })
        }),
      )
    },
  ],
  [
    'Fastify',
    async () => {
      const app = fastify()
      await app.register(async (shop) => {
        await shop.register(fastifyPlugin(guard))
        for (const path of ['/shop/cart', '/shop/app.css']) {
          shop.get(path, async (request, reply) =>
            reply.type('application/json').send(JSON.stringify((request as { waitingRoom?: unknown }).waitingRoom)),
          )
        }
      })
      await app.register(async (other) => {
        await other.register(fastifyPlugin(toRoom))
        other.get('/redirected', async () => 'not reached')
      })
      await app.listen({ port: 0, host: '127.0.0.1' })
      return { ...(await listening(app.server)), stop: () => app.close() }
    },
  ],
  [
    'Hono',
    async () => {
      const app = new Hono<{ Variables: WaitingRoomVariables }>()
      app.use('/shop/*', honoMiddleware(guard))
      app.use('/redirected', honoMiddleware(toRoom))
      app.get('/shop/*', (c) => c.json(c.get('waitingRoom')))
      return listening(webServer((request) => app.fetch(request)))
    },
  ],
  [
    'Next',
    async () => {
      const [check, redirect] = [nextMiddleware(guard), nextMiddleware(toRoom)]
      return listening(
        webServer(async (request) => {
          const middleware = request.url.includes('/redirected') ? redirect : check
          return (await middleware(request)) ?? Response.json({ room: 'shop', run: 2, number: 7 })
        }),
      )
    },
  ],
]

/** Serves a function from Web requests to responses. */
function webServer(answer: (request: Request) => Response | Promise<Response>): Server {
  return createServer(async (incoming, outgoing) => {
    const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string])
    const response = await answer(new Request(`http://${incoming.headers.host}${incoming.url}`, { headers }))
    outgoing.writeHead(response.status, [...response.headers].flat())
    outgoing.end(await response.text())
  })
}

/** As a browser does. `fetch` says that it is a script. */
async function openPage(url: string): Promise<IncomingMessage> {
  const sent = get(url, { headers: { Accept: 'text/html' } })
  const [reply] = (await once(sent, 'response')) as [IncomingMessage]
  reply.resume()
  return reply
}

describe.each(SITES)('%s', (name, start) => {
  let site: Site
  beforeAll(async () => {
    site = await start()
  })
  afterAll(() => site.stop())

  test('lets a request with a pass through, and tells the handler who it is', async () => {
    const reply = await fetch(`${site.url}/shop/cart`, { headers: { 'Waiting-Room-Pass': await pass() } })
    expect(reply.status).toBe(200)
    expect(await reply.json()).toMatchObject({ room: 'shop', run: 2, number: 7 })
  })

  test('refuses a request without one, with problem details', async () => {
    const reply = await fetch(`${site.url}/shop/cart`, { headers: { 'Waiting-Room-Pass': 'forged' } })
    expect(reply.status).toBe(403)
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(await reply.json()).toMatchObject({ title: 'No pass', detail: expect.stringContaining('forged') })
  })

  test('does not check static files', async () => {
    const reply = await fetch(`${site.url}/shop/app.css`)
    expect(reply.status).toBe(200)
    if (name !== 'Next') expect(await reply.json()).toBeNull()
  })

  test('sends a page to the waiting room', async () => {
    const reply = await openPage(`${site.url}/redirected?a=1`)
    expect(reply.statusCode).toBe(303)
    const back = encodeURIComponent('https://shop.example/redirected?a=1')
    expect(reply.headers.location).toBe(`https://wait.example/r/shop?return=${back}`)
  })
})

test('Express hands an error of the guard to its error handler', async () => {
  const broken = { check: () => Promise.reject(new Error('the store is down')) }
  const errors: unknown[] = []
  expressMiddleware(broken)({ headers: {} }, { statusCode: 0, setHeader() {}, end() {} }, (error) => errors.push(error))
  await expect.poll(() => errors).toEqual([new Error('the store is down')])
})

test('Express sets two cookies as two headers', async () => {
  const cookies = [
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
  ] as const
  const check = async () => ({ admitted: false, answer: { status: 303, headers: cookies, body: '' } }) as const
  const site = await listening(
    createServer((request, response) => expressMiddleware({ check })(request, response, () => {})),
  )
  const reply = await fetch(site.url, { redirect: 'manual' })
  expect(reply.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  site.stop()
})
