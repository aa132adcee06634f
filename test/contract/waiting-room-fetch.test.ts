/**
 * Runs examples/waiting-room-fetch.mjs in Node against the built Worker. Polls return at once, so
 * that no test waits.
 */
import { afterEach, expect, test, vi } from 'vitest'
import { createWaitingRoomFetch, type Progress } from '../../examples/waiting-room-fetch.mjs'
import { ApiClient } from './support/api-client.ts'
import { issued, stats } from './support/operator.ts'
import type { Seen } from './support/origin.ts'
import { room, useStage } from './support/stage.ts'
import { type Headers, Visitor } from './support/visitor.ts'

type Fetch = typeof globalThis.fetch

const covering = (name: string, more: object = {}) => room(name, 1, { host: undefined, path: `/${name}`, ...more })

const stage = useStage([
  covering('free'),
  covering('crowded'),
  covering('aborted'),
  covering('gone'),
  covering('full', { max_waiting: 1 }),
  covering('closed'),
  covering('broken'),
  covering('first'),
  covering('worked', { proof_of_work: 'fixed', proof_of_work_bits: 6 }),
  covering('accepted', { queueing_status_code: 200 }),
])

const urlOf = (name: string, path = 'echo') => `http://127.0.0.1:${stage.workerd.port}/${name}/${path}`
const statusUrlOf = (name: string) => `http://127.0.0.1:${stage.workerd.port}/__waiting-room/status?room=${name}`
const isPoll = (url: string) => url.includes('/__waiting-room/status')

/** Polls return at once, whatever the room says. `spoil` may answer a request instead. */
function impatient(spoil: (url: string) => Response | undefined = () => undefined): Fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    const response = spoil(url) ?? (await fetch(input, init))
    if (!isPoll(url) || !response.ok) return response
    const body = JSON.stringify({ ...((await response.json()) as object), pollAfterSeconds: 0.05 })
    return new Response(body, { status: response.status, headers: response.headers })
  }
}

/** A client with the progress that it reported. */
function client(options: Parameters<typeof createWaitingRoomFetch>[0] = {}) {
  const reported: Progress[] = []
  const roomFetch = createWaitingRoomFetch({
    fetch: impatient(),
    onProgress: (progress) => reported.push(progress),
    ...options,
  })
  return {
    roomFetch,
    reported,
    untilReported: (state: string) => expect.poll(() => statesOf(reported)).toContain(state),
  }
}

const statesOf = (reported: readonly Progress[]) => reported.map(({ state }) => state)

/** A visitor on the site of a room for one. */
async function guestOf(name: string): Promise<Visitor> {
  const guest = new Visitor(stage.workerd, '127.0.0.1')
  await guest.get(`/${name}/echo`)
  expect(guest.holds).toBe('pass')
  return guest
}

async function leave(visitor: Visitor, name: string, extra: Headers = {}): Promise<void> {
  const reply = await visitor.post(`/__waiting-room/leave?room=${name}`, '{"final":true}', extra)
  expect(reply.status).toBe(204)
}

afterEach(() => void vi.useRealTimers())

test('goes straight to the site when nobody waits, with one session for concurrent requests', async () => {
  const { roomFetch, reported } = client()
  const answers = await Promise.all([1, 2, 3].map((n) => roomFetch(urlOf('free', `echo?${n}`))))
  expect(await Promise.all(answers.map(async (answer) => ((await answer.json()) as Seen).url))).toEqual([
    '/free/echo?1',
    '/free/echo?2',
    '/free/echo?3',
  ])
  expect(await issued(stage.workerd, 'free')).toBe(1)
  expect(reported).toEqual([])
})

test('shares one place among concurrent requests, each of which gets the response to its own body', async () => {
  const guest = await guestOf('crowded')
  const { roomFetch, reported, untilReported } = client()
  const before = await issued(stage.workerd, 'crowded')
  const get = roomFetch(urlOf('crowded'))
  await untilReported('waiting')
  const posts = ['a', 'b'].map((body) => roomFetch(urlOf('crowded'), { method: 'POST', body }))
  const put = roomFetch(new Request(urlOf('crowded'), { method: 'PUT', body: new Blob(['c']) }))
  expect(reported[0]).toMatchObject({ state: 'waiting', position: 1, number: before + 1 })
  await leave(guest, 'crowded')

  const seen = await Promise.all([get, ...posts, put].map(async (answer) => (await (await answer).json()) as Seen))
  expect(seen.map(({ method, body }) => method + body)).toEqual(['GET', 'POSTa', 'POSTb', 'PUTc'])
  expect(seen[0]?.headers['waiting-room-pass']).toMatch(/^eyJ/)
  expect(reported.at(-1)).toMatchObject({ state: 'admitted' })
  expect(await issued(stage.workerd, 'crowded')).toBe(before + 1)
  expect(await roomFetch.heartbeat()).toBe(true)
  await roomFetch.leave()
  expect(await stats(stage.workerd, 'crowded')).toMatchObject({ active: 0, waiting: 0 })
  expect(await roomFetch.heartbeat()).toBe(false)
})

