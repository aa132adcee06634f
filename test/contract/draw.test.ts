/** An event with a draw over HTTP: what the lobby is told, and what is published for everyone. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DrawResult } from '../../src/core/draw-result.ts'
import type { EventStatus, PolledStatus } from '../../src/status.ts'
import { ApiClient } from './support/api-client.ts'
import { room, useStage } from './support/stage.ts'
import type { Reply, Visitor } from './support/visitor.ts'

const PREFIX = '/__waiting-room'
const HOUR_MS = 3_600_000
const VISITORS = 6

const stage = useStage([room('none', 1), room('drawn', 1), room('order', 1), room('sold', 1)])

const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString()

interface Published {
  readonly event: { readonly phase: string; readonly commitment: string; readonly startsAt: string } | null
  readonly draws: readonly DrawResult[]
  readonly ticket: { readonly entry: number; readonly rank: number | null; readonly entries: number | null } | null
}

async function createEvent(name: string, changes: object = {}): Promise<string> {
  const times = {
    prequeue_start_time: inHours(-1),
    event_start_time: inHours(1),
    event_end_time: inHours(2),
    shuffle_at_event_start: true,
  }
  const body = { name: 'Autumn sale', ...times, ...changes }
  const reply = await new ApiClient(stage.workerd).call('POST', `/rooms/${name}/events`, body)
  expect(reply.status, reply.text).toBe(201)
  return reply.json<{ id: string }>().id
}

async function start(name: string, id: string): Promise<void> {
  const reply = await new ApiClient(stage.workerd).call('POST', `/rooms/${name}/events/${id}/start`)
  expect(reply.status, reply.text).toBe(200)
}

const draw =
  (name: string) =>
  (visitor: Visitor, query = '') =>
    visitor.get(`${PREFIX}/draw?room=${name}${query}`)
const statusOf = async (visitor: Visitor, name: string) =>
  (await visitor.get(`${PREFIX}/status?room=${name}`)).json<PolledStatus>()

/** The status once its event is in this phase. */
async function untilPhase(phase: EventStatus['phase'], visitor: Visitor, name: string): Promise<PolledStatus> {
  let status = await statusOf(visitor, name)
  await expect
    .poll(async () => {
      status = await statusOf(visitor, name)
      return status.event?.phase
    })
    .toBe(phase)
  return status
}

/** The line's exit code and output for the given program. */
function verify(program: string, published: Reply, ...args: string[]) {
  const file = join(mkdtempSync(join(tmpdir(), 'draw-')), 'draw.json')
  writeFileSync(file, published.body)
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, file, ...args], { encoding: 'utf8' })
  return [status, stderr, stdout.trim()]
}

test('tells a lobby its entry numbers and the commitment, then publishes a draw that anyone can verify', async () => {
  const getDraw = draw('drawn')
  const anyone = () => stage.visitor('drawn', { Accept: 'text/html' })
  const guest = await stage.guest('drawn')
  const id = await createEvent('drawn')
  const visitors = Array.from({ length: VISITORS }, () => stage.visitor('drawn', { Accept: 'text/html' }))
  for (const visitor of visitors) await visitor.get('/')
  const [first, second] = visitors as [Visitor, Visitor]
  const waiting = await untilPhase('lobby', first, 'drawn')
  expect(waiting).toMatchObject({ state: 'lobby', number: first.number, position: null, etaSeconds: null })
  expect(waiting.event).toMatchObject({ name: 'Autumn sale', draw: true, entry: first.number, rank: null })
  const commitment = waiting.event?.commitment as string
  const page = (await first.get('/')).text
  expect(page).toContain('data-state="lobby"')
  expect(page).toContain(`>${commitment}</code>`)

  const before = await getDraw(anyone(), '&format=json')
  expect(before.status).toBe(200)
  expect(before.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'cache-control': expect.stringMatching(/^public, max-age=\d$/),
    'content-type': 'application/json',
  })
  expect(before.json()).toMatchObject({
    event: { id, phase: 'lobby', commitment, beacon: null },
    draws: [],
    ticket: null,
  })
  expect(before.text).not.toMatch(/secret|seed/)
  const own = await getDraw(second, '&lang=de')
  expect(own.headers).toMatchObject({ 'content-language': 'de', 'cache-control': 'private, no-store' })
  expect(own.text).toContain(`Losnummer: ${second.number}`)
  expect(own.text).toContain(commitment)

  await start('drawn', id)
  const statuses = []
  for (const visitor of visitors) statuses.push(await untilPhase('running', visitor, 'drawn'))
  const ranks = statuses.map(({ event }) => event?.rank)
  expect([...ranks].sort()).toEqual([1, 2, 3, 4, 5, 6])
  const numbers = visitors.map(({ number }) => number)
  expect(statuses.map(({ event }) => event?.entry)).toEqual(numbers)
  expect(statuses.map(({ position }) => position)).toEqual(ranks)
  const late = stage.visitor('drawn', { Accept: 'text/html' })
  await late.get('/')
  expect(await statusOf(late, 'drawn')).toMatchObject({ position: VISITORS + 1, event: { entry: null, rank: null } })

  const published = await getDraw(anyone(), '&format=json')
  const { draws, event } = published.json<Published>()
  expect(event).toBeNull()
  expect(draws).toMatchObject([{ event: id, commitment, beacon: null, randomness: null, ahead: 0 }])
  visitors.forEach(({ number }, i) => {
    const line = `entry ${number}: rank ${ranks[i]} of ${VISITORS}`
    expect(verify('examples/verify-draw.mjs', published, String(number), commitment)).toEqual([0, '', line])
  })
  const entry = ['--entry', String(first.number), '--commitment', commitment]
  expect(verify('scripts/verify-draw.ts', published, ...entry)).toEqual([0, '', expect.stringContaining(`${ranks[0]}`)])

  const after = await getDraw(first)
  expect(after.text).toContain(`Your place in the draw: ${ranks[0]} of ${VISITORS}`)
  expect(after.text).toContain(String(draws[0]?.secret))
  expect(after.text).toContain('<h2 dir="auto">Autumn sale</h2>')
  expect((await getDraw(first, '&format=json')).json<Published>().ticket).toEqual({
    entry: first.number,
    event: id,
    rank: ranks[0],
    entries: VISITORS,
  })
  expect((await getDraw(late)).text).not.toContain('Your place in the draw')
  await guest.leave()
  const winner = visitors[ranks.indexOf(1)] as Visitor
  await expect.poll(async () => (await statusOf(winner, 'drawn')).state).toBe('admitted')
})

