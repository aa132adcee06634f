/** The origin ends a session with a header of its response. Visitors never see the header. */
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
])('ends the session and admits the next visitor in room %s when the response has %s', async (name, query) => {
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
  // The revoked visitor joins again, at the end of the line.
  expect((await guest.get('/echo')).status).toBe(503)
  expect([guest.number, await stats(stage.workerd, name)]).toMatchObject([3, { active: 1, waiting: 1 }])
})

test('logs an unknown command, hides it from the visitor and changes nothing', async () => {
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

test('revokes a pass even when the same response was due to renew it', async () => {
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

test('gives no new token to a client that keeps its token itself', async () => {
  const guest = await stage.guest('header')
  const token = guest.token ?? ''
  const program = new Visitor(stage.workerd, 'header.test', { 'Waiting-Room-Token': token })
  const reply = await program.get('/command?Waiting-Room-Command=revoke&Content-Encoding=gzip', {
    'Accept-Encoding': 'gzip',
  })
  expect([reply.status, reply.headers['waiting-room-token']]).toEqual([200, undefined])
  // Still compressed.
  expect([reply.headers['content-encoding'], gunzipSync(reply.body).toString()]).toEqual(['gzip', PAGE])
  await until(
    () => stats(stage.workerd, 'header'),
    ({ active }) => active === 0,
  )
})

test('removes the header outside rooms, too, where there is no session to end', async () => {
  const reply = await stage.visitor('off').get('/command?Waiting-Room-Command=revoke')
  expect([reply.status, reply.text, reply.setCookies.length]).toEqual([200, PAGE, 2])
  for (const header of HEADERS) expect(reply.headers[header]).toBeUndefined()
})
