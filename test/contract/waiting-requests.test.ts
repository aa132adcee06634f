/**
 * Requests that share one call to the room's object, on raw workerd at the deployed compatibility
 * date. Calls are slow. While hundreds of requests wait for one, its leader's client disconnects or
 * the object aborts.
 */
import type { ClientRequest } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildWith } from './support/build-with.ts'
import { PROGRAM } from './support/crowd.ts'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { answerTo, type Call, Reply, Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const ROOM = 'crowd'
const CONNECTIONS = 512
const CAPACITY = 3 * CONNECTIONS
/** Per kind. A slow machine completes fewer in the given time. */
const FAULTS_WANTED = 10
const FAULTS_MIN = 3
const DURATION_MAX_MS = 40_000

const underWay = new Map<string, ClientRequest>()
const cancelled = new Set<string>()
const figures = { requests: 0, answers: 0, abortedCalls: 0, longestWaitMs: 0 }
const errors: string[] = []
let origin: Origin
let workerd: Workerd

beforeAll(async () => {
  origin = await Origin.start(0, {
    cancel: (request, response) => {
      const visitor = /visitor=(\d+)/.exec(request.url ?? '')?.[1] ?? ''
      if (underWay.has(visitor)) cancelled.add(visitor)
      underWay.get(visitor)?.destroy()
      response.end()
    },
    aborted: (_, response) => {
      figures.abortedCalls++
      response.end()
    },
  })
  // Otherwise the origin closes an idle connection just as the Worker reuses it.
  origin.server.keepAliveTimeout = 2 * DURATION_MAX_MS
  const rooms = [room(ROOM, CAPACITY, { lease_below: 0.7 })]
  workerd = await Workerd.start({ rooms, originUrl: origin.url }, buildWith('faulty-object.js'))
})
afterAll(async () => {
  await workerd?.stop()
  await origin?.stop()
})

/** Null when the test cancelled the request. */
async function send(visitor: Visitor, call: Call): Promise<Reply | null> {
  const id = String(figures.requests++)
  const sent = visitor.open({ ...call, extra: { 'X-Visitor': id } })
  underWay.set(id, sent)
  const startMs = performance.now()
  try {
    sent.end()
    const message = await answerTo(sent)
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    figures.answers++
    figures.longestWaitMs = Math.max(figures.longestWaitMs, Math.round(performance.now() - startMs))
    return visitor.keepCookies(new Reply(message, Buffer.concat(chunks)))
  } catch (error) {
    if (!cancelled.has(id)) errors.push(`${call.path}: ${error}`)
    return null
  } finally {
    underWay.delete(id)
  }
}

async function join(): Promise<Visitor | null> {
  const visitor = new Visitor(workerd, `${ROOM}.test`, PROGRAM)
  const reply = await send(visitor, { path: '/echo' })
  if (reply === null) return null
  const expected = { pass: 200, ticket: 503 }[visitor.holds ?? 'ticket']
  if (visitor.holds === undefined || reply.status !== expected) errors.push(`join: ${reply.status} ${reply.text}`)
  return visitor.holds === 'pass' ? visitor : null
}

async function beat(visitor: Visitor): Promise<void> {
  const reply = await send(visitor, { method: 'POST', path: `/__waiting-room/heartbeat?room=${ROOM}` })
  if (reply !== null && reply.status !== 204) errors.push(`beacon: ${reply.status} ${reply.text}`)
}

test('answers every waiting request when the leader of its call is cancelled or the object aborts', async () => {
  const endMs = performance.now() + DURATION_MAX_MS
  let guests: Visitor[] = []
  while (Math.min(cancelled.size, figures.abortedCalls) < FAULTS_WANTED && performance.now() < endMs) {
    const joined = await Promise.all(Array.from({ length: CONNECTIONS }, () => join()))
    guests = [...guests, ...joined.filter((visitor) => visitor !== null)].slice(-CONNECTIONS)
    await Promise.all(guests.map((visitor) => beat(visitor)))
  }
  console.info(`waiting requests: ${JSON.stringify({ ...figures, cancelledLeaders: cancelled.size })}`)
  expect(errors).toEqual([])
  expect(workerd.log).not.toMatch(/different request's handler|code had hung|uncaught/i)
  expect(cancelled.size).toBeGreaterThanOrEqual(FAULTS_MIN)
  expect(figures.abortedCalls).toBeGreaterThanOrEqual(FAULTS_MIN)
}, 120_000)
