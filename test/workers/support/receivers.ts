/**
 * Vitest's global set-up of the Worker's tests: a real HTTP server in place of the receivers of
 * webhooks.
 *
 * `POST /script/<id>` sets the responses of receiver <id>, `/hook/<id>/...` is the receiver itself,
 * `GET /received/<id>` lists the requests it got, `GET /open/<id>` counts its open connections.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import type { Answer, ReceivedRequest } from '../alerts/receiver-contract.ts'

interface Receiver {
  answers: Answer[]
  readonly received: ReceivedRequest[]
  open: number
}

const ENDLESS_CHUNK = 'x'.repeat(16 * 1024)
const ENDLESS_PAUSE_MS = 10

export default async function startReceivers(project: TestProject): Promise<() => void> {
  const receivers = new Map<string, Receiver>()
  const server = createServer((request, response) => {
    serve(receivers, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  project.provide('receivers', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return () => {
    server.closeAllConnections()
    server.close()
  }
}

async function serve(receivers: Map<string, Receiver>, request: IncomingMessage, response: ServerResponse) {
  const [, verb, id = ''] = (request.url ?? '').split('/')
  const receiver = receivers.get(id) ?? { answers: [], received: [], open: 0 }
  receivers.set(id, receiver)
  const body = await textOf(request)
  switch (verb) {
    case 'script':
      receiver.answers = JSON.parse(body)
      return response.end()
    case 'received':
      return response.end(JSON.stringify(receiver.received))
    case 'open':
      return response.end(JSON.stringify(receiver.open))
    case 'hook':
      receiver.received.push({ method: request.method ?? '', headers: flat(request), body })
      receiver.open++
      response.on('close', () => receiver.open--)
      return answer(receiver, response)
    default:
      return response.writeHead(404).end()
  }
}

function answer(receiver: Receiver, response: ServerResponse): void {
  const { status, headers, endless } = (receiver.answers.length > 1
    ? receiver.answers.shift()
    : receiver.answers[0]) ?? { status: 200 }
  if (status === undefined) return
  response.writeHead(status, headers)
  if (endless !== true) {
    // A response of a receiver may contain text that must not be repeated.
    response.end('hidden-words-of-the-receiver')
    return
  }
  const timer = setInterval(() => response.write(ENDLESS_CHUNK), ENDLESS_PAUSE_MS)
  response.on('close', () => clearInterval(timer))
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}

function flat(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
}
