/**
 * Commands of the origin, by a header of its answer: a session ends, and nobody sees the header.
 */
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { journal, stats } from './support/operator.ts'
import { until } from './support/operator-figures.ts'
import { PAGE } from './support/origin.ts'
import { room, useStage } from './support/stage.ts'
import { signed } from './support/tokens.ts'
import { untilStatus } from './support/until.ts'
import { Visitor } from './support/visitor.ts'

const stage = useStage([
  ...['ours', 'theirs', 'both', 'unknown', 'late', 'header'].map((name) => room(name, 1)),
  room('off', 1, { suspended: true }),
])

const HEADERS = ['waiting-room-command', 'cf-waiting-room-command']

test.each([
  ['ours', 'Waiting-Room-Command=revoke'],
  ['theirs', 'Cf-Waiting-Room-Command=Revoke'],
  ['both', 'Waiting-Room-Command=sing&Cf-Waiting-Room-Command=revoke'],
])('in a room (%s) the answer with %s ends the session, and the next one in line is let in', async (name, query) => {
  const guest = await stage.guest(name)
  const next = stage.visitor(name)
  expect((await next.get('/echo')).status).toBe(503)
  const reply = await guest.get(`/command?${query}`)
  expect([reply.status, reply.text]).toEqual([200, PAGE])
  for (const header of HEADERS) expect(reply.headers[header]).toBeUndefined()
  expect(reply.headers['cache-control']).toContain('private')
  expect(guest.holds).toBeUndefined()
  expect(guest.cookies.get('seen')).toBe('1')
  await untilStatus(200, () => next.get('/echo'))
  const { entries } = await journal(stage.workerd, name)
  expect(entries.filter(({ event }) => event === 'left')).toMatchObject([{ number: 1 }])
  // Who was sent away joins anew, behind.
  expect((await guest.get('/echo')).status).toBe(503)
  expect([guest.number, await stats(stage.workerd, name)]).toMatchObject([3, { active: 1, waiting: 1 }])
})

test('another command changes nothing for the visitor, who never sees it, and is logged', async () => {
  const guest = await stage.guest('unknown')
  const reply = await guest.get(`/command?Waiting-Room-Command=${'dance'.repeat(20)}&Cf-Waiting-Room-Command=`)
  expect(reply.status).toBe(200)
  for (const header of HEADERS) expect(reply.headers[header]).toBeUndefined()
  expect(reply.headers['cache-control']).toBe('public, max-age=60')
  expect([guest.holds, (await guest.get('/echo')).status]).toEqual(['pass', 200])
  const logged = await until(
    () => stage.workerd.log,
    (log) => log.includes('origin_command_unknown'),
  )
  expect(logged).toContain(`"command":"${'dance'.repeat(8)}"`)
})

test('a pass that was due to be renewed by the same answer is taken away all the same', async () => {
  const guest = await stage.guest('late')
  const { run, number } = guest.claims as NonNullable<typeof guest.claims>
  const seconds = Math.floor(Date.now() / 1000)
  const over = signed({
    room: 'late',
    kind: 'pass',
    run,
    number,
    iat: seconds - 90,
    seen: seconds - 90,
    exp: seconds - 60,
  })
  guest.cookies.set('waiting-room-late', over)
  const reply = await guest.get('/command?Waiting-Room-Command=revoke')
  expect(reply.status).toBe(200)
  const ours = reply.setCookies.filter((cookie) => cookie.startsWith('waiting-room-'))
  expect(ours).toEqual([expect.stringMatching(/^waiting-room-late=;.*Max-Age=0/)])
  await until(
    () => stats(stage.workerd, 'late'),
    ({ active }) => active === 0,
  )
})

test('a client that keeps its token itself is given no new one', async () => {
  const guest = await stage.guest('header')
  const token = guest.token ?? ''
  const program = new Visitor(stage.workerd, 'header.test', { 'Waiting-Room-Token': token })
  const reply = await program.get('/command?Waiting-Room-Command=revoke&Content-Encoding=gzip', {
    'Accept-Encoding': 'gzip',
  })
  expect([reply.status, reply.headers['waiting-room-token']]).toEqual([200, undefined])
  // Compressed, as it was.
  expect([reply.headers['content-encoding'], gunzipSync(reply.body).toString()]).toEqual(['gzip', PAGE])
  await until(
    () => stats(stage.workerd, 'header'),
    ({ active }) => active === 0,
  )
})

test('beside the room the header is taken out, too, and there is nothing to end', async () => {
  const reply = await stage.visitor('off').get('/command?Waiting-Room-Command=revoke')
  expect([reply.status, reply.text, reply.setCookies.length]).toEqual([200, PAGE, 2])
  for (const header of HEADERS) expect(reply.headers[header]).toBeUndefined()
})
