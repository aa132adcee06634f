/** examples/origins/caddy/: the secret, and `forward_auth` to the verifier. */
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { ISSUER } from './support/issuer.ts'
import { checksPasses, checksSecret, sendsBrowsersToTheSite, useOrigin, useVerifier } from './support/origin-stage.ts'
import { EXAMPLES, findProgram, ServerProcess, scratchFolder } from './support/process.ts'
import { SECRET } from './support/requests.ts'
import { PYTHON } from './support/sites.ts'

const CADDY = findProgram('/usr/bin/caddy')

async function startCaddy(snippet: string, env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const [folder, port] = [scratchFolder(), await freePort()]
  const lines = ['{', 'admin off', 'auto_https off', '}', `http://:${port} {`]
  const site = ['bind 127.0.0.1', `import ${EXAMPLES}/caddy/${snippet}`, 'respond "a page"', '}']
  writeFileSync(`${folder}/Caddyfile`, `${[...lines, ...site].join('\n')}\n`)
  const args = ['run', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile']
  return ServerProcess.start(port, CADDY?.path ?? '', args, { HOME: folder, ...env })
}

describe.skipIf(CADDY === null)('Caddy with the secret', () => {
  const stage = useOrigin(() => startCaddy('secret.Caddyfile', { WAITING_ROOM_ORIGIN_SECRET: SECRET }))
  checksSecret(stage)
})

describe.skipIf(CADDY === null)('Caddy without the secret in its environment', () => {
  const stage = useOrigin(() => startCaddy('secret.Caddyfile', {}))

  test.each([{}, { 'Waiting-Room-Origin-Secret': '' }])('lets nobody in, with the headers %j', async (headers) => {
    expect((await stage.server.get('/', headers)).status).toBe(403)
  })
})

describe.skipIf(CADDY === null || PYTHON === null)('Caddy with the pass', () => {
  const stage = useVerifier(
    ({ port }) => startCaddy('pass.Caddyfile', { WAITING_ROOM_VERIFIER: `127.0.0.1:${port}` }),
    { WAITING_ROOM_SITE_URL: ISSUER },
  )

  checksPasses(stage)
  checksSecret(stage)

  test('serves static files to everyone, and nothing beside them', async () => {
    expect((await stage.server.get('/static/app.css')).status).toBe(200)
    for (const path of ['/static/../tickets', '/static/%2e%2e/tickets', '//tickets']) {
      expect((await stage.server.get(path)).status).toBe(403)
    }
  })

  sendsBrowsersToTheSite(stage)
})
