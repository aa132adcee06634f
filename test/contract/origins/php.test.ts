/** examples/origins/php/ and examples/origins/wordpress/ on PHP's own server. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { passKey } from '../support/pass-keys.ts'
import { AUDIENCE, ISSUER, Issuer, pass } from './support/issuer.ts'
import { checksPasses, checksSecret, checksSecretAlone, checksSettings, useOrigin } from './support/origin-stage.ts'
import { EXAMPLES, scratchFolder } from './support/process.ts'
import { SECRET } from './support/requests.ts'
import { PHP, startPhp, startPhpSite } from './support/sites.ts'

const HERE = { issuer: ISSUER, audience: AUDIENCE }

describe.skipIf(PHP === null)('a site in PHP', () => {
  const stage = useOrigin(({ jwksUrl }) => {
    const settings = { origin_secret: SECRET, skip: ['/static/', '/healthz'], site_url: ISSUER }
    return startPhpSite({ ...HERE, jwks_url: jwksUrl, ...settings })
  })
  checksPasses(stage)
  checksSettings(stage)

  test('gets the claims of the pass', async () => {
    const token = await pass(stage.issuer.key('EdDSA'))
    const { text } = await stage.server.get('/tickets', { 'Waiting-Room-Pass': token })
    expect(JSON.parse(text)).toMatchObject({ pass: { room: 'main', number: 7, sub: '0-7' } })
  })

  // OpenSSL takes them as DER, where each case is written differently.
  test('verifies signatures of ES256 whose numbers begin with a zero, a low and a high byte', async () => {
    const tokens = new Map<string, string>()
    while (tokens.size < 3) {
      const token = await pass(stage.issuer.key('ES256'))
      // Two numbers of 32 bytes.
      const signature = Buffer.from(token.split('.')[2] ?? '', 'base64url')
      for (const first of [signature.readUInt8(0), signature.readUInt8(32)]) {
        tokens.set(first === 0 ? 'zero' : first < 128 ? 'low' : 'high', token)
      }
    }
    for (const token of tokens.values()) {
      expect((await stage.server.get('/', { 'Waiting-Room-Pass': token })).status).toBe(200)
    }
  })

  test('skips no script below a folder of files', async () => {
    expect((await stage.server.get('/static/index.php/x.css')).status).toBe(403)
  })
})

describe.skipIf(PHP === null)('the keys of a site in PHP', () => {
  async function scene(settings: object = {}) {
    const issuer = await Issuer.start()
    const cacheFile = `${scratchFolder()}/jwks.json`
    const server = await startPhpSite({ ...HERE, jwks_url: issuer.jwksUrl, cache_file: cacheFile, ...settings })
    onTestFinished(async () => {
      await server.stop()
      await issuer.stop()
    })
    const ask = async (key = issuer.key('EdDSA')) =>
      (await server.get('/', { 'Waiting-Room-Pass': await pass(key) })).status
    /** The last attempt is so long ago that the next one is due. */
    const letPauseEnd = () => writeFileSync(`${cacheFile}.attempt`, '0')
    return { issuer, server, cacheFile, ask, letPauseEnd }
  }

  test('are fetched once for a crowd, with known and unknown keys', async () => {
    const { issuer, ask } = await scene()
    const foreign = passKey('foreign')
    const statuses = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(i % 2 === 0 ? foreign : undefined)))
    expect(new Set(statuses)).toEqual(new Set([200, 403]))
    expect(issuer.fetches).toBe(1)
  })

  test('include a new one as soon as it signs', async () => {
    const { issuer, ask, letPauseEnd } = await scene()
    expect(await ask()).toBe(200)
    const next = passKey('next', 'ES256')
    issuer.keys.unshift(next)
    expect(await ask(next)).toBe(403)
    letPauseEnd()
    expect([await ask(next), issuer.fetches]).toEqual([200, 2])
  })

  test('are renewed after five minutes, and count for a day while the room cannot be reached', async () => {
    const { issuer, ask, cacheFile, letPauseEnd } = await scene()
    expect(await ask()).toBe(200)
    const age = (seconds: number) => {
      letPauseEnd()
      const cached = JSON.parse(readFileSync(cacheFile, 'utf8'))
      writeFileSync(cacheFile, JSON.stringify({ ...cached, fetchedAt: Math.floor(Date.now() / 1000) - seconds }))
    }
    issuer.isDown = true
    age(301)
    expect(await ask()).toBe(200)
    await expect.poll(() => issuer.fetches).toBe(2)
    age(86_401)
    expect(await ask()).toBe(503)
    issuer.isDown = false
    age(301)
    expect(await ask()).toBe(200)
    const fetchedAt = () => JSON.parse(readFileSync(cacheFile, 'utf8')).fetchedAt
    await expect.poll(fetchedAt).toBeGreaterThan(Date.now() / 1000 - 300)
  })

  test('that cannot be fetched are a 503 with a reason in the log', async () => {
    const { issuer, server, ask } = await scene()
    issuer.isDown = true
    expect(await ask()).toBe(503)
    await expect.poll(() => server.log).toContain(`no keys from ${issuer.jwksUrl}`)
  })

  test('are not fetched with wrong settings, which the log names', async () => {
    const { server, ask, issuer } = await scene({ audiences: ['waiting-room:main'] })
    expect([await ask(), issuer.fetches]).toEqual([500, 0])
    await expect.poll(() => server.log).toContain('waiting room: unknown setting audiences')
    const wrong = [
      [{ issuer: '' }, 'set issuer'],
      [{ issuer: null, origin_secret: SECRET }, 'set issuer'],
      [{ jwks_url: 'http://shop.example/jwks.json' }, 'jwks_url must begin with https://'],
      [{ origin_secret: 'short' }, 'origin_secret has less than 16 characters'],
    ] as const
    const script = `require '${EXAMPLES}/php/WaitingRoomPass.php';
      foreach (json_decode($argv[1], true) as $settings) {
        try { new WaitingRoomPass($settings); } catch (InvalidArgumentException $error) { echo $error->getMessage(), "\n"; }
      }`
    const complete = wrong.map(([settings]) => ({ ...HERE, cache_file: '/x', ...settings }))
    const php = spawnSync(PHP?.path ?? '', ['-r', script, JSON.stringify(complete)], { encoding: 'utf8' })
    expect(php.stdout.trim().split('\n')).toEqual(wrong.map(([, problem]) => problem))
  })
})

