import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalPath } from '../../src/http/paths.ts'
import { requestUrl } from '../../src/http/request-url.ts'

const odd = fc.constantFrom(
  '/',
  '//',
  '/.',
  '/..',
  '%2e',
  '%73',
  ';a=1',
  '\\',
  '?',
  '#',
  ' ',
  'ä',
  '@',
  ':',
  '"',
  "'",
  '|',
  '^',
)
const plain = fc.constantFrom(
  '/shop',
  'a',
  '-',
  '_',
  '.',
  '~',
  '9',
  '/a.b',
  '?room=shop',
  '&x=%20',
  '=',
  '/__waiting-room',
)
const rest = fc.array(fc.oneof({ weight: 3, arbitrary: plain }, odd), { maxLength: 8 }).map((parts) => parts.join(''))
const host = fc.constantFrom(
  'shop.example',
  'shop.example:8080',
  'shop.example:80',
  'SHOP.example',
  'shop.example.',
  '127.0.0.1',
  '0x7f.1',
  '[::1]',
  'münchen.example',
  'user@shop.example',
)
const scheme = fc.constantFrom('http', 'https')

function expected(href: string) {
  const { origin, protocol, host, hostname, pathname, search } = new URL(href)
  return { href, origin, protocol, host, hostname, pathname, search, canonical: canonicalPath(pathname) }
}

describe('the URL of a request', () => {
  it('has the same parts as URL, in any spelling', () => {
    fc.assert(
      fc.property(scheme, host, rest, (s, h, r) => {
        const href = `${s}://${h}/${r}`
        fc.pre(URL.canParse(href))
        expect(requestUrl(href)).toEqual(expected(href))
        // Once more, with the host cached.
        expect(requestUrl(`${s}://${h}/`)).toEqual(expected(`${s}://${h}/`))
        expect(requestUrl(href)).toEqual(expected(href))
      }),
      { numRuns: 2000 },
    )
  })

  it('is canonical only if no part is ambiguous', () => {
    for (const path of ['/shop', '/shop/', '/a.b/c-d_e~f', '/'])
      expect(requestUrl(`http://x.example${path}`).canonical).toBe(path)
    for (const path of ['//shop', '/x/../shop', '/%73hop', '/shop;a', '/./shop', '\\shop']) {
      expect(requestUrl(`http://x.example${path}`).canonical).toBe('/shop')
    }
  })

  it('stays correct with more hosts than the cache holds', () => {
    for (let i = 0; i < 500; i++) expect(requestUrl(`http://h${i}.example/a`).hostname).toBe(`h${i}.example`)
  })
})
