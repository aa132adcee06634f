/** examples/origins/python/ as WSGI and as ASGI middleware. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { passKey } from '../support/pass-keys.ts'
import { AUDIENCE, ISSUER, Issuer, pass } from './support/issuer.ts'
import { checksPasses, checksSecretAlone, checksSettings, type OriginStage, useOrigin } from './support/origin-stage.ts'
import { runPython } from './support/process.ts'
import { SECRET } from './support/requests.ts'
import { PYTHON, startPythonSite } from './support/sites.ts'

const HERE = { issuer: ISSUER, audience: AUDIENCE }

describe.skipIf(PYTHON === null).each(['wsgi', 'asgi'] as const)('a site in Python (%s)', (kind) => {
  const stage: OriginStage = useOrigin(({ jwksUrl }) => {
    const settings = { origin_secret: SECRET, skip: ['/static/', '/healthz'], site_url: ISSUER }
    return startPythonSite({ ...HERE, jwks_url: jwksUrl, ...settings }, undefined, { kind })
  })

  checksPasses(stage)
  checksSettings(stage)

  test('gets the claims of the pass', async () => {
    const token = await pass(stage.issuer.key('EdDSA'))
    const { text } = await stage.server.get('/tickets', { 'Waiting-Room-Pass': token })
    expect(JSON.parse(text)).toMatchObject({ pass: { room: 'main', number: 7, sub: '0-7' } })
  })

  if (kind === 'asgi') {
    test('refuses a WebSocket without a pass', async () => {
      const open = (headers: Record<string, string>) => {
        const socket = new WebSocket(`ws://127.0.0.1:${stage.server.port}/live`, { headers })
        return new Promise((done) => {
          socket.on('open', () => done(101)).on('unexpected-response', (_, { statusCode }) => done(statusCode))
        })
      }
      expect(await open({})).toBe(403)
      expect(await open({ 'Waiting-Room-Pass': await pass(stage.issuer.key('ES256')) })).toBe(101)
    })
  }
})

describe.skipIf(PYTHON === null)('a site in Python with the secret alone', () => {
  const stage = useOrigin(() => startPythonSite({ origin_secret: SECRET }))
  checksSecretAlone(stage)
})

describe.skipIf(PYTHON === null)('the keys of a site in Python', () => {
  async function scene(seconds: Readonly<Record<string, number>> = {}) {
    const issuer = await Issuer.start()
    onTestFinished(() => issuer.stop())
    const settings = { ...HERE, jwks_url: issuer.jwksUrl }
    const server = await startPythonSite(settings, undefined, { kind: 'wsgi', seconds })
    onTestFinished(() => server.stop())
    const ask = async (key = issuer.key('EdDSA')) =>
      (await server.get('/', { 'Waiting-Room-Pass': await pass(key) })).status
    return { issuer, server, ask }
  }

  test('are fetched once for a crowd, with known and unknown keys', async () => {
    const { issuer, ask } = await scene()
    const foreign = passKey('foreign')
    const statuses = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(i % 2 === 0 ? foreign : undefined)))
    expect(new Set(statuses)).toEqual(new Set([200, 403]))
    expect(issuer.fetches).toBe(1)
  })

  test('include a new one as soon as it signs', async () => {
    const { issuer, ask } = await scene({ RETRY_SECONDS: 0 })
    expect(await ask()).toBe(200)
    const next = passKey('next', 'ES256')
    issuer.keys.unshift(next)
    expect([await ask(next), issuer.fetches]).toEqual([200, 2])
  })

  test('are renewed when they are old, and count while the room cannot be reached', async () => {
    const { issuer, ask } = await scene({ RETRY_SECONDS: 0, FRESH_SECONDS: 0 })
    expect(await ask()).toBe(200)
    issuer.isDown = true
    expect(await ask()).toBe(200)
    await expect.poll(() => issuer.fetches).toBe(2)
    expect(await ask()).toBe(200)
  })

  test('that are too old or cannot be fetched are a 503 with a reason in the log', async () => {
    const { issuer, server, ask } = await scene({ RETRY_SECONDS: 0, KEPT_SECONDS: 0.2 })
    expect(await ask()).toBe(200)
    issuer.isDown = true
    await expect.poll(() => ask()).toBe(503)
    await expect.poll(() => server.log).toContain(`no keys from ${issuer.jwksUrl}`)
    issuer.isDown = false
    expect(await ask()).toBe(200)
  })

  test('are not fetched with wrong settings, which the error names', () => {
    const wrong = [
      [{ issuer: '' }, 'set issuer'],
      [{ issuer: [], origin_secret: SECRET }, 'set issuer'],
      [{ audience: [] }, 'set audience'],
      [{ jwks_url: 'http://shop.example/jwks.json' }, 'jwks_url must begin with https://'],
      [{ origin_secret: 'short' }, 'origin_secret has less than 16 characters'],
    ] as const
    const script = [
      'import json, sys, waiting_room_pass',
      'for settings in json.loads(sys.argv[1]):',
      '    try: waiting_room_pass.Entrance(**settings)',
      '    except ValueError as error: print(error)',
    ]
    const complete = wrong.map(([settings]) => ({ ...HERE, ...settings }))
    const { stdout } = runPython('-c', script.join('\n'), JSON.stringify(complete))
    expect(stdout.trim().split('\n')).toEqual(wrong.map(([, problem]) => `waiting room: ${problem}`))
  })
})
