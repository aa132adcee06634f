/** Choice of a visitor's language. */
import { describe, expect, it } from 'vitest'
import { languageOf, languageOfVisitor } from '../../src/languages.ts'

const visitor = (headers: Record<string, string>, search = '') => languageOfVisitor(new Headers(headers), search)

describe('the language of a visitor', () => {
  it.each([
    ['ko', 'ko'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['da, en-GB;q=0.8, fr;q=0.7', 'en'],
    ['en;q=0.2, fr-CH;q=0.9, *;q=0.1', 'fr'],
    ['fr;q=0, es', 'es'],
    ['zh-TW,zh;q=0.9', 'zh-Hant'],
    ['zh-Hant-HK', 'zh-Hant'],
    ['zh-CN', 'zh-Hans'],
    ['zh', 'zh-Hans'],
    ['pt-PT', 'pt-BR'],
    ['ar-EG', 'ar'],
    ['xx', 'en'],
    ['*', 'en'],
    ['', 'en'],
    ['=;,;q=nonsense', 'en'],
    [`de,${'x'.repeat(5000)}`, 'en'],
  ])('that accepts %j is %s', (accept, language) => {
    expect(visitor({ 'Accept-Language': accept })).toBe(language)
  })

  it('is the one in the URL, if we have it', () => {
    const german = { 'Accept-Language': 'de' }
    expect(visitor(german, '?a=1&lang=ja')).toBe('ja')
    expect(visitor(german, '?lang=pt_BR')).toBe('pt-BR')
    expect(visitor(german, '?lang=klingon')).toBe('de')
    expect(visitor(german, '?slang=ja')).toBe('de')
  })

  it('is found for short tags only, since shortening a long one part by part takes quadratic time', () => {
    const long = `de${'-a'.repeat(50)}`
    expect(languageOf('de-DE-1996')).toBe('de')
    expect(languageOf(long)).toBeUndefined()
    expect(visitor({ Cookie: `waiting-room-_lang=${long}` }, `?lang=${long}`)).toBe('en')
  })

  it('is the one picked on the page before all others', () => {
    const headers = { Cookie: 'a=b; waiting-room-_lang=hi; c=d', 'Accept-Language': 'de' }
    expect(visitor(headers, '?lang=ja')).toBe('hi')
    expect(visitor({ ...headers, Cookie: 'waiting-room-_lang=nonsense' }, '')).toBe('de')
  })

  it('is undefined for text that is not a tag', () => {
    for (const tag of ['', '-', 'e', '../en', '__proto__', 'constructor']) expect(languageOf(tag)).toBeUndefined()
  })
})
