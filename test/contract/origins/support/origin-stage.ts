/** The set-up of a test file: one issuer, and one origin that checks its passes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ISSUER, Issuer, pass } from './issuer.ts'
import type { ServerProcess } from './process.ts'
import { LET_IN, REFUSED, SECRET, SECRET_REFUSED, type Sent } from './requests.ts'
import { startVerifier } from './verifier.ts'

export interface OriginStage {
  readonly issuer: Issuer
  readonly server: ServerProcess
}

/** Call it in a `describe`. */
export function useOrigin(start: (issuer: Issuer) => Promise<ServerProcess>): OriginStage {
  let issuer: Issuer
  let server: ServerProcess
  beforeAll(async () => {
    issuer = await Issuer.start()
    server = await start(issuer)
  })
  afterAll(async () => {
    await server?.stop()
    await issuer?.stop()
  })
  return {
    get issuer() {
      return issuer
    },
    get server() {
      return server
    },
  }
}

/** An origin that asks the verifier, with the given settings beside the usual ones. */
export function useVerifier(
  start: (verifier: ServerProcess) => Promise<ServerProcess>,
  settings: Readonly<Record<string, string>> = {},
): OriginStage {
  let verifier: ServerProcess
  const stage = useOrigin(async (issuer) => {
    verifier = await startVerifier(issuer, settings)
    return start(verifier)
  })
  afterAll(() => verifier?.stop())
  return stage
}

export function checksPasses(stage: OriginStage): void {
  test.each(LET_IN)('lets in %s', async (_, sent) => {
    expect(await statusOf(stage, sent)).toBe(200)
  })
  test.each(REFUSED)('refuses %s', async (_, sent) => {
    expect(await statusOf(stage, sent)).toBe(403)
  })
}

export function checksSecret(stage: OriginStage): void {
  // Bypass rules and a suspended room send requests without a pass.
  test('lets in a request without a pass that has the secret', async () => {
    expect((await stage.server.get('/tickets', { 'Waiting-Room-Origin-Secret': SECRET })).status).toBe(200)
  })
  test.each(SECRET_REFUSED)('refuses %s', async (_, sent) => {
    expect(await statusOf(stage, sent)).toBe(403)
  })
}

/** Without PASS_KEYS the room sends passes that the site cannot verify. */
export function checksSecretAlone(stage: OriginStage): void {
  checksSecret(stage)
  test('ignores the pass', async () => {
    const headers = { 'Waiting-Room-Pass': await pass(stage.issuer.key('EdDSA')) }
    expect((await stage.server.get('/', { ...headers, 'Waiting-Room-Origin-Secret': SECRET })).status).toBe(200)
    expect((await stage.server.get('/', headers)).status).toBe(403)
    expect(stage.issuer.fetches).toBe(0)
  })
}

/** With the settings `origin_secret`, `skip` (`/static/` and `/healthz`) and `site_url`. */
export function checksSettings(stage: OriginStage): void {
  checksSecret(stage)
  test.each([
    ['/static/app.css?v=1', 200],
    ['/healthz', 200],
    ['/healthz/x', 403],
    ['/static/../tickets', 403],
    ['/static/%2e%2e/tickets', 403],
    ['/static//x', 403],
    ['/static', 403],
  ])('answers %s without a pass with %i', async (path, status) => {
    expect((await stage.server.get(path)).status).toBe(status)
  })
  sendsBrowsersToTheSite(stage)
}

/** With the setting `site_url`. */
export function sendsBrowsersToTheSite(stage: OriginStage): void {
  test('sends a browser that came past the room to the site, and nobody who came through it', async () => {
    const page = { Accept: 'text/html,*/*' }
    const direct = await stage.server.get('/tickets/x?seat=7', page)
    expect([direct.status, direct.headers.location]).toEqual([302, `${ISSUER}/tickets/x?seat=7`])
    const through = await stage.server.get('/tickets', { ...page, 'X-Forwarded-Host': 'shop.example' })
    expect([through.status, through.headers.location]).toEqual([403, undefined])
  })
}

async function statusOf(stage: OriginStage, sent: Sent, path = '/tickets?seat=7'): Promise<number> {
  return (await stage.server.get(path, await sent.headers(stage.issuer))).status
}
