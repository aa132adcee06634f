/** The public page about the draws of a room: what was promised and drawn, and how to check it. */

import { cacheSet } from '../cache.ts'
import type { BeaconRound } from '../core/beacon-rounds.ts'
import type { DrawResult } from '../core/draw-result.ts'
import type { Language } from '../languages.ts'
import { TIME_ZONES_MAX } from '../limits.ts'
import { messages } from './messages/index.ts'
import type { DrawTexts, Messages } from './messages/messages.ts'
import { type Fact, type PlainSection, renderPlainPage } from './plain-page.ts'
import { fill, type Words, wordsOf } from './words.ts'

const VERIFY_COMMAND = '"npm run verify-draw -- FILE"'
const VERIFY_FILES = 'docs/draw.md, examples/verify-draw.mjs'

/** A draw that is still to be made. */
export interface PlannedDraw {
  readonly name: string
  readonly phase: 'lobby' | 'drawing'
  readonly startAtMs: number
  readonly commitment: string
  readonly beacon: BeaconRound | null
}

export interface DrawPage {
  readonly planned: PlannedDraw | null
  /** Newest first. */
  readonly made: readonly DrawResult[]
  /** Of events, by id. */
  readonly names: ReadonlyMap<string, string>
  readonly own: OwnEntry | null
  readonly jsonUrl: string
  readonly language: Language
  readonly timeZone?: string | undefined
}

/** The visitor's own entry. */
export interface OwnEntry {
  /** The number that it was issued with. */
  readonly entry: number
  /** Null: the draw is still to be made. */
  readonly draw: DrawResult | null
  /** 1 is the first; null until the draw is made. */
  readonly rank: number | null
}

export function renderDrawPage(page: DrawPage): string {
  const { planned, made, names, own, jsonUrl, language, timeZone = 'UTC' } = page
  const texts = messages[language]
  const words = wordsIn(language, timeZone)
  const ownOf = (draw: DrawResult | null) => (own === null || own.draw !== draw ? [] : ownLines(own, texts, words))
  const sections = [
    ...(planned === null ? [] : [plannedSection(planned, texts, words, ownOf(null))]),
    ...made.map((draw) => ({
      title: names.get(draw.event) ?? draw.event,
      ...madeSection(draw, texts.draw, words, ownOf(draw)),
    })),
  ]
  const { title, none, verify, json } = texts.draw
  if (sections.length === 0) return renderPlainPage({ title, text: none, language })
  return renderPlainPage({
    title,
    text: '',
    sections,
    closing: made.length === 0 ? '' : `${fill(verify, { command: VERIFY_COMMAND })}\n${VERIFY_FILES}`,
    link: { href: jsonUrl, label: json },
    language,
  })
}

function plannedSection(planned: PlannedDraw, texts: Messages, words: Words, own: readonly string[]): PlainSection {
  const { name, phase, startAtMs, commitment, beacon } = planned
  const { heading, lead } = texts.live.states.drawing
  const { draw } = texts
  const course =
    phase === 'drawing' ? `${heading}. ${lead}` : fill(draw.planned, { time: words.dayAndClock(startAtMs) })
  return {
    title: name,
    text: [...own, course, beacon === null ? draw.noBeacon : draw.beaconFixed].join('\n'),
    facts: [{ name: 'commitment', value: commitment }, ...beaconFacts(beacon)],
  }
}

function madeSection(
  draw: DrawResult,
  texts: DrawTexts,
  words: Words,
  own: readonly string[],
): Omit<PlainSection, 'title'> {
  const { commitment, secret, beacon, randomness, seed, run, first, end, ahead } = draw
  const used = randomness !== null ? texts.beaconUsed : beacon === null ? texts.noBeacon : texts.beaconFailed
  return {
    text: [...own, fill(texts.made, { time: words.dayAndClock(draw.drawnAtMs) }), used].join('\n'),
    facts: [
      ...Object.entries({ commitment, secret, randomness: randomness ?? '–' }).map(fact),
      ...beaconFacts(beacon),
      ...Object.entries({ seed, run, first, end, ahead }).map(fact),
    ],
  }
}

function beaconFacts(beacon: BeaconRound | null): Fact[] {
  if (beacon === null) return []
  const { url, hash, round } = beacon
  return Object.entries({ 'beacon.url': url, 'beacon.hash': hash, 'beacon.round': round }).map(fact)
}

/** A field as it is named in the JSON. */
function fact([name, value]: readonly [string, string | number]): Fact {
  return { name, value: String(value) }
}

function ownLines({ entry, draw, rank }: OwnEntry, { frame, live }: Messages, words: Words) {
  const lines = [`${frame.entry}: ${words.number(entry)}`]
  if (draw === null || rank === null) return lines
  const entries = words.number(draw.end - draw.first)
  return [...lines, fill(live.rank, { rank: words.number(rank), entries })]
}

/** A formatter takes longer to make than the rest of the page. */
const knownWords = new Map<string, Words>()

function wordsIn(language: Language, timeZone: string): Words {
  const key = `${language} ${timeZone}`
  let words = knownWords.get(key)
  if (words === undefined) {
    words = wordsOf(messages[language].live, timeZone)
    cacheSet(knownWords, TIME_ZONES_MAX, key, words)
  }
  return words
}
