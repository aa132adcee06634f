/**
 * wrangler.toml replaces the mail builder's polyfills; the deployed code must write the same mail.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'
import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import type { mimeOf } from '../../src/alerts/email.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const { alias } = parse(readFileSync(`${ROOT}/wrangler.toml`, 'utf8')) as { alias: Record<string, string> }

async function bundled(alias: Record<string, string>): Promise<{ mimeOf: typeof mimeOf; bytes: number }> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/alerts/email.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    external: ['cloudflare:*'],
    write: false,
    alias,
  })
  const code = outputFiles[0]?.text ?? ''
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)
  return { mimeOf: module.mimeOf, bytes: code.length }
}

test('a mail is identical without the polyfills, and the bundle is smaller', async () => {
  const [whole, deployed] = await Promise.all([bundled({}), bundled(alias)])
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
  const channel = { name: 'mail', type: 'email' as const, from: 'room@example.com', to: 'oncall@example.com' }
  expect(deployed.mimeOf(notice, channel)).toBe(whole.mimeOf(notice, channel))
  expect(deployed.bytes).toBeLessThan(whole.bytes / 2)
})
