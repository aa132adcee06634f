/**
 * Which language a visitor reads: the one picked on the page, else the one that the URL asks for, else by `Accept-Language`.
 */
import Negotiator from 'negotiator'
import { cacheSet } from '../cache.ts'
import { LANG_COOKIE } from '../http/paths.ts'
import { ACCEPT_LANGUAGE_MAX_CHARS, LANGUAGE_CHOICES_MAX, LANGUAGE_TAG_MAX_CHARS } from '../limits.ts'
import { messages } from './messages/index.ts'

/** A key of `messages`. */
export type Language = keyof typeof messages

export const LANGUAGES = Object.keys(messages) as readonly Language[]

export const DEFAULT_LANGUAGE: Language = 'en'

/** Scripts and regions that stand for one of ours: "zh-TW" is written in traditional characters. */
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

/** Our language for a language tag ("de-AT", "zh_TW"), undefined where we have none. */
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

/** `search`: the query of the URL; an origin's own `lang` parameter says what its visitor reads, and stays as it is. */
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

/** What headers were found to mean: browsers send few different ones. */
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

/** By q-values, each tag in turn: "fr-CH" is French. */
function negotiated(header: string): Language | null {
  for (const tag of new Negotiator({ headers: { 'accept-language': header } }).languages()) {
    if (tag === '*') return null
    const language = languageOf(tag)
    if (language !== undefined) return language
  }
  return null
}
