/** The waiting page over HTTP: its languages, its behaviour without JavaScript, its preview. */
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { PAGE_STATES } from '../../src/status.ts'
import { stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { ADMIN_TOKEN } from './support/worker-config.ts'

const LANGUAGES = ['en', 'ko', 'ja', 'zh-Hans', 'zh-Hant', 'es', 'fr', 'de', 'pt-BR', 'it', 'ar', 'hi']
/** gzip; the default of Cloudflare is Brotli. */
const PAGE_MAX_BYTES = 14 * 1024
const PAGE_BROTLI_MAX_BYTES = 12 * 1024
const PREFIX = '/__waiting-room'

const stage = useStage([
  room('words', 1),
  room('own', 1, { new_users_per_minute: 1 }),
  room('reload', 1),
  room('cookies', 1),
  room('form', 1),
  room('left', 1),
  room('off', 1, { suspended: true }),
])

const operator = { Authorization: `Bearer ${ADMIN_TOKEN}` }

test.each([
  ['ko-KR,ko;q=0.9,en;q=0.8', 'ko', '대기 중입니다'],
  ['ar', 'ar', 'أنت في الطابور'],
  ['xx, de;q=0.5', 'de', 'Sie stehen in der Warteschlange'],
  ['xx', 'en', 'You are in line'],
])('answers a visitor who accepts %s in %s', async (accept, language, heading) => {
  await stage.visitor('words').get('/')
  const reply = await stage.visitor('words', { 'Accept-Language': accept, Accept: 'text/html' }).get('/')
  expect(reply.headers['content-language']).toBe(language)
  expect(reply.headers.vary).toContain('Accept-Language')
  expect(reply.text).toContain(`<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">`)
  expect(reply.text).toContain(`>${heading}</span></h1>`)
})

test("takes the language from the site's parameter unless the visitor picked one, and hides the cookie from the site", async () => {
  const guest = await stage.guest('words').catch(() => null)
  const visitor = stage.visitor('words')
  expect((await visitor.get('/seats?lang=fr')).headers['content-language']).toBe('fr')
  const picked = await visitor.get(`${PREFIX}/lang?lang=ja&return=%2Fseats%3Flang%3Dfr`)
  expect(picked.status).toBe(303)
  expect(picked.headers.location).toBe('/seats?lang=fr')
  expect(picked.setCookies).toEqual([
    expect.stringMatching(/^waiting-room-_lang=ja; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/),
  ])
  expect((await visitor.get('/seats?lang=fr')).headers['content-language']).toBe('ja')
  const unknown = await visitor.get(`${PREFIX}/lang?lang=xx&return=%2F%2Fevil.example%2F`)
  expect([unknown.status, unknown.setCookies]).toEqual([400, []])
  // Still in the language that the visitor picked.
  expect(unknown.text).toContain('この言語には対応していません')
  expect(unknown.text).toMatch(/href="(\/|&#x2F;)\.(\/|&#x2F;){2}evil\.example/)
  await guest?.leave()
})

test("answers visitors at the same time, each with the visitor's own status and its retry interval", async () => {
  await stage.guest('own')
  const visitors = Array.from({ length: 30 }, () => stage.visitor('own', { Accept: 'text/html' }))
  for (const reload of [false, true]) {
    const replies = await Promise.all(visitors.map((visitor) => visitor.get('/')))
    for (const [i, { headers, setCookies, text }] of replies.entries()) {
      const visit = /<script type="application\/json" id="visit">(.*?)<\/script>/.exec(text)?.[1] ?? ''
      const { status } = JSON.parse(visit) as { status: { number: number; pollAfterSeconds: number } }
      expect(status.number).toBe(visitors[i]?.number)
      expect(headers['retry-after']).toBe(String(status.pollAfterSeconds))
      expect(setCookies).toHaveLength(reload ? 0 : 1)
      expect(text.endsWith('</html>\n')).toBe(true)
    }
  }
})

test('sends the page of each language as one response of less than 12 KB', async () => {
  const figures: string[] = []
  await stage.visitor('words').get('/')
  for (const language of LANGUAGES) {
    const visitor = stage.visitor('words', { 'Accept-Language': language, Accept: 'text/html' })
    const { text } = await visitor.get('/seats?row=4')
    const sizes = {
      bytes: Buffer.byteLength(text),
      gzip: gzipSync(text).length,
      brotli: brotliCompressSync(text).length,
    }
    expect(sizes.gzip, language).toBeLessThan(PAGE_MAX_BYTES)
    expect(sizes.brotli, language).toBeLessThan(PAGE_BROTLI_MAX_BYTES)
    expect(text).toContain(`<html lang="${language}"`)
    // The page contains everything that it loads. It names no addresses but its own and those of
    // its forms and links.
    expect(text.match(/<(?:img|link|script|iframe|source|object)[^>]*\s(?:src|href|data)="(?!data:)[^"]*"/g)).toBeNull()
    figures.push(`${language} ${sizes.bytes} / ${sizes.gzip} / ${sizes.brotli}`)
  }
  console.log(`Waiting page, bytes plain / gzip / brotli, requests 1:\n  ${figures.join('\n  ')}`)
})

test('reloads without JavaScript until the visitor is admitted, then opens the requested address', async () => {
  const first = await stage.guest('reload')
  const visitor = stage.visitor('reload')
  const page = await visitor.get('/echo?seat=7')
  const [, seconds, address] = /<meta http-equiv="refresh" content="(\d+);url=([^"]*)">/.exec(page.text) ?? []
  expect(Number(seconds)).toBeGreaterThanOrEqual(10)
  const path = String(address).replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
  const again = await visitor.get(path)
  expect(again.status).toBe(503)
  expect(again.text).toContain('value="&#x2F;echo?seat&#x3D;7"')
  expect(visitor.number).toBe(2)
  await first.leave()
  const admitted = await untilStatus(303, () => visitor.get(path))
  expect(admitted.headers.location).toBe('/echo?seat=7')
  expect(visitor.holds).toBe('pass')
  expect((await visitor.get('/echo?seat=7')).status).toBe(200)
})

test('tells a browser without cookies to allow them, and issues no further ticket', async () => {
  await stage.guest('cookies')
  await stage.visitor('cookies').get('/')
  const before = await stats(stage.workerd, 'cookies')
  const reply = await stage
    .visitor('cookies', { Accept: 'text/html' })
    .get(`${PREFIX}/line?room=cookies&return=%2Fcart`)
  expect(reply.status).toBe(400)
  expect(reply.text).toContain('If this browser blocks cookies, please allow them')
  expect(reply.text).toContain('href="&#x2F;cart"')
  expect((await stats(stage.workerd, 'cookies')).nextNumber).toBe(before.nextNumber)
})

test('says that a form was not delivered, and leads its sender back to the form', async () => {
  await stage.guest('form')
  const visitor = stage.visitor('form', { Accept: 'text/html' })
  await visitor.get('/cart')
  const reply = await visitor.post('/cart/pay', 'card=1', { Referer: 'http://form.test/cart?step=2' })
  expect(reply.status).toBe(503)
  expect(reply.text).toContain('What you sent was not delivered')
  expect(reply.text).toContain('"returnUrl":"/cart?step=2"')
  const foreign = await visitor.post('/cart/pay', 'card=1', { Referer: 'https://evil.example/' })
  expect(foreign.text).toContain('"returnUrl":"/cart/pay"')
})

test('tells a visitor who reloads without JavaScript after losing the place, and does not join them again', async () => {
  await stage.guest('left')
  const visitor = stage.visitor('left')
  await visitor.get('/')
  await visitor.leave()
  expect((await visitor.get(`${PREFIX}/line?room=left&return=%2F`)).status).toBe(400)
  expect(await stats(stage.workerd, 'left')).toMatchObject({ waiting: 0 })
})

test('redirects the reloading page to the site while the room is suspended', async () => {
  const reply = await stage.visitor('off').get(`${PREFIX}/line?room=off&return=https%3A%2F%2Fevil.example%2F`)
  expect(reply.status).toBe(303)
  expect(reply.headers.location).toBe('/')
})

test('shows the page in every state and language to operators only', async () => {
  const visitor = stage.visitor('words', { ...operator, Accept: 'text/html' })
  const before = await stats(stage.workerd, 'words')
  for (const state of PAGE_STATES) {
    const reply = await visitor.get(`${PREFIX}/admin/preview?room=words&state=${state}&lang=de&message=%3Cb%3E`)
    expect(reply.status, state).toBe(200)
    expect(reply.text).toContain(`data-state="${state}"`)
    expect(reply.text).toContain('&lt;b&gt;')
    expect(reply.text).not.toContain('http-equiv="refresh"')
  }
  expect((await stats(stage.workerd, 'words')).nextNumber).toBe(before.nextNumber)
  for (const query of ['state=nonsense', 'lang=xx', 'room=nowhere']) {
    const reply = await visitor.get(`${PREFIX}/admin/preview?${query}`)
    expect([400, 404]).toContain(reply.status)
    expect(reply.headers['content-type']).toBe('application/problem+json')
  }
  expect((await stage.visitor('words').get(`${PREFIX}/admin/preview?room=words`)).status).toBe(401)
})
