/** Shows a status in the page's elements, and announces it to screen readers. */

import { faviconOf, type PageView, progressOf, standsInLine, viewOf } from '../../src/pages/wording.ts'
import { fill, type Words } from '../../src/pages/words.ts'
import type { PageState, Status } from '../../src/status.ts'

/** A page that a screen reader announces at every poll is unusable. */
const ANNOUNCE_EVERY_MS = 20_000

export interface Shown {
  readonly state: PageState
  readonly status: Status
  readonly note: string
  readonly keptSeconds: number
  readonly serverAheadMs: number
  readonly needsCookies: boolean
  readonly entersElsewhere: boolean
  readonly wasCalled: boolean
}

/** Null in a template without this element. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind | null {
  return document.getElementById(id) as Kind | null
}

export function screen(words: Words) {
  let announcedState: PageState | '' = ''
  let announcedMs = 0

  function announce(state: PageState, sentence: string): void {
    const nowMs = performance.now()
    if (state === announcedState && nowMs - announcedMs < ANNOUNCE_EVERY_MS) return
    // The screen reader has just read the page itself.
    if (announcedState !== '') setText('announcer', sentence)
    announcedState = state
    announcedMs = nowMs
  }

  return function show({ status, ...moment }: Shown): PageView {
    const { state } = moment
    const view = viewOf(status, words, { ...moment, nowMs: Date.now() })
    // Screen readers read a title that is written, even if it is the same.
    if (document.title !== view.title) document.title = view.title
    const { dataset } = byId('waiting-room') ?? document.documentElement
    if (dataset.state !== state) dataset.state = state
    for (const [name, text] of Object.entries(view)) if (name !== 'title') setText(name, text)
    const stands = standsInLine(state) && status.number !== null
    const progress = progressOf(status)
    setHidden('figures', view.position === '' && view.countdown === '')
    setHidden('in-order', view.entry !== '')
    setHidden('leave-box', !stands)
    setHidden('call-me-box', !stands || state === 'called')
    setHidden('live', !stands)
    setHidden('reloads', true)
    setHidden('progress-box', progress === null)
    const bar = byId<HTMLProgressElement>('progress')
    if (bar !== null && progress !== null) bar.value = progress
    setIcon(faviconOf(state, status.position))
    announce(state, sentenceOf(state, view))
    return view
  }

  function sentenceOf(state: PageState, { heading, lead, drawn, note, position, wait }: PageView): string {
    if (position !== '' && (state === 'waiting' || state === 'almost'))
      return `${fill(words.texts.announce, { position, wait })} ${note}`
    return `${heading}. ${lead} ${drawn} ${note}`
  }
}

/** An empty text hides the element, or its box if it has one. */
export function setText(id: string, text: string): void {
  const element = byId(id)
  if (element === null) return
  if (element.textContent !== text) element.textContent = text
  if (id !== 'announcer') setHidden(byId(`${id}-box`) === null ? id : `${id}-box`, text === '')
}

function setHidden(id: string, hidden: boolean): void {
  const element = byId(id)
  if (element !== null) element.hidden = hidden
}

function setIcon(href: string): void {
  const icon = document.getElementById('icon') as HTMLLinkElement | null
  if (icon !== null && icon.href !== href) icon.href = href
}
