/** `npm run setup` with the real wrangler and a stand-in for Cloudflare's API. */
import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { environments, queueNames } from '../../scripts/deployment-config.ts'
import { importSigningKeys } from '../../src/tokens/signing-keys.ts'
import { CloudflareApi } from './cloudflare-api.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const QUEUES = [
  'staging-waiting-room-alerts',
  'staging-waiting-room-alerts-dead',
  'staging-waiting-room-checks',
  'staging-waiting-room-checks-dead',
]

describe('npm run setup', () => {
  let api: CloudflareApi
  beforeEach(async () => {
    api = await CloudflareApi.start()
  })
  afterEach(() => api.stop())

  function setUp(...args: string[]): Promise<{ status: number; output: string }> {
    const home = mkdtempSync(join(tmpdir(), 'setup-'))
    const env = {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: home,
      CLOUDFLARE_API_TOKEN: 'token',
      CLOUDFLARE_ACCOUNT_ID: 'acc',
      CLOUDFLARE_API_BASE_URL: api.url,
    }
    const settled = Promise.withResolvers<{ status: number; output: string }>()
    execFile(process.execPath, ['scripts/setup.ts', ...args], { cwd: ROOT, env }, (error, stdout, stderr) => {
      settled.resolve({ status: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` })
    })
    return settled.promise
  }

  it('creates missing queues, and strong secrets for a new Worker', async () => {
    api.queues.push(...QUEUES.slice(0, 2))
    const { status, output } = await setUp('--env', 'staging')
    expect({ status, output }).toMatchObject({ status: 0, output: expect.stringContaining('Remaining steps') })
    expect(api.queues.toSorted()).toEqual(QUEUES)
    const secrets = api.secrets.get('edge-waiting-room-staging') ?? {}
    expect(Object.keys(secrets).toSorted()).toEqual(['ADMIN_TOKEN', 'ORIGIN_SECRET', 'SIGNING_KEYS'])
    await expect(importSigningKeys(secrets.SIGNING_KEYS)).resolves.toHaveLength(1)
    expect(secrets.ADMIN_TOKEN).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(output).toContain(secrets.ADMIN_TOKEN)
    expect(output).not.toContain(secrets.SIGNING_KEYS)
  })

  it('leaves existing queues and secrets unchanged', async () => {
    api.queues.push(...QUEUES)
    const set = { SIGNING_KEYS: 'kept', ADMIN_TOKEN: 'kept', ORIGIN_SECRET: 'kept' }
    api.secrets.set('edge-waiting-room-staging', { ...set })
    const { status, output } = await setUp('--env', 'staging')
    expect({ status, output }).toMatchObject({
      status: 0,
      output: expect.stringContaining('SIGNING_KEYS: exists'),
    })
    // One queue is not on the first page of the list, so creating it is attempted and refused.
    expect(api.changes).toBe(1)
    expect(api.queues).toEqual(QUEUES)
    expect(api.secrets.get('edge-waiting-room-staging')).toEqual(set)
  })

  it('reports an error and creates nothing: not logged in, unknown environment, unknown option', async () => {
    api.failWith = 401
    const notLoggedIn = await setUp('--env', 'staging')
    expect(notLoggedIn).toMatchObject({ status: 1, output: expect.stringContaining('npx wrangler login') })
    expect(await setUp('--env', 'nowhere')).toMatchObject({
      status: 1,
      output: expect.stringContaining('--env staging or --env production'),
    })
    expect(await setUp('--enviroment', 'x')).toMatchObject({
      status: 1,
      output: expect.stringContaining('--enviroment'),
    })
    expect(api.changes).toBe(0)
  })

  it('only prints its plan in a dry run', async () => {
    const { status, output } = await setUp('--env', 'production', '--dry-run')
    expect(status).toBe(0)
    for (const { name, section } of environments()) {
      if (name === 'production') for (const queue of queueNames(section)) expect(output).toContain(queue)
    }
    expect(api.changes).toBe(0)
  })
})
