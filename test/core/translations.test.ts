/** The texts of each language use the terms of the glossary in docs/translations.md. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Language } from '../../src/languages.ts'
import { messages } from '../../src/pages/messages/index.ts'

const DOCUMENT = readFileSync(new URL('../../docs/translations.md', import.meta.url), 'utf8')
const rows = [...DOCUMENT.matchAll(/^\| (\w\w(?:-\w+)?) \|(.*)\|$/gm)].map(([, tag, cells = '']) => {
  const [, line, place, room, not] = cells.split('|').map((cell) => cell.trim().split(', '))
  return { tag: tag as Language, line, place, room, not } as Row
})

interface Row {
  readonly tag: Language
  readonly line: readonly string[]
  readonly place: readonly string[]
  readonly room: readonly string[]
  readonly not: readonly string[]
}

const texts = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Object.values(value as object).flatMap(texts)
const names = (text: string, terms: readonly string[]) =>
  terms.some((term) => text.toLowerCase().includes(term.toLowerCase()))

it('the glossary has a row for each language', () => {
  expect(rows.map(({ tag }) => tag).sort()).toEqual(Object.keys(messages).sort())
})

describe.each(rows)('$tag', ({ tag, line, place, room, not }) => {
  const { states } = messages[tag].live

  it('uses one term for the line, the place and the waiting room', () => {
    for (const state of ['full', 'closed', 'left'] as const)
      expect(names(states[state].heading, line), state).toBe(true)
    for (const state of ['left', 'expired', 'moved'] as const)
      expect(names(`${states[state].heading} ${states[state].lead}`, place), state).toBe(true)
    expect(names(states.lost.lead, room)).toBe(true)
  })

  it('uses no other term, and one form of address', () => {
    for (const text of texts(messages[tag])) {
      for (const word of not) {
        // Scripts without spaces or with joined letters have no word boundaries.
        const isLatin = /^\p{Script=Latin}+$/u.test(word)
        const found = new RegExp(isLatin ? `(?<!\\p{L})${word}(?!\\p{L})` : word, 'u')
        expect(text).not.toMatch(found)
      }
    }
  })
})
