/**
 * What the pages can say, in any language: one file per language beside this one, and nothing that people read anywhere
 * else. `{name}` is filled in; numbers, times and durations come from `Intl`.
 */
import type { PageState } from '../../status.ts'

/** One text per plural category of the language. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string }

export interface StateTexts {
  /** Of the browser's tab. `{position}`. */
  readonly title: string
  readonly heading: string
  readonly lead: string
  /** Label of the link to the site; absent: no link. */
  readonly action?: string
}

/** Used by the server for the first view and by the page's script for every later one. */
export interface LiveTexts {
  readonly states: Readonly<Record<PageState, StateTexts>>
  /** `{n}` people. */
  readonly ahead: Plural
  readonly inLine: Plural
  /** Instead of `ahead` where nobody is. */
  readonly next: string
  readonly wait: {
    readonly unknown: string
    readonly paused: string
    readonly soon: string
    /** `{high}` and `{low}` as in "7 minutes" and "4". */
    readonly upTo: string
    readonly about: string
    readonly range: string
  }
  /** The clock time of admission. */
  readonly around: string
  readonly between: string
  readonly joined: string
  readonly updated: string
  /** How long the place is kept while the connection is lost: `{time}` as in "5 minutes". */
  readonly kept: string
  readonly maybeGone: string
  /** Of a closed line: `{time}` is day and time. */
  readonly opens: string
  /** Too many newcomers from one network. */
  readonly limited: string
  /** For screen readers. `{position}` and `{wait}`. */
  readonly announce: string
  /** Why the estimate or the position rose. */
  readonly returned: string
  readonly slower: string
  /** `{number}`: of two tickets one was kept; the old one was lost. */
  readonly betterTicket: string
  readonly newTicket: string
  readonly cookies: string
  readonly leaveFailed: string
  readonly noNotifications: string
}

/** Used by the server alone. */
export interface FrameTexts {
  readonly position: string
  readonly wait: string
  readonly progress: string
  readonly ticket: string
  readonly message: string
  readonly language: string
  readonly callMe: string
  readonly callMeHow: string
  readonly noReload: string
  readonly noScript: string
  readonly refresh: string
  /** A form was sent and answered by the line. */
  readonly notSent: string
  readonly howTitle: string
  readonly how: readonly [string, string, string, string, string]
  readonly leave: string
  readonly leaveAsk: string
  readonly leaveYes: string
}

interface PlainTexts {
  readonly title: string
  readonly text: string
  readonly link?: string
}

/** The small pages. */
export interface SmallPageTexts {
  readonly framed: PlainTexts
  readonly originDown: PlainTexts
  readonly originSlow: PlainTexts
  /** Added to the two above for who is on the site. */
  readonly sessionKept: string
  readonly notConfigured: PlainTexts
  readonly left: PlainTexts
  readonly foreign: PlainTexts
  readonly unreachable: PlainTexts
  /** A page that reloaded itself without JavaScript came without a ticket. */
  readonly noTicket: PlainTexts
  /** A form came from a visitor without a ticket. */
  readonly undelivered: PlainTexts
  /** A form of ours has a body that makes no sense. */
  readonly unreadable: PlainTexts
  readonly unknownLanguage: PlainTexts
  /** Label of the link on pages that refuse something. */
  readonly back: string
}

export interface Messages {
  /** The language's name for itself. */
  readonly name: string
  readonly dir: 'ltr' | 'rtl'
  readonly live: LiveTexts
  readonly frame: FrameTexts
  readonly plain: SmallPageTexts
}