test('shows position and countdown in a lobby without a draw, and has no draw to publish', async () => {
  await createEvent('order', { shuffle_at_event_start: false })
  const visitors = [stage.visitor('order'), stage.visitor('order')] as const
  for (const visitor of visitors) await visitor.get('/')
  const status = await untilPhase('lobby', visitors[1], 'order')
  expect(status).toMatchObject({ state: 'lobby', position: 2, event: { draw: false, entry: null, commitment: null } })
  const json = await visitors[1].get('/', { Accept: 'application/json', 'Sec-Fetch-Dest': 'document' })
  expect(json.json()).toMatchObject({
    cfWaitingRoom: {
      isEventActive: true,
      isEventPrequeueing: true,
      timeUntilEventStart: expect.any(Number),
      timeUntilEventStartFormatted: expect.stringMatching(/^(1 hour 0 minutes|59 minutes)$/),
      shuffleAtEventStart: false,
      waitTimeKnown: false,
    },
  })
  expect((await draw('order')(stage.visitor('order'), '&format=json')).status).toBe(404)
})

test('reports a missing draw, as a page and as JSON', async () => {
  const getDraw = draw('none')
  const page = await getDraw(stage.visitor('none', { Accept: 'text/html', 'Accept-Language': 'fr' }))
  expect([page.status, page.headers['content-language']]).toEqual([404, 'fr'])
  expect(page.text).toContain('Cette salle d’attente n’a pas de tirage au sort.')
  const json = await getDraw(stage.visitor('none', { Accept: 'application/json' }))
  expect([json.status, json.headers['content-type']]).toEqual([404, 'application/problem+json'])
  expect(json.json()).toMatchObject({ title: 'No draw' })
  expect(json.headers['access-control-allow-origin']).toBe('*')
  expect((await stage.visitor('none').get(`${PREFIX}/draw?room=nowhere`)).status).toBe(404)
  for (const reply of [page, json]) expect(reply.setCookies).toEqual([])
})

test('tells everyone in line that everything is sold, and newcomers that they cannot join', async () => {
  await stage.guest('sold')
  const visitor = stage.visitor('sold', { Accept: 'text/html' })
  await visitor.get('/')
  expect((await new ApiClient(stage.workerd).act('sold', 'sold-out', { on: true })).status).toBe(200)
  await expect.poll(async () => (await statusOf(visitor, 'sold')).state).toBe('sold-out')
  const page = (await visitor.get('/')).text
  expect(page).toContain('You can leave the line, or keep your place')
  const newcomer = await stage.visitor('sold', { Accept: 'text/html' }).get('/')
  expect(newcomer.text).toContain('data-state="sold-out"')
  expect(newcomer.text).toContain('Nobody can join at the moment')
  expect((await visitor.leave()).status).toBe(204)
})
