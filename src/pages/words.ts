/**
 * The words of a language: its texts, and its forms of numbers, times and plurals. This module runs
 * on both sides, the server and the page, so it uses no platform types but `Intl`.
 */

import type { LiveTexts, Plural } from './messages/messages.ts'

/** A language's texts with its numbers, times and plurals. */
export interface Words {
  readonly texts: LiveTexts
  number(value: number): string
  /** `{n}` is the number itself. */
  plural(texts: Plural, n: number): string
  /** "7 minutes", "2 hours", "45 seconds". */
  duration(value: number, unit: 'second' | 'minute' | 'hour' | 'day'): string
  clock(ms: number): string
  clockWithSeconds(ms: number): string
  /** With the time zone. */
  dayAndClock(ms: number): string
}

/**
 * `timeZone`: default the reader's own. UTC is named in the texts, since it is not the reader's
 * own.
 */
export function wordsOf(texts: LiveTexts, timeZone?: string): Words {
  const { locale: lang } = texts
  const number = new Intl.NumberFormat(lang)
  const rules = pluralRules(lang)
  const zone = timeZone === undefined ? {} : { timeZone }
  const named = timeZone === 'UTC' ? { timeZoneName: 'short' as const } : {}
  const clock = new Intl.DateTimeFormat(lang, { ...zone, ...named, hour: 'numeric', minute: '2-digit' })
  const exact = new Intl.DateTimeFormat(lang, {
    ...zone,
    ...named,
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
  })
  const day = new Intl.DateTimeFormat(lang, {
    ...zone,
    // Hours or days ahead, readers may be elsewhere.
    timeZoneName: 'short',
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: 'numeric',
    minute: '2-digit',
  })
  const units = new Map<string, Pick<Intl.NumberFormat, 'format'>>()
  return {
    texts,
    number: (value) => number.format(value),
    plural: (forms, n) => fill(forms[rules.select(n)] ?? forms.other, { n: number.format(n) }),
    duration(value, unit) {
      let format = units.get(unit)
      if (format === undefined) {
        format = unitFormat(lang, unit)
        units.set(unit, format)
      }
      return format.format(value)
    },
    clock: (ms) => unbroken(clock.format(ms)),
    clockWithSeconds: (ms) => exact.format(ms),
    dayAndClock: (ms) => day.format(ms),
  }
}

/** Safari 12 has no plural rules. */
function pluralRules(lang: string): Pick<Intl.PluralRules, 'select'> {
  return Intl.PluralRules === undefined ? { select: () => 'other' } : new Intl.PluralRules(lang)
}

/** The symbols that all languages share. */
const UNIT_SYMBOLS = { second: 's', minute: 'min', hour: 'h', day: 'd' } as const

function unitFormat(lang: string, unit: keyof typeof UNIT_SYMBOLS): Pick<Intl.NumberFormat, 'format'> {
  try {
    return new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' })
  } catch {
    // Chrome 76, Firefox 77, Safari 14.0 and older format no units.
    const number = new Intl.NumberFormat(lang)
    return { format: (value) => `${number.format(value)}\u00a0${UNIT_SYMBOLS[unit]}` }
  }
}

/** "3:29 PM" stays on one line. */
export function unbroken(text: string): string {
  return text.replace(/\s/g, '\u00a0')
}

/** Replaces each `{name}` by its value. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}
