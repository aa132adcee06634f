/** The look of rooms: templates, logos, colours and texts, from settings and files only. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, inject, test } from 'vitest'
import { room, useStage } from './support/stage.ts'
import { ADMIN_TOKEN } from './support/worker-config.ts'

/** A typical template for Cloudflare Waiting Room. */
const CLOUDFLARE_TEMPLATE = `<!DOCTYPE html>
<html><head><title>Waiting Room</title>
<style>body { background: url(https://cdn.example/back.png) }</style>
<script>let minutes = {{#waitTimeKnown}}{{waitTime}}{{/waitTimeKnown}}{{^waitTimeKnown}}null{{/waitTimeKnown}}</script>
</head><body style="margin:0">
{{#queueIsFull}}The queue is full{{/queueIsFull}}
{{^queueIsFull}}{{#waitTimeKnown}}{{waitTimeHours}} h {{waitTimeHourMinutes}} min{{/waitTimeKnown}}
{{^waitTimeKnown}}The wait is unknown{{/waitTimeKnown}}{{/queueIsFull}}
{{#isFIFOQueue}}first in, first out{{/isFIFOQueue}}{{#isRandomQueue}}random{{/isRandomQueue}}
every {{refreshIntervalSeconds}} s, at {{lastUpdated}} {{#queueAll}}for all{{/queueAll}}
</body></html>`

const folder = `${inject('scratch')}/branding`
mkdirSync(folder, { recursive: true })
writeFileSync(`${folder}/cloudflare.html`, CLOUDFLARE_TEMPLATE)
writeFileSync(
  `${folder}/live.html`,
  '<p id="position">{{position}}</p><p id="message">{{message}}</p>{{{waitingRoomScript}}}',
)
writeFileSync(`${folder}/broken.html`, '{{#waitTimeKnown}}<p>never closed')
writeFileSync(`${folder}/logo.svg`, '<svg xmlns="http://www.w3.org/2000/svg"/>')
writeFileSync(`${folder}/large.png`, Buffer.alloc(17 * 1024))

const own = {
  site_name: 'The <Box> Office',
  logo: 'logo.svg',
  accent: '#ffcc00',
  default_language: 'de',
  texts: { de: { 'waiting.heading': 'Willkommen in der Schlange' }, en: { 'waiting.lead': 'Tea is served <soon>.' } },
}
const stage = useStage(
  [
    room('cloudflare', 1, { template: 'cloudflare.html' }),
    room('live', 1, { template: 'live.html' }),
    room('broken', 1, { template: 'broken.html' }),
    room('missing', 1, { template: 'not-there.html', logo: 'large.png', site_name: 'Shop' }),
    room('own', 1, own),
  ],
  { assets: folder },
)

async function waitIn(name: string, headers = {}) {
  await stage.guest(name).catch(() => null)
  return stage.visitor(name, { Accept: 'text/html', ...headers }).get('/')
}

test('renders a template made for Cloudflare Waiting Room unchanged', async () => {
  const reply = await waitIn('cloudflare')
  expect(reply.status).toBe(503)
  expect(reply.text).toContain('The wait is unknown')
  expect(reply.text).toContain('first in, first out')
  expect(reply.text).not.toContain('random')
  expect(reply.text).not.toContain('{{')
  expect(Number(reply.headers.refresh)).toBeGreaterThanOrEqual(10)
  const policy = String(reply.headers['content-security-policy'])
  const [, nonce] = /script-src 'nonce-([^']+)'/.exec(policy) ?? []
  expect(reply.text).toContain(`<script nonce="${nonce}">let minutes = null`)
  expect(policy).toContain("style-src 'self' https: 'unsafe-inline'")
  expect(policy).toContain("frame-ancestors 'none'")
})

test('fills in the times of such a template', async () => {
  const operator = stage.visitor('cloudflare', { Authorization: `Bearer ${ADMIN_TOKEN}`, Accept: 'text/html' })
  const reply = await operator.get('/__waiting-room/admin/preview?room=cloudflare')
  expect(reply.text).toContain('let minutes = 6')
  expect(reply.text).toContain('0 h 6 min')
  const full = await operator.get('/__waiting-room/admin/preview?room=cloudflare&state=full')
  expect(full.text).toContain('The queue is full')
})

test('gives a template with our script the texts and the visit, and no Refresh header', async () => {
  const reply = await waitIn('live')
  expect(reply.headers.refresh).toBeUndefined()
  expect(reply.text).toMatch(/<p id="position">\d/)
  expect(reply.text.match(/<script[^>]* nonce="/g)).toHaveLength(4)
})

test.each(['broken', 'missing'])(
  'falls back to the default page and reports it when a template is %s',
  async (name) => {
    const reply = await waitIn(name)
    expect(reply.status).toBe(503)
    expect(reply.text).toContain('<div id="waiting-room"')
    await expect.poll(() => stage.workerd.log).toContain(`"event":"template_broken","room":"${name}"`)
  },
)

test('omits and reports a file that is too large, and keeps the rest of the look', async () => {
  const reply = await waitIn('missing')
  expect(reply.text).toContain('<span>Shop</span>')
  expect(reply.text).not.toContain('<img')
  await expect.poll(() => stage.workerd.log).toMatch(/logo_broken.*17408 bytes, 16384 at most/)
})

test('takes the name, logo, colours and texts from the settings, escaped and inline', async () => {
  const german = await waitIn('own', { 'Accept-Language': 'xx' })
  expect(german.headers['content-language']).toBe('de')
  expect(german.text).toContain('>Willkommen in der Schlange</span></h1>')
  expect(german.text).toContain('The &lt;Box&gt; Office')
  expect(german.text).toMatch(/<img src="data:image&#x2F;svg\+xml;base64,[\w&#;+]+" alt="">/)
  expect(german.text).toMatch(/:root\{--accent:#[0-9a-f]{6};--on-accent:#/)
  expect(german.headers['content-security-policy']).toContain("default-src 'none'")
  const english = await waitIn('own', { 'Accept-Language': 'en' })
  expect(english.text).toContain('Tea is served &lt;soon&gt;.')
  expect(english.text).toContain('"lead":"Tea is served \\u003csoon>."')
})
