/** examples/origins/apache/: the secret, and the pass inside mod_wsgi. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { checksPasses, checksSecret, useOrigin } from './support/origin-stage.ts'
import { EXAMPLES, findProgram, ServerProcess, scratchFolder } from './support/process.ts'
import { SECRET } from './support/requests.ts'
import { PYTHON } from './support/sites.ts'
import { settingsFor } from './support/verifier.ts'

const APACHE = findProgram('/usr/sbin/apache2')
const MODULES = `${APACHE?.root}/usr/lib/apache2/modules`
const HAS_WSGI = existsSync(`${MODULES}/mod_wsgi.so`)

/** `outside`: directives outside of the <VirtualHost>. */
async function startApache(
  snippet: string,
  env: Readonly<Record<string, string>>,
  outside = '',
): Promise<ServerProcess> {
  const [folder, port] = [scratchFolder(), await freePort()]
  for (const name of ['html', 'html/static']) {
    mkdirSync(`${folder}/${name}`)
    writeFileSync(`${folder}/${name}/index.html`, 'a page')
  }
  const modules = ['mpm_event', 'authz_core', 'dir', ...(outside === '' ? [] : ['wsgi'])]
  writeFileSync(
    `${folder}/apache.conf`,
    `ServerRoot ${folder}
    ServerName shop.example
    PidFile ${folder}/pid
    DefaultRuntimeDir ${folder}
    ErrorLog "|/bin/cat >&2"
    Listen 127.0.0.1:${port}
    ${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
    ${outside}
    <VirtualHost *>
      DocumentRoot ${folder}/html
      FallbackResource /index.html
      Include ${EXAMPLES}/apache/${snippet}
    </VirtualHost>\n`,
  )
  return ServerProcess.start(port, APACHE?.path ?? '', ['-f', `${folder}/apache.conf`, '-DFOREGROUND'], env)
}

describe.skipIf(APACHE === null)('Apache with the secret', () => {
  const stage = useOrigin(() => startApache('secret.conf', { WAITING_ROOM_ORIGIN_SECRET: SECRET }))
  checksSecret(stage)
})

describe.skipIf(APACHE === null)('Apache without the secret in its environment', () => {
  const stage = useOrigin(() => startApache('secret.conf', {}))

  test.each([{}, { 'Waiting-Room-Origin-Secret': '' }])('lets nobody in, with the headers %j', async (headers) => {
    expect((await stage.server.get('/', headers)).status).toBe(403)
  })
})

describe.skipIf(APACHE === null || !HAS_WSGI || PYTHON === null)('Apache with the pass', () => {
  const stage = useOrigin((issuer) => {
    const folder = scratchFolder()
    copyFileSync(`${EXAMPLES}/apache/access.wsgi`, `${folder}/access.wsgi`)
    copyFileSync(`${EXAMPLES}/python/waiting_room_pass.py`, `${folder}/waiting_room_pass.py`)
    const env = { ...settingsFor(issuer), WAITING_ROOM_FOLDER: folder, WAITING_ROOM_SKIP: '/static/' }
    return startApache('pass.conf', env, `WSGIPythonPath ${folder}`)
  })

  checksPasses(stage)
  checksSecret(stage)

  test('serves static files to everyone, and nothing beside them', async () => {
    expect((await stage.server.get('/static/index.html')).status).toBe(200)
    for (const path of ['/static/../tickets', '/static/%2e%2e/tickets', '//tickets', '/static//x']) {
      expect((await stage.server.get(path)).status).toBe(403)
    }
  })

  test('says where to go', async () => {
    expect((await stage.server.get('/tickets')).text).toContain('public address')
  })
})
