/**
 * What a room's waiting page looks like: the default, or what the room's settings make of it. Made once for each room, so
 * that its objects are constants to the compiled template.
 */

import style from '../../public/waiting-room.min.css'
import script from '../../public/waiting-room.min.js'
import type { Language } from './languages.ts'
import { messages } from './messages/index.ts'
import type { FrameTexts, LiveTexts } from './messages/messages.ts'

/** The texts of the page's frame, and those of its script as JSON. */
export type LookTexts = FrameTexts & { readonly name: string; readonly live: string }

export interface Look {
  /** The site's; null: its host. */
  readonly name: string | null
  /** A data URL; empty: none. */
  readonly logo: string
  /** More CSS, which sets the colours. */
  readonly colours: string
  readonly style: string
  readonly script: string
  /** Null: the default. */
  readonly template: string | null
  /** The same object for each call. */
  live(language: Language): LiveTexts
  texts(language: Language): LookTexts
}

function textsAsTheyAre(language: Language): LookTexts {
  let made = madeTexts.get(language)
  if (made === undefined) {
    const { frame, live, name } = messages[language]
    made = { ...frame, name, live: jsonForScript(live) }
    madeTexts.set(language, made)
  }
  return made
}
const madeTexts = new Map<Language, LookTexts>()

export const DEFAULT_LOOK: Look = {
  name: null,
  logo: '',
  colours: '',
  style,
  script,
  template: null,
  live: (language) => messages[language].live,
  texts: textsAsTheyAre,
}

/** In a script element `<` could end it or open a comment; in JSON it may be written as an escape. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
