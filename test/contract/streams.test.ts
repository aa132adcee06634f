/** Slow bodies, large bodies and WebSockets pass through without being buffered. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { issued } from './support/operator.ts'
import type { Seen } from './support/origin.ts'
import { room, useStage } from './support/stage.ts'
import { answerTo, type Visitor } from './support/visitor.ts'

const stage = useStage([room('shop', 10_000), room('tight', 1), room('sockets', 10_000)])

test('delivers the first chunk of a response before the origin sends the last', async () => {
  const guest = await stage.guest('shop')
  const sent = guest.open({ path: '/stream?1' })
  sent.end()
  const answer = (await answerTo(sent)).setEncoding('utf8')
  const [first] = await once(answer, 'data')
  expect(first).toBe('first')
  const end = once(answer, 'end')
  let rest = ''
  answer.on('data', (chunk: string) => {
    rest += chunk
  })
  stage.origin.signals.emit('go:/stream?1')
  await end
  expect(rest).toBe('last')
})

test('forwards the first chunk of an upload before the client sends the last', async () => {
  const guest = await stage.guest('shop')
  const received = once(stage.origin.signals, 'received:/upload?1')
  const sent = guest.open({ method: 'POST', path: '/upload?1' })
  sent.write('x'.repeat(1000))
  await received
  sent.end('y'.repeat(24))
  const answer = await answerTo(sent)
  expect(JSON.parse((await answer.setEncoding('utf8').toArray()).join(''))).toEqual({ bytes: 1024 })
})

test('forwards a large form completely', async () => {
  const guest = await stage.guest('shop')
  const body = 'x'.repeat(1024 * 1024)
  const { method, body: arrived } = (await guest.post('/echo', body)).json<Seen>()
  expect(method).toBe('POST')
  expect(arrived === body).toBe(true)
})

test('relays a WebSocket with a pass in both directions, text and bytes', async () => {
  const guest = await stage.guest('shop')
  const socket = dial(guest, '/socket?a=1')
  const [hello] = await once(socket, 'message')
  const { headers } = JSON.parse(String(hello)) as { headers: Seen['headers'] }
  expect(headers['waiting-room-pass']).toBe(guest.token)
  expect(headers.cookie).toBeUndefined()
  socket.send('ping')
  expect(String((await once(socket, 'message'))[0])).toBe('ping')
  socket.send(Buffer.from([0, 255, 128]))
  expect((await once(socket, 'message'))[0]).toEqual(Buffer.from([0, 255, 128]))
  socket.close(1000)
  await once(socket, 'close')
})

test('refuses a WebSocket without a pass and issues no ticket', async () => {
  const newcomer = stage.visitor('sockets')
  expect(await handshakeStatus(dial(newcomer, '/socket?none'))).toBe(503)
  expect(stage.origin.count('/socket?none')).toBe(0)
  expect(await issued(stage.workerd, 'sockets')).toBe(0)
})

test('opens a WebSocket with a ticket that is due for admission, and returns the pass', async () => {
  const first = await stage.guest('tight')
  const next = stage.visitor('tight')
  expect((await next.get('/')).status).toBe(503)
  expect(next.holds).toBe('ticket')
  expect(await handshakeStatus(dial(next, '/socket'))).toBe(503)
  await first.leave()
  let socket = dial(next, '/socket?turn')
  let setCookies: readonly string[] | undefined
  const noteCookies = ({ headers }: IncomingMessage) => {
    setCookies = headers['set-cookie']
  }
  socket.once('upgrade', noteCookies)
  // An isolate may not know immediately that the ticket is due.
  for (let status = await handshakeStatus(socket); status !== 101; status = await handshakeStatus(socket)) {
    expect(status).toBe(503)
    socket = dial(next, '/socket?turn').once('upgrade', noteCookies)
  }
  expect(setCookies).toEqual([expect.stringMatching(/^waiting-room-tight=/)])
  expect(stage.origin.count('/socket?turn')).toBe(1)
})

function dial(visitor: Visitor, path: string): WebSocket {
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { Host: visitor.host, Origin: `http://${visitor.host}`, ...(cookie === '' ? {} : { Cookie: cookie }) }
  return new WebSocket(`ws://127.0.0.1:${stage.workerd.port}${path}`, { headers, handshakeTimeout: 30_000 })
}

/** The status of the response to a handshake. */
function handshakeStatus(socket: WebSocket): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (request, response) => {
      request.destroy()
      resolve(response.statusCode)
    })
    // Ending the handshake above emits an error, too.
    socket.on('error', reject)
  }).finally(() => socket.terminate()) as Promise<number | undefined>
}
