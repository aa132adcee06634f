/**
 * Input that an attacker would send, as fast-check arbitraries, and checks that every response must
 * pass.
 *
 * `FUZZ_RUNS` and `FUZZ_SEED` set a longer or another run. A failure names both.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import { type RawReply, utf8 } from './raw-http.ts'

export const FUZZ = { seed: Number(process.env.FUZZ_SEED ?? 4), numRuns: Number(process.env.FUZZ_RUNS ?? 600) }

/** Its presence anywhere but in the input proves an injection. */
export const MARKER = 'zzinjectedzz'

/**
 * Fragments that have broken parsers before, each with the marker where an injection would show.
 */
const NASTY = [
  `%0d%0aX-${MARKER}:%201`,
  `%E5%98%8D%E5%98%8AX-${MARKER}:%201`,
  `\u560d\u560aSet-Cookie:${MARKER}=1`,
  `"><${MARKER} onload=1>`,
  `</script><${MARKER}>`,
  `{{{${MARKER}}}}`,
  `{{#${MARKER}}}`,
  `\${${MARKER}}`,
  `//${MARKER}.example/x`,
  `/\\${MARKER}.example`,
  `https://${MARKER}.example/`,
  `javascript:${MARKER}`,
  `\u0000`,
  '%00',
  '%ff%fe',
  '%C0%AE%C0%AE/',
  '%',
  '%zz',
  '%u002e',
  '..',
  '../../',
  '..%2f',
  '%2e%2e/',
  '%252e%252e/',
  '..;/',
  '\\',
  '%5c',
  '__proto__',
  'constructor',
  '\u202e',
  '\ud800',
  '😀',
  'é',
  ';a=b',
  '?',
  '#',
  '%23',
  '%3f',
  '&',
  '=',
  ',',
  "'",
  '-1',
  '1e309',
  '9'.repeat(400),
  'x'.repeat(8192),
]

/** Arbitrary bytes of a header value or a target, as Latin-1. */
export const text: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...NASTY).map(utf8) },
      { weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 10 }).map(utf8) },
      {
        weight: 1,
        arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      },
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''))

/**
 * Without characters that would end the target. Half of the values are percent-encoded, so that
 * they get past the runtime.
 */
const inTarget = fc.tuple(text, fc.boolean()).map(([value, encodes]) => {
  const written = value.replace(/[\s#]/g, '')
  return encodes
    ? written.replace(/[^!-~]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
    : written
})

/** A path below a prefix, as in the request line. */
export function pathBelow(...prefixes: string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...prefixes), inTarget).map(([prefix, rest]) => `${prefix}${rest}` || '/')
}

/**
 * Without CONNECT: the runtime answers it without calling our code, and Cloudflare's edge never
 * forwards it.
 */
const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'PURGE',
  'PROPFIND',
  'MKCOL',
  'LOCK',
  'SUBSCRIBE',
  'get',
  'GETX',
  '',
  'PRI',
] as const
export const method = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...METHODS) },
  { weight: 1, arbitrary: inTarget.filter((name) => name.toUpperCase() !== 'CONNECT') },
)

/** Headers that affect the gate, a cache or a proxy. */
const HEADER_NAMES = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Authorization',
  'CF-Connecting-IP',
  'Cache-Control',
  'Content-Encoding',
  'Content-Type',
  'Cookie',
  'Expect',
  'Forwarded',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'Origin',
  'Purpose',
  'Range',
  'Referer',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'Sec-Purpose',
  'TE',
  'Upgrade',
  'User-Agent',
  'Waiting-Room-Origin-Secret',
  'Waiting-Room-Pass',
  'Waiting-Room-Token',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Host',
  'X-HTTP-Method-Override',
  'X-Original-URL',
  'X-Rewrite-URL',
]
const LIKELY_VALUES = [
  '*',
  '*/*',
  'text/html',
  'application/json',
  'document',
  'navigate',
  'iframe',
  'cross-site',
  'none',
]

export const headers: fc.Arbitrary<[string, string][]> = fc.array(
  fc.tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...HEADER_NAMES) }, { weight: 1, arbitrary: text }),
    fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...LIKELY_VALUES) }, { weight: 3, arbitrary: text }),
  ),
  { maxLength: 8 },
)

/**
 * A response to a client contains no failure of ours, nothing that was injected, and nothing for a
 * cache to store.
 */
export function expectHarmless(reply: RawReply | undefined, host: string): void {
  // The runtime may hang up on input that is not HTTP.
  if (reply === undefined) return
  const { status, headers, body } = reply
  expect([500, 502, 504]).not.toContain(status)
  const names = headers.map(([name]) => name)
  expect(names.filter((name) => name.includes(MARKER) || !/^[a-z0-9-]+$/.test(name))).toEqual([])
  const header = (wanted: string) => headers.filter(([name]) => name === wanted).map(([, value]) => value)
  // Each of our headers appears once. A second one would be injected.
  for (const name of new Set(names)) if (name !== 'set-cookie') expect([name, header(name).length]).toEqual([name, 1])
  for (const cookie of header('set-cookie')) {
    expect(cookie).toMatch(
      /^(__Host-|__Secure-)?waiting-room-[a-z0-9-]+=[\w.-]*; Max-Age=\d+; Path=\/; HttpOnly(; Secure)?; SameSite=(Lax|None)$/,
    )
  }
  for (const location of header('location')) expect(new URL(location, `http://${host}/`).host).toBe(host)
  expect(body.toLowerCase()).not.toContain(`<${MARKER}`)
  expectLinksOfHost(body, host)
}

/** For visitors who are not admitted: nothing that a cache could serve to another visitor. */
export function expectNotCacheable(reply: RawReply | undefined): void {
  if (reply === undefined || isRefusalOfTheRuntime(reply)) return
  const { status, headers } = reply
  const kept = Object.fromEntries(headers)
  expect(kept['cache-control']).toBe('no-store')
  expect([kept.etag, kept['last-modified'], kept.expires, kept.age]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect([206, 301, 304, 308]).not.toContain(status)
}

/** Input that is not HTTP never reaches our code. The runtime's response has no policy. */
function isRefusalOfTheRuntime({ status, headers }: RawReply): boolean {
  return [400, 413, 414, 431, 501].includes(status) && !headers.some(([name]) => name === 'cache-control')
}

/** Links, forms and scripts of a page lead to this host. */
function expectLinksOfHost(body: string, host: string): void {
  for (const [, , value = ''] of body.matchAll(/\s(href|action|src|formaction)="([^"]*)"/g)) {
    const url = new URL(unescaped(value), `http://${host}/`)
    if (url.protocol !== 'data:') expect([url.protocol, url.host]).toEqual(['http:', host])
  }
}

function unescaped(value: string): string {
  return value
    .replace(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
}

/** No input produced a separate log line, and the log contains no token. */
export function expectCleanLog(log: string): void {
  for (const line of log.split('\n')) {
    if (line === '') continue
    expect(line).not.toMatch(new RegExp(`^[^{]*${MARKER}`, 'i'))
    expect(line).not.toMatch(/eyJ[\w-]+\.eyJ/)
    if (line.startsWith('{')) expect(() => JSON.parse(line)).not.toThrow()
    expect(line).not.toMatch(/Uncaught|internal error|exception/i)
  }
}