test('joins through the link for a request with a body, even for the first request', async () => {
  const guest = await guestOf('first')
  const { roomFetch, untilReported } = client()
  const post = roomFetch(urlOf('first'), { method: 'POST', body: 'order=1' })
  await untilReported('waiting')
  await leave(guest, 'first')
  expect(await (await post).json()).toMatchObject({ method: 'POST', body: 'order=1' })
  expect(await issued(stage.workerd, 'first')).toBe(2)
  await roomFetch.leave()
})

test('recognises a response of the room by its link, whatever its status', async () => {
  const guest = await guestOf('accepted')
  const { roomFetch, untilReported } = client()
  const get = roomFetch(urlOf('accepted'))
  await untilReported('waiting')
  await leave(guest, 'accepted')
  expect(await (await get).json()).toMatchObject({ url: '/accepted/echo' })
  await roomFetch.leave()
})

test('stops waiting when a request is aborted, stops polling with the last one, and keeps the place', async () => {
  const guest = await guestOf('aborted')
  const { roomFetch, reported, untilReported } = client({ statusUrl: statusUrlOf('aborted') })
  const [first, second] = [new AbortController(), new AbortController()]
  const waiting = [first, second].map(({ signal }) => roomFetch(urlOf('aborted'), { signal }))
  const ended = Promise.allSettled(waiting)
  await untilReported('waiting')
  first.abort()
  const polls = reported.length
  await expect.poll(() => reported.length).toBeGreaterThan(polls + 1)
  second.abort(new Error('no longer needed'))
  expect((await ended).map((result) => (result as PromiseRejectedResult).reason)).toEqual([
    expect.objectContaining({ name: 'AbortError' }),
    expect.objectContaining({ message: 'no longer needed' }),
  ])
  const stopped = reported.length
  await guest.get('/aborted/echo')
  expect(reported).toHaveLength(stopped)

  const number = reported[0]?.number
  const again = roomFetch(urlOf('aborted'))
  await expect.poll(() => reported.length).toBeGreaterThan(stopped)
  expect(reported.at(-1)?.number).toBe(number)
  await leave(guest, 'aborted')
  expect((await again).status).toBe(200)
  await expect(roomFetch(urlOf('aborted'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  })
  await roomFetch.leave()
})

test('aborts waiting requests and returns the place on leaving', async () => {
  const guest = await guestOf('aborted')
  const { roomFetch, untilReported } = client()
  const waiting = roomFetch(urlOf('aborted'))
  const refused = expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  await untilReported('waiting')
  await roomFetch.leave()
  await refused
  expect(await stats(stage.workerd, 'aborted')).toMatchObject({ active: 1, waiting: 0 })
  await leave(guest, 'aborted')
})

test('joins again at the end of the line when the place is gone', async () => {
  const guest = await guestOf('gone')
  let ticket = ''
  const spied = impatient()
  const { roomFetch, reported, untilReported } = client({
    fetch: async (input, init) => {
      const response = await spied(input, init)
      ticket = response.headers.get('Waiting-Room-Token') ?? ticket
      return response
    },
  })
  const waiting = roomFetch(urlOf('gone'))
  await untilReported('waiting')
  const number = reported[0]?.number as number
  // Given up elsewhere: in another tab, or by an operator.
  await leave(new Visitor(stage.workerd, '127.0.0.1'), 'gone', { 'Waiting-Room-Token': ticket })
  await untilReported('left')
  await leave(guest, 'gone')
  expect((await waiting).status).toBe(200)
  expect(await issued(stage.workerd, 'gone')).toBeGreaterThan(number)
  await roomFetch.leave()
})

test('retries a full line until there is a place', async () => {
  const guest = await guestOf('full')
  const inLine = new Visitor(stage.workerd, '127.0.0.1')
  await inLine.get('/full/echo')
  const { roomFetch, untilReported } = client()
  const waiting = roomFetch(urlOf('full'))
  await untilReported('full')
  await leave(inLine, 'full')
  await untilReported('waiting')
  await leave(guest, 'full')
  expect((await waiting).status).toBe(200)
  await roomFetch.leave()
})

test('retries a closed room until it opens', async () => {
  const api = new ApiClient(stage.workerd)
  const set = (closed: boolean) => api.call('PATCH', '/rooms/closed/settings', { closed }, { 'If-Match': '*' })
  expect((await set(true)).status).toBe(200)
  const { roomFetch, untilReported } = client()
  const waiting = roomFetch(urlOf('closed'))
  await untilReported('closed')
  await set(false)
  expect((await waiting).status).toBe(200)
  await roomFetch.leave()
})

test('retries failed polls with back-off, and keeps the place', async () => {
  const guest = await guestOf('broken')
  const faults: (() => Response)[] = [
    () => {
      throw new TypeError('fetch failed')
    },
    () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
  ]
  const spoil = (url: string) => (isPoll(url) ? faults.shift()?.() : undefined)
  const { roomFetch, reported, untilReported } = client({ fetch: impatient(spoil) })
  const waiting = roomFetch(urlOf('broken'))
  await untilReported('waiting')
  expect(statesOf(reported).slice(0, 2)).toEqual(['unreachable', 'unreachable'])
  expect(await stats(stage.workerd, 'broken')).toMatchObject({ active: 1, waiting: 1 })
  await leave(guest, 'broken')
  expect((await waiting).status).toBe(200)
  await roomFetch.leave()
})

test('gives up after ten failed polls in a row, or at once when the room refuses', async () => {
  vi.useFakeTimers()
  let polls = 0
  const link = { Link: '</__waiting-room/status?room=shop>; rel="waiting-room"' }
  const stub = (onPoll: () => Response): Fetch => {
    return async (input) => {
      if (!isPoll(input instanceof Request ? input.url : String(input)))
        return new Response('', { status: 503, headers: link })
      polls++
      return onPoll()
    }
  }
  const unreachable = createWaitingRoomFetch({
    fetch: stub(() => {
      throw new TypeError('fetch failed')
    }),
  })
  const failed = expect(unreachable('http://shop.test/')).rejects.toThrow('fetch failed')
  await vi.advanceTimersByTimeAsync(300_000)
  await failed
  expect(polls).toBe(10)
  polls = 0
  const refused = createWaitingRoomFetch({
    fetch: stub(() => Response.json({ title: 'No ticket', status: 403 }, { status: 403 })),
  })
  await expect(refused('http://shop.test/')).rejects.toThrow('The waiting room answers 403 No ticket')
  expect(polls).toBe(1)
})

test('treats a response that names a room of another host as a response of the site', async () => {
  const link = { Link: '<https://evil.example/__waiting-room/status?room=shop>; rel="waiting-room"' }
  const requested: string[] = []
  const roomFetch = createWaitingRoomFetch({
    fetch: async (input) => {
      requested.push(input instanceof Request ? input.url : String(input))
      return new Response('', { status: 503, headers: link })
    },
  })
  expect((await roomFetch('http://shop.test/')).status).toBe(503)
  expect(requested).toEqual(['http://shop.test/'])
})

test('resolves with the last response when a request is turned away repeatedly', async () => {
  vi.useFakeTimers()
  const link = { Link: '</__waiting-room/status?room=shop>; rel="waiting-room"' }
  const roomFetch = createWaitingRoomFetch({
    fetch: async (input) =>
      isPoll(input instanceof Request ? input.url : String(input))
        ? Response.json({ state: 'admitted', pollAfterSeconds: 1 })
        : new Response('', { status: 503, headers: link }),
  })
  const answer = roomFetch('http://shop.test/')
  await vi.advanceTimersByTimeAsync(120_000)
  expect((await answer).status).toBe(503)
})

test.each(['without', 'with'])('solves the proof of work of a room, %s its status address', async (known) => {
  const { roomFetch, reported } = client(known === 'with' ? { statusUrl: statusUrlOf('worked') } : {})
  expect((await roomFetch(urlOf('worked'))).status).toBe(200)
  expect(statesOf(reported)).toContain('admitted')
  await roomFetch.leave()
})
