/** The texts of every language: complete, translated, with all plural forms. */
import { describe, expect, it } from 'vitest'
import { messages } from '../../src/pages/messages/index.ts'

type Texts = Readonly<Record<string, string>>

/** Every text by its path: "live.states.waiting.title". */
function flat(value: unknown, path = ''): Texts {
  if (typeof value === 'string') return { [path]: value }
  return Object.assign(
    {},
    ...Object.entries(value as object).map(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`)),
  )
}

const PLURALS = ['live.ahead', 'live.inLine']
const isPlural = (path: string) => PLURALS.some((plural) => path.startsWith(`${plural}.`))
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()

/** Texts that may equal the English ones: the direction of the script. */
const SAME_AS_ENGLISH: Readonly<Record<string, readonly string[]>> = {
  de: ['dir'],
  es: ['dir'],
  fr: ['dir'],
  hi: ['dir'],
  it: ['dir'],
  ja: ['dir'],
  ko: ['dir'],
  'pt-BR': ['dir'],
  'zh-Hans': ['dir'],
  'zh-Hant': ['dir'],
}

const english = flat(messages.en)

it('there are at least twelve languages', () => {
  const tags = ['en', 'ko', 'ja', 'zh-Hans', 'zh-Hant', 'es', 'fr', 'de', 'pt-BR', 'it', 'ar', 'hi']
  expect(Object.keys(messages)).toEqual(expect.arrayContaining(tags))
})

describe.each(Object.entries(messages))('%s', (tag, language) => {
  const texts = flat(language)

  it('has the same texts as English', () => {
    const own = (all: Texts) => Object.keys(all).filter((path) => !isPlural(path))
    expect(own(texts).sort()).toEqual(own(english).sort())
    for (const [path, text] of Object.entries(texts)) expect(text.trim(), path).not.toBe('')
  })

  it('translates every text', () => {
    if (tag === 'en') return
    const same = Object.keys(texts).filter((path) => texts[path] === english[path])
    expect(same).toEqual(SAME_AS_ENGLISH[tag] ?? [])
  })

  it.each(PLURALS)('has a text for each of its plural categories: %s', (plural) => {
    const forms = Object.keys(texts).filter((path) => path.startsWith(`${plural}.`))
    const { pluralCategories } = new Intl.PluralRules(tag).resolvedOptions()
    expect(forms.map((path) => path.slice(plural.length + 1)).sort()).toEqual([...pluralCategories].sort())
    expect(texts[`${plural}.other`]).toContain('{n}')
  })

  it('has the placeholders of English', () => {
    for (const [path, text] of Object.entries(texts)) {
      if (!isPlural(path)) expect(placeholders(text), path).toEqual(placeholders(english[path] as string))
    }
  })

  it('is written in the direction of its script', () => {
    const isRightToLeft = /\p{Script=Arabic}|\p{Script=Hebrew}/u.test(language.live.states.waiting.heading)
    expect(language.dir).toBe(isRightToLeft ? 'rtl' : 'ltr')
  })

  it('has each heading in the script of the language', () => {
    const scripts: Readonly<Record<string, RegExp>> = {
      ar: /^[\p{Script=Arabic}\p{M}\s\p{P}]+$/u,
      hi: /^[\p{Script=Devanagari}\s\p{P}]+$/u,
      ja: /[\p{Script=Hiragana}\p{Script=Katakana}]/u,
      ko: /\p{Script=Hangul}/u,
      'zh-Hans': /^[\p{Script=Han}\s\p{P}]+$/u,
      'zh-Hant': /^[\p{Script=Han}\s\p{P}]+$/u,
    }
    const script = scripts[tag] ?? /^[\p{Script=Latin}\s\p{P}]+$/u
    for (const { heading } of Object.values(language.live.states)) expect(heading).toMatch(script)
  })
})

it('Arabic has all six plural categories', () => {
  expect(Object.keys(messages.ar.live.ahead)).toHaveLength(6)
})