describe.skipIf(PHP === null)('a site in PHP with the secret alone', () => {
  const stage = useOrigin(() => startPhpSite({ origin_secret: SECRET }))
  checksSecretAlone(stage)
})

describe.skipIf(PHP === null)('the must-use plugin of WordPress', () => {
  const stage = useOrigin(async ({ jwksUrl }) => {
    const folder = scratchFolder()
    mkdirSync(`${folder}/waiting-room`)
    await copyFile(`${EXAMPLES}/wordpress/waiting-room.php`, `${folder}/waiting-room.php`)
    await copyFile(`${EXAMPLES}/php/WaitingRoomPass.php`, `${folder}/waiting-room/WaitingRoomPass.php`)
    // As WordPress does: wp-config.php, then each file of mu-plugins, then the page.
    const settings = {
      ...HERE,
      jwks_url: jwksUrl,
      origin_secret: SECRET,
      cache_file: `${folder}/jwks.json`,
    }
    const values = Object.entries(settings).map(([name, value]) => `'${name}' => '${value}'`)
    const config = `define('WAITING_ROOM', [${values}]);`
    writeFileSync(`${folder}/index.php`, `<?php\n${config}\nrequire 'waiting-room.php';\necho 'a page';\n`)
    return startPhp(`${folder}/index.php`, await freePort(), {})
  })

  checksPasses(stage)

  checksSecret(stage)
})
