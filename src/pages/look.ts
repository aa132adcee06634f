/**
 * What a room's waiting page looks like: the default, and what the room's settings make of it. Made once for each room, so
 * that its objects are constants to the compiled template. Reads no file: looks.ts does.
 */

import style from '../../public/waiting-room.min.css'
import script from '../../public/waiting-room.min.js'
import type { Language } from '../languages.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { PageState } from '../status.ts'
import { accentStyle } from './colours.ts'
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
  readonly defaultLanguage: Language
  /** The same object for each call. */
  live(language: Language): LiveTexts
  texts(language: Language): LookTexts
}

type OwnTexts = RoomSettings['texts']

export interface LookFiles {
  readonly template: string | null
  /** A data URL. */
  readonly logo: string | null
}

export const DEFAULT_LOOK: Look = {
  name: null,
  logo: '',
  colours: '',
  style,
  script,
  template: null,
  defaultLanguage: 'en',
  ...textsWith(undefined),
}

/** The look by a room's settings, with the files that they name. */
export function lookOf(room: RoomSettings, files: LookFiles): Look {
  const { accent, accent_dark } = room
  return {
    ...DEFAULT_LOOK,
    name: room.site_name ?? null,
    logo: files.logo ?? '',
    colours: accent === undefined ? '' : accentStyle(accent, accent_dark),
    template: files.template === null ? null : withNonces(files.template),
    defaultLanguage: room.default_language,
    ...(room.texts === undefined ? {} : textsWith(room.texts)),
  }
}

/** Scripts and styles of a template made elsewhere know nothing of our policy, which lets in what carries the nonce. */
function withNonces(template: string): string {
  return template.replace(/<(script|style)\b(?![^>]*\bnonce\s*=)/gi, '<$1 nonce="{{nonce}}"')
}

function textsWith(own: OwnTexts): Pick<Look, 'live' | 'texts'> {
  const lives = new Map<Language, LiveTexts>()
  const frames = new Map<Language, LookTexts>()
  const live = (language: Language) => {
    const made = lives.get(language) ?? withOwn(messages[language].live, own?.[language])
    lives.set(language, made)
    return made
  }
  const texts = (language: Language) => {
    const { frame, name } = messages[language]
    const made = frames.get(language) ?? { ...frame, name, live: jsonForScript(live(language)) }
    frames.set(language, made)
    return made
  }
  return { live, texts }
}

/** `own`: by "waiting.heading". */
function withOwn(live: LiveTexts, own: Readonly<Record<string, string>> = {}): LiveTexts {
  const states = { ...live.states }
  for (const [path, text] of Object.entries(own)) {
    const [state, part] = path.split('.') as [PageState, string]
    states[state] = { ...states[state], [part]: text }
  }
  return { ...live, states }
}

/** In a script element `<` could end it or open a comment; in JSON it may be written as an escape. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
