/**
 * The languages of the pages, and which one a visitor reads: the one picked on the page, else the
 * one in the URL, else by `Accept-Language`.
 */
import Negotiator from 'negotiator'
import { cacheSet } from './cache.ts'
import { LANG_COOKIE } from './http/paths.ts'
import { ACCEPT_LANGUAGE_MAX_CHARS, LANGUAGE_CHOICES_MAX, LANGUAGE_TAG_MAX_CHARS } from './limits.ts'

/** In the order of the page's picker. */
export const LANGUAGES = ['en', 'ar', 'de', 'es', 'fr', 'hi', 'it', 'ja', 'ko', 'pt-BR', 'zh-Hans', 'zh-Hant'] as const

export type Language = (typeof LANGUAGES)[number]

export const DEFAULT_LANGUAGE: Language = 'en'

/**
 * Tags without a script or with a region that we map to a language: "zh-TW" is written in
 * traditional characters.
 */
const ALIASES: readonly (readonly [string, Language])[] = [
  ['zh', 'zh-Hans'],
  ['zh-cn', 'zh-Hans'],
  ['zh-sg', 'zh-Hans'],
  ['zh-tw', 'zh-Hant'],
  ['zh-hk', 'zh-Hant'],
  ['zh-mo', 'zh-Hant'],
  ['pt', 'pt-BR'],
]

const BY_TAG = new Map<string, Language>([
  ...LANGUAGES.map((language) => [language.toLowerCase(), language] as const),
  ...ALIASES,
])

/** The language for a tag such as "de-AT" or "zh_TW"; undefined if we do not have it. */
export function languageOf(tag: string): Language | undefined {
  if (tag.length > LANGUAGE_TAG_MAX_CHARS) return undefined
  const parts = tag.toLowerCase().replaceAll('_', '-').split('-')
  while (parts.length > 0) {
    const language = BY_TAG.get(parts.join('-'))
    if (language !== undefined) return language
    parts.pop()
  }
  return undefined
}

/**
 * `search`: the query of the URL. A `lang` parameter of the site itself counts, and stays in the
 * URL.
 */
export function languageOfVisitor(headers: Headers, search: string, fallback: Language = DEFAULT_LANGUAGE): Language {
  const picked = languageOf(pickedLanguage(headers))
  if (picked !== undefined) return picked
  const asked = search.includes('lang=') ? languageOf(new URLSearchParams(search).get('lang') ?? '') : undefined
  return asked ?? acceptedLanguage(headers.get('Accept-Language'), fallback)
}

function pickedLanguage(headers: Headers): string {
  const cookies = headers.get('Cookie')
  if (cookies === null || !cookies.includes(LANG_COOKIE)) return ''
  const name = `${LANG_COOKIE}=`
  const pair = cookies.split(';').find((one) => one.trim().startsWith(name))
  return pair?.trim().slice(name.length) ?? ''
}

/** By header: browsers send few different ones. Null: none of our languages. */
const accepted = new Map<string, Language | null>()

function acceptedLanguage(header: string | null, fallback: Language): Language {
  if (header === null || header.length > ACCEPT_LANGUAGE_MAX_CHARS) return fallback
  let language = accepted.get(header)
  if (language === undefined) {
    language = negotiated(header)
    cacheSet(accepted, LANGUAGE_CHOICES_MAX, header, language)
  }
  return language ?? fallback
}

/** By q-value. "fr-CH" is French. */
function negotiated(header: string): Language | null {
  for (const tag of new Negotiator({ headers: { 'accept-language': header } }).languages()) {
    if (tag === '*') return null
    const language = languageOf(tag)
    if (language !== undefined) return language
  }
  return null
}
