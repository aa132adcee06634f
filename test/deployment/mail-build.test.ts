/**
 * wrangler.toml replaces polyfills of the mail builder and of the signer of webhooks; the deployed
 * code must send the same messages.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'
import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import type { mimeOf } from '../../src/alerts/email.ts'
import type { webhookMessage } from '../../src/alerts/http-messages.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const { alias } = parse(readFileSync(`${ROOT}/wrangler.toml`, 'utf8')) as { alias: Record<string, string> }

async function bundled<T>(entry: string, alias: Record<string, string>): Promise<T & { bytes: number }> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    external: ['cloudflare:*'],
    write: false,
    alias,
  })
  const code = outputFiles[0]?.text ?? ''
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)
  return { ...module, bytes: code.length }
}

const notice = {
  id: 'shop.1.2.crowd.firing.mail',
  room: 'shop',
  channel: 'mail',
  atMs: 1_767_225_600_000,
  kind: 'firing' as const,
  rule: '  Überfüllt, 満員 ',
  metric: 'waiting',
  bound: 'above' as const,
  threshold: 5,
  value: 7,
}

test('a mail is identical without the polyfills, and the bundle is smaller', async () => {
  const build = (alias: Record<string, string>) => bundled<{ mimeOf: typeof mimeOf }>('src/alerts/email.ts', alias)
  const [whole, deployed] = await Promise.all([build({}), build(alias)])
  const channel = { name: 'mail', type: 'email' as const, from: 'room@example.com', to: 'oncall@example.com' }
  expect(deployed.mimeOf(notice, channel)).toBe(whole.mimeOf(notice, channel))
  expect(deployed.bytes).toBeLessThan(whole.bytes / 2)
})

test('a webhook has the same signatures without the polyfill, and the bundle is smaller', async () => {
  const build = (alias: Record<string, string>) =>
    bundled<{ webhookMessage: typeof webhookMessage }>('src/alerts/http-messages.ts', alias)
  const [whole, deployed] = await Promise.all([build({}), build(alias)])
  const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `whsec_${Buffer.alloc(32, 255).toString('base64')}`]
  const message = whole.webhookMessage(notice, secrets, notice.atMs)
  expect(deployed.webhookMessage(notice, secrets, notice.atMs)).toEqual(message)
  expect(deployed.bytes).toBeLessThan(whole.bytes)
})
