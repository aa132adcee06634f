/**
 * Invalid calls of our own paths are answered with a hint about what to send, and issue no ticket.
 */
import { expect, test } from 'vitest'
import { issued } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import type { Headers } from './support/visitor.ts'
import { ADMIN_TOKEN } from './support/worker-config.ts'

const PREFIX = '/__waiting-room'
const stage = useStage([room('own', 10_000), room('line', 1)])
const operator: Headers = { Authorization: `Bearer ${ADMIN_TOKEN}` }

const GET = 'GET, HEAD, OPTIONS'

test.each([
  ['/status', 'POST', GET],
  ['/status?room=own', 'DELETE', GET],
  ['/%73tatus', 'PUT', GET],
  ['/heartbeat', 'GET', 'POST, OPTIONS'],
  ['/heartbeat', 'HEAD', 'POST, OPTIONS'],
  ['/leave', 'GET', 'POST, OPTIONS'],
  ['/leave?return=/', 'PUT', 'POST, OPTIONS'],
  ['/line', 'POST', GET],
  ['/lang', 'POST', GET],
  ['/draw', 'POST', GET],
  ['/heartbeat.js', 'POST', GET],
  ['/healthz', 'DELETE', GET],
  ['/jwks.json', 'POST', GET],
  ['/metrics', 'POST', GET],
  ['/admin', 'POST', GET],
  ['/admin/', 'PUT', GET],
  ['/admin/preview', 'POST', GET],
  ['/admin/admin.min.js', 'POST', GET],
  ['/api/v1', 'POST', GET],
  ['/api/v1/', 'POST', GET],
  ['/api/v1/openapi.json', 'PUT', GET],
  ['/api/v1/rooms', 'POST', GET],
  ['/api/v1/rooms/own/settings', 'PUT', 'GET, HEAD, PATCH, OPTIONS'],
  ['/api/v1/rooms/own/actions/pause', 'GET', 'POST, OPTIONS'],
  ['/api/v1/session', 'PATCH', 'POST, GET, HEAD, DELETE, OPTIONS'],
])('%s refuses %s and lists the allowed methods', async (path, method, allowed) => {
  const visitor = stage.visitor('own', { Accept: '*/*', ...operator })
  const reply = await visitor.send({ method, path: PREFIX + path })
  expect(reply.status).toBe(405)
  expect(sorted(reply.headers.allow)).toEqual(sorted(allowed))
  expect(reply.setCookies).toEqual([])
  if (method !== 'HEAD') {
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(reply.json()).toMatchObject({ status: 405, detail: expect.stringContaining(reply.headers.allow ?? '?') })
  }
  const options = await visitor.send({ method: 'OPTIONS', path: PREFIX + path })
  expect([options.status, options.text]).toEqual([204, ''])
  expect(sorted(options.headers.allow)).toEqual(sorted(allowed))
  expect(await issued(stage.workerd, 'own')).toBe(0)
})

function sorted(allowed: string | undefined): string[] {
  return (allowed ?? '').split(', ').sort()
}

test.each(['/nope', '/status/more', '/admin/nope', '/admin/admin.min.js/more', '/api/v1/nope', '/api/v2', '/leave/'])(
  '%s is unknown, whatever the method',
  async (path) => {
    for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) {
      const reply = await stage.visitor('own', operator).send({ method, path: PREFIX + path })
      expect([reply.status, reply.headers.allow], method).toEqual([404, undefined])
    }
  },
)

test.each(['/status', '/line', '/lang?lang=de', '/heartbeat.js', '/healthz', '/api/v1/openapi.json'])(
  '%s answers HEAD like GET',
  async (path) => {
    const program = stage.visitor('own', { Accept: 'application/json' })
    const [get, head] = [await program.get(PREFIX + path), await program.send({ method: 'HEAD', path: PREFIX + path })]
    expect(head.status).toBe(get.status)
    expect(head.text).toBe('')
  },
)

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

test.each([
  ['an unknown word for final', 'final=maybe'],
  ['a number for final', 'final=1'],
  ['JSON with a string for final', '{"final":"yes"}'],
  ['more than 1,024 bytes', `final=true&x=${'x'.repeat(2000)}`],
])('answers an unreadable form with an explanation and a link back: %s', async (_what, body) => {
  const visitor = stage.visitor('own', { Accept: 'text/html', 'Accept-Language': 'fr' })
  const reply = await visitor.post(`${PREFIX}/leave?return=%2Fseats%3Fa%3D1`, body, form)
  expect(reply.status).toBe(400)
  expect(reply.headers['content-language']).toBe('fr')
  expect(reply.text).toContain('Le formulaire n’a pas pu être lu')
  expect(reply.text).toMatch(/href="(\/|&#x2F;)seats\?a(=|&#x3D;)1"/)
  expect(reply.text).not.toContain('ne vient pas de ce site')
})

test('refuses a form of another site with a link to the room only', async () => {
  const from = { ...form, Origin: 'https://other.example' }
  const visitor = stage.visitor('own', { Accept: 'text/html' })
  const reply = await visitor.post(`${PREFIX}/leave?return=%2Fchosen`, 'final=true', from)
  expect(reply.status).toBe(403)
  expect(reply.text).toContain('This did not come from this site')
  expect(reply.text).toMatch(/href="(\/|&#x2F;)"/)
})

test.each([
  ['/leave', 'a string', '{"final":"yes"}', 'Send {"final": true} or {"final": false}'],
  ['/leave', 'a list', '[]', 'Send {"final": true} or {"final": false}'],
  ['/leave', 'a number', '{"final":1}', 'in 1024 bytes'],
  ['/heartbeat', 'a string', '{"touched":"yes"}', 'Send {"touched": true} or {"touched": false}'],
  ['/heartbeat', 'broken JSON', '{', 'Send {"touched": true} or {"touched": false}'],
  ['/heartbeat', 'too much', `{"x":"${'x'.repeat(2000)}"}`, 'in 1024 bytes'],
])('tells a program that calls %s with %s what to send', async (path, _what, body, detail) => {
  const program = stage.visitor('own', { Accept: 'application/json', 'Content-Type': 'application/json' })
  const reply = await program.post(PREFIX + path, body)
  expect(reply.status).toBe(400)
  expect(reply.headers['content-type']).toBe('application/problem+json')
  expect(reply.json<{ detail: string }>().detail).toContain(detail)
  expect(reply.setCookies).toEqual([])
})

test('gives up no place for an unreadable body', async () => {
  const guest = await stage.guest('line')
  expect((await guest.post(`${PREFIX}/leave`, 'final=yes', form)).status).toBe(400)
  expect((await guest.get('/echo')).status).toBe(200)
})

test.each([
  ['unknown', '/lang?lang=xx'],
  ['missing', '/lang'],
  ['empty', '/lang?lang='],
  ['the name of an object property', '/lang?lang=constructor'],
  ['longer than any language tag', `/lang?lang=${'a-'.repeat(500)}`],
])('refuses a language that the pages do not have, for people and programs: %s', async (_what, path) => {
  const person = await stage.visitor('own', { Accept: 'text/html' }).get(PREFIX + path)
  expect([person.status, person.setCookies]).toEqual([400, []])
  expect(person.text).toContain('This language is not available')
  const program = await stage.visitor('own', { Accept: 'application/json' }).get(PREFIX + path)
  expect(program.status).toBe(400)
  expect(program.json<{ detail: string }>().detail).toContain('pt-BR')
})
