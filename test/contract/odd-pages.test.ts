/** Odd pages that pass through the gate arrive complete, with only the script added. */
import { once } from 'node:events'
import {
  brotliDecompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import { expect, test } from 'vitest'
import { coded, type OddPage, oddPages } from './support/odd-pages.ts'
import { stats } from './support/operator.ts'
import { type Answer, html } from './support/origin.ts'
import { room, useStage } from './support/stage.ts'
import { answerTo, type Headers, type Reply } from './support/visitor.ts'
import { ADMIN_TOKEN } from './support/worker-config.ts'

const CORPUS = oddPages(Number(process.env.ODD_PAGES ?? 200), Number(process.env.FUZZ_SEED ?? 12))
const PAGE = '<!doctype html><html><head><title>Shop</title></head><body><p>Welcome</body></html>'
const SCRIPT = '<script src="/__waiting-room/heartbeat.js?room=shop" async></script>'
const CHROMIUM: Headers = { 'Accept-Encoding': 'gzip, deflate, br, zstd' }
const ROWS = `<!doctype html><title>Rows</title><table>${'<tr><td>one<td>two<td>three'.repeat(6_000)}</table>`

const odd: Answer = async (request, response) => {
  const page = CORPUS[Number(new URL(request.url ?? '', 'http://origin').searchParams.get('n'))] as OddPage
  const bytes = coded(page)
  const coding = page.coding === 'identity' ? {} : { 'Content-Encoding': page.coding }
  response.writeHead(200, { 'Content-Type': page.contentType, ...coding })
  let at = 0
  for (const size of page.chunks) {
    response.write(bytes.subarray(at, at + size))
    at = Math.min(at + size, bytes.length)
    await new Promise(setImmediate)
  }
  response.end(bytes.subarray(at))
}

/**
 * Responds with the headers and the body that a test requests, with a strong ETag and digests by
 * default.
 */
const given: Answer = (request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://origin')
  const headers = JSON.parse(searchParams.get('headers') ?? '{}') as Headers
  const page = Buffer.from(searchParams.get('body') ?? PAGE, 'latin1')
  const body = headers['Content-Encoding'] === 'gzip' ? gzipSync(page) : page
  const always = { 'Content-Type': 'text/html', 'Content-Length': `${body.length}`, ETag: '"exact"', ...DIGESTS }
  response.writeHead(200, { ...always, ...headers }).end(body)
}
const DIGESTS = { 'Content-Digest': 'sha-256=:AAAA:', 'Repr-Digest': 'sha-256=:BBBB:', 'Content-MD5': 'CCCC' }
const givenAt = (headers: Headers, body = PAGE) =>
  `/given?headers=${encodeURIComponent(JSON.stringify(headers))}&body=${encodeURIComponent(body)}`

/** A page in parts, each sent when the test says so. */
const parts =
  (coding: 'identity' | 'gzip' | 'br'): Answer =>
  async (request, response, { signals }) => {
    const headers = coding === 'identity' ? {} : { 'Content-Encoding': coding }
    response.writeHead(200, { 'Content-Type': 'text/html', ...headers })
    const coder = coding === 'gzip' ? createGzip() : coding === 'br' ? createBrotliCompress() : null
    coder?.pipe(response)
    const target = coder ?? response
    const flush = () =>
      new Promise<void>((done) => {
        if (coder === null) done()
        else coder.flush(coding === 'gzip' ? constants.Z_SYNC_FLUSH : constants.BROTLI_OPERATION_FLUSH, done)
      })
    for (const part of PARTS) {
      target.write(part)
      await flush()
      await once(signals, `go:${request.url}`)
    }
    target.end()
  }
const PARTS = ['<!doctype html><head><title>In parts</title>', '</head><body><p>one', '<p>two', '<p>three']

/** Headers, a status (`X-Status`) and no body. */
const bare: Answer = (request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://origin')
  const { 'X-Status': status = '200', ...headers } = JSON.parse(searchParams.get('headers') ?? '{}') as Headers
  response.writeHead(Number(status), { 'Content-Type': 'text/html', ...headers }).end()
}

const broken = new Map<string, Buffer>()

const stage = useStage(
  [room('shop', 10_000), room('counted', 10_000)],
  {},
  {
    odd,
    given,
    bare,
    broken: (request, response) => {
      const headers = { 'Content-Type': 'text/html', 'Content-Encoding': 'gzip' }
      response.writeHead(200, headers).end(broken.get(decodeURIComponent(request.url?.split('?')[1] ?? '')))
    },
    'parts-identity': parts('identity'),
    'parts-gzip': parts('gzip'),
    'parts-br': parts('br'),
    select: html('<!doctype html><body><select><option><svg><title>UK</title></svg> UK</option></select>'),
    frames: html('<html><head></head><frameset cols="*"><frame src="/a"></frameset><script>1</script></html>'),
    rows: html(ROWS),
    empty: html(''),
    zstd: (request, response) => {
      const takes = String(request.headers['accept-encoding'] ?? '')
      const isCoded = takes.includes('zstd')
      const coding = isCoded ? { 'Content-Encoding': 'zstd' } : {}
      response.writeHead(200, { 'Content-Type': 'text/html', 'X-Asked-For': takes, ...coding })
      response.end(isCoded ? zstdCompressSync(PAGE) : PAGE)
    },
  },
)

function decoded({ headers, body }: Reply): Buffer {
  switch (headers['content-encoding']) {
    case 'gzip':
      return gunzipSync(body)
    case 'br':
      return brotliDecompressSync(body)
    case 'zstd':
      return zstdDecompressSync(body)
    default:
      return body
  }
}

test(`${CORPUS.length} odd pages arrive complete, with only the script added`, async () => {
  const guest = await stage.guest('shop')
  let scripts = 0
  for (const [n, page] of CORPUS.entries()) {
    const arrived = decoded(await guest.get(`/odd?n=${n}`, CHROMIUM))
    const at = arrived.indexOf(SCRIPT)
    if (at >= 0) scripts++
    const rest = at < 0 ? arrived : Buffer.concat([arrived.subarray(0, at), arrived.subarray(at + SCRIPT.length)])
    expect(rest.equals(page.bytes), page.name).toBe(true)
  }
  // The script is missing only in unrequested codings and in pages that begin with text.
  expect(scripts).toBeGreaterThan(CORPUS.length / 2)
})

test.each(['select', 'frames', 'rows'])(
  'delivers the page with odd markup %s complete, with the script in its head',
  async (path) => {
    const guest = await stage.guest('shop')
    const reply = await guest.get(`/${path}`)
    expect(reply.status).toBe(200)
    expect(reply.text.split(SCRIPT)).toHaveLength(2)
    const direct = await fetch(`${stage.origin.url}/${path}`)
    expect(reply.text.replace(SCRIPT, '')).toBe(await direct.text())
  },
)

test.each<[string, Headers, string]>([
  ['a CSV file', { 'Content-Disposition': 'attachment; filename="a.csv"' }, 'a,b\r\n1,2\r\n'],
  ['an archive', { 'Content-Disposition': 'Attachment' }, 'PK\u0003\u0004\u0000\u00ff</head>'],
  ['a page to download', { 'Content-Disposition': 'attachment' }, PAGE],
  ['JSON', {}, '{"success":true}'],
  ['a number', {}, '15'],
  ['text before the first tag', {}, 'Hello <b>you</b>'],
  ['an image', {}, '\u0089PNG\r\n\u001a\n\u0000<head></head>'],
  ['a feed', {}, '<?xml version="1.0"?><rss version="2.0"><channel></channel></rss>'],
  ['a drawing', {}, '<svg xmlns="http://www.w3.org/2000/svg"><title>x</title></svg>'],
  ['XML without a declaration', {}, '<Response><Say>hi</Say></Response>'],
  ['XML with a root outside HTML', {}, '<definitions><entry></entry></definitions>'],
  ['a fragment for a script', {}, '<turbo-stream action="append"><template></template></turbo-stream>'],
  ['another document type', {}, '<!DOCTYPE wml PUBLIC "-//WAPFORUM//DTD WML 1.1//EN" "x"><wml><head></head></wml>'],
  ['UTF-16', { 'Content-Type': 'text/html; charset=utf-16le' }, [...PAGE].map((char) => `${char}\u0000`).join('')],
  ['UTF-16 with a byte order mark', {}, `\u00ff\u00fe${[...PAGE].map((char) => `${char}\u0000`).join('')}`],
  ['UTF-16 without a byte order mark', {}, [...PAGE].map((char) => `\u0000${char}`).join('')],
  [
    'ISO-2022-JP',
    { 'Content-Type': 'text/html; charset=ISO-2022-JP' },
    '<head><title>\u001b$B<\u001b(B</title></head>',
  ],
  ['ISO-2022-JP named by the page only', {}, '<head><title>\u001b$B</head>\u001b(B</title></head>'],
  ['an unknown encoding', { 'Content-Type': 'text/html; charset=cp037' }, PAGE],
  ['no-transform', { 'Cache-Control': 'public, no-transform' }, PAGE],
  ['NO-TRANSFORM', { 'Cache-Control': 'NO-TRANSFORM,max-age=1' }, PAGE],
  ['no content at all', {}, ''],
  ['white space', {}, ' \r\n\t'],
  ['a head without an end', {}, '<head><title>Shop</head>'],
  ['a template without an end', {}, '<head><template></head><body>'],
  ['an AMP page', {}, '<!doctype html><html amp lang="en"><head></head></html>'],
  ['an AMP page with the lightning symbol', {}, '<!doctype html><html \u00e2\u009a\u00a1><head></head></html>'],
  ['an AMP mail', {}, '<!doctype html><html lang=en amp4email><head></head></html>'],
])('delivers %s sent as HTML byte for byte, with its length, ETag and digests', async (_what, headers, body) => {
  const guest = await stage.guest('shop')
  const reply = await guest.get(givenAt(headers, body))
  expect(reply.body.toString('latin1')).toBe(body)
  expect(reply.headers['content-length']).toBe(String(body.length))
  expect(reply.headers.etag).toBe('"exact"')
  expect(reply.headers['content-digest']).toBe(DIGESTS['Content-Digest'])
  expect(reply.headers['repr-digest']).toBe(DIGESTS['Repr-Digest'])
  expect(reply.headers['content-md5']).toBe(DIGESTS['Content-MD5'])
})

test.each<[string, Headers]>([
  ['JSON is requested', { Accept: 'application/json' }],
  ['JSON is preferred', { Accept: 'text/html;q=0.5, application/json' }],
  ['an image is requested', { Accept: 'image/webp,*/*' }],
  ['a script sends the request', { Accept: '*/*', 'X-Requested-With': 'XMLHttpRequest' }],
])('delivers a page byte for byte when %s', async (_what, headers) => {
  const { token = '' } = await stage.guest('shop')
  const program = stage.visitor('shop', { ...headers, 'Waiting-Room-Token': token })
  const reply = await program.get(givenAt({}))
  expect(reply.text).toBe(PAGE)
  expect(reply.headers.etag).toBe('"exact"')
})

test.each(['', 'gzip'])(
  'removes digests and the strong ETag when the content changes (content coding "%s")',
  async (coding) => {
    const guest = await stage.guest('shop')
    const reply = await guest.get(givenAt(coding === '' ? {} : { 'Content-Encoding': coding }), CHROMIUM)
    expect(decoded(reply).toString()).toBe(PAGE.replace('</head>', `${SCRIPT}</head>`))
    expect(reply.headers.etag).toBe('W/"exact"')
    for (const name of ['content-digest', 'repr-digest', 'content-md5']) expect(reply.headers[name]).toBeUndefined()
  },
)

test('requests pages from the site without a content coding', async () => {
  const guest = await stage.guest('shop')
  const asked = async (headers: Headers) => (await guest.get('/zstd', headers)).headers['x-asked-for']
  expect(await asked(CHROMIUM)).toBe('identity')
  expect(await asked({ 'Accept-Encoding': 'zstd, br' })).toBe('identity')
  expect(await asked({ 'Accept-Encoding': 'gzip' })).toBe('identity')
  expect((await guest.get('/zstd', CHROMIUM)).text).toContain(SCRIPT)
  // Other resources are requested with the client's codings.
  const script = { 'Sec-Fetch-Dest': 'script', 'Sec-Fetch-Mode': 'no-cors' }
  expect(await asked({ ...CHROMIUM, ...script })).toBe(CHROMIUM['Accept-Encoding'])
})

test.each<[string, number, Headers, string]>([
  ['a redirect', 302, { Location: '/account', 'Set-Cookie': 'session=abc' }, 'gzip'],
  ['a redirect', 303, { Location: '/account' }, 'br'],
  ['an error', 404, {}, 'gzip'],
  ['a page', 200, { 'Set-Cookie': 'session=abc' }, 'gzip'],
  ['a page', 200, {}, 'br'],
])('delivers %s (%i) that names a coding but has no body unchanged', async (_what, status, headers, coding) => {
  const guest = await stage.guest('shop')
  for (const length of [{ 'Content-Length': '0' }, {}]) {
    const asked = { ...headers, ...length, 'Content-Encoding': coding, 'X-Status': String(status) }
    const reply = await guest.get(`/bare?headers=${encodeURIComponent(JSON.stringify(asked))}`)
    expect(reply.status).toBe(status)
    expect(reply.headers.location).toBe(headers.Location)
    expect(reply.setCookies.join()).toBe(headers['Set-Cookie'] ?? '')
    expect(reply.body.length).toBe(0)
  }
})

test.each([
  ['bytes after its end', (page: Buffer) => Buffer.concat([gzipSync(page), Buffer.alloc(64)])],
  ['no trailer', (page: Buffer) => gzipSync(page).subarray(0, -8)],
  ['its last bytes missing', (page: Buffer) => gzipSync(page).subarray(0, -3)],
])('delivers a compressed page with %s as far as browsers show it', async (name, compress) => {
  const guest = await stage.guest('shop')
  for (const size of [1, 20_000]) {
    const page = `<!doctype html><head></head><body>${'Welcome '.repeat(size)}`
    broken.set(`${name} ${size}`, compress(Buffer.from(page)))
    const reply = await guest.get(`/broken?${encodeURIComponent(`${name} ${size}`)}`)
    expect(reply.status).toBe(200)
    expect(reply.text.startsWith(`<!doctype html><head>${SCRIPT}</head><body>Welcome`)).toBe(true)
    expect(page.startsWith(reply.text.replace(SCRIPT, ''))).toBe(true)
    expect(reply.text.length).toBeGreaterThan(page.length * 0.9)
  }
})

test('answers 502 for a page whose coding is not the declared one, before sending anything', async () => {
  const guest = await stage.guest('shop')
  const reply = await guest.get(givenAt({ 'Content-Encoding': 'br' }, 'none'))
  expect(reply.status).toBe(502)
  await expect.poll(() => stage.workerd.log).toContain('"event":"origin_page_unreadable"')
  expect(guest.holds).toBe('pass')
})

test.each(['identity', 'gzip', 'br'])('delivers each part of a page (%s) before the next is sent', async (coding) => {
  const guest = await stage.guest('shop')
  const path = `/parts-${coding}?1`
  const sent = guest.open({ path, extra: CHROMIUM })
  sent.end()
  const answer = (await answerTo(sent)).setEncoding('latin1')
  expect(answer.headers['content-encoding']).toBeUndefined()
  const chunks = answer[Symbol.asyncIterator]()
  let text = ''
  let expected = ''
  for (const [i, part] of PARTS.entries()) {
    expected += i === 1 ? part.replace('</head>', `${SCRIPT}</head>`) : part
    while (text.length < expected.length) text += (await chunks.next()).value
    expect(text).toBe(expected)
    stage.origin.signals.emit(`go:${path}`)
  }
  expect((await chunks.next()).done).toBe(true)
})

test('aborts the response when the origin aborts a page, and affects nothing else', async () => {
  const guest = await stage.guest('shop')
  const sent = guest.open({ path: '/parts-identity?broken' })
  sent.end()
  const answer = await answerTo(sent)
  await once(answer, 'data')
  stage.origin.server.closeAllConnections()
  await expect(async () => {
    for await (const _ of answer);
  }).rejects.toThrow()
  expect((await guest.get('/page')).text).toContain(SCRIPT)
})

test('counts pages without the script by reason, and logs them once', async () => {
  const reader = await stage.guest('counted')
  for (let i = 0; i < 3; i++) await reader.get(givenAt({}, '{"a":1}'))
  await reader.get(givenAt({ 'Content-Encoding': 'zstd' }, 'none'))
  await reader.get(givenAt({ 'Content-Security-Policy': "script-src 'none'" }))
  // These pages are not expected to have the script.
  await reader.get(givenAt({ 'Waiting-Room-Beacon': 'off' }))
  await reader.get(givenAt({ 'Content-Disposition': 'attachment' }))
  const counted = { amp: 0, charset: 0, coding: 1, head: 0, markup: 3, 'no-transform': 0, policy: 1 }
  await expect.poll(async () => (await stats(stage.workerd, 'counted')).pagesWithoutBeacon).toEqual(counted)
  const { text } = await reader.get('/__waiting-room/metrics', { Authorization: `Bearer ${ADMIN_TOKEN}` })
  expect(text).toContain('waiting_room_pages_without_beacon_total{room="counted",reason="markup"} 3\n')
  const logged = () => stage.workerd.log.split('"event":"page_without_beacon","room":"counted","reason":"markup"')
  await expect.poll(logged).toHaveLength(2)
})
