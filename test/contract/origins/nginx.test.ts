/** examples/origins/nginx/: the secret, and `auth_request` to the verifier. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { checksPasses, checksSecret, useOrigin, useVerifier } from './support/origin-stage.ts'
import { EXAMPLES, findProgram, ServerProcess, scratchFolder } from './support/process.ts'
import { SECRET } from './support/requests.ts'
import { PYTHON } from './support/sites.ts'

const NGINX = findProgram('/usr/sbin/nginx')

/** nginx with a page at every address, `http` and `server` being parts of its configuration. */
async function startNginx(http: string, server: string): Promise<ServerProcess> {
  const [folder, port] = [scratchFolder(), await freePort()]
  mkdirSync(`${folder}/html/static`, { recursive: true })
  writeFileSync(`${folder}/html/static/app.css`, 'static')
  writeFileSync(`${folder}/waiting-room-secret`, `"${SECRET}" 1;\n`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  writeFileSync(
    `${folder}/nginx.conf`,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
    events {}
    http {
      access_log off; ${temporary.join(' ')}
      ${http}
      server {
        listen 127.0.0.1:${port}; root ${folder}/html;
        ${server}
        # Answers like an application, after auth_request.
        location / { try_files /none @site; }
        location @site { root ${folder}; default_type text/plain; rewrite ^ /page break; }
      }
    }`,
  )
  writeFileSync(`${folder}/page`, 'a page')
  return ServerProcess.start(port, NGINX?.path ?? '', ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', 'stderr'])
}

describe.skipIf(NGINX === null)('nginx with the secret', () => {
  const stage = useOrigin(() =>
    startNginx(`include ${EXAMPLES}/nginx/secret.conf;`, 'if ($through_room = 0) { return 403; }'),
  )
  checksSecret(stage)
})

describe.skipIf(NGINX === null || PYTHON === null)('nginx with the pass', () => {
  const stage = useVerifier(({ port }) =>
    startNginx(
      `upstream waiting_room_verifier { server 127.0.0.1:${port}; keepalive 16; }`,
      `include ${EXAMPLES}/nginx/pass.conf;`,
    ),
  )

  checksPasses(stage)
  checksSecret(stage)

  test('says where to go, and is not stored', async () => {
    const { text, headers } = await stage.server.get('/tickets')
    expect([text, headers['cache-control']]).toEqual([expect.stringContaining('public address'), 'no-store'])
  })

  test('serves static files to everyone, and nothing beside them', async () => {
    expect(await stage.server.get('/static/app.css')).toMatchObject({ status: 200, text: 'static' })
    for (const path of ['/static/../tickets', '/static/%2e%2e/tickets', '//tickets']) {
      expect((await stage.server.get(path)).status).toBe(403)
    }
  })

  test('keeps the verifier to itself', async () => {
    expect((await stage.server.get('/__waiting-room-verifier')).status).not.toBe(204)
  })
})
