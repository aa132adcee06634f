/**
 * The texts of the pages. Each language has a file beside this one. `{name}` is a placeholder;
 * numbers, times and durations come from `Intl`.
 */
import type { PageState } from '../../status.ts'

/** One text per plural category of the language. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string }

/** During an event, each may name it: `{event}`, and its start: `{date}` with day, `{time}`. */
export interface StateTexts {
  /** The tab's title. `{position}`. */
  readonly title: string
  readonly heading: string
  readonly lead: string
  /** Label of the link to the site; absent: no link. */
  readonly action?: string
}

/** The server renders the first view with them, the page's script every later one. */
export interface LiveTexts {
  /** Of numbers and times. It names the numbering system, on which browsers and servers differ. */
  readonly locale: string
  readonly states: Readonly<Record<PageState, StateTexts>>
  /** `{n}` people. */
  readonly ahead: Plural
  readonly inLine: Plural
  /** In place of `ahead` if nobody is ahead. */
  readonly next: string
  readonly wait: {
    readonly unknown: string
    readonly paused: string
    readonly soon: string
    /** `{high}` as in "7 minutes", `{low}` as in "4". */
    readonly upTo: string
    readonly about: string
    readonly range: string
  }
  /** The clock time of admission. */
  readonly around: string
  readonly between: string
  readonly joined: string
  readonly updated: string
  /** While the connection is lost. `{time}` as in "5 minutes". */
  readonly kept: string
  readonly maybeGone: string
  /** For a closed line. `{time}` is day and time. */
  readonly opens: string
  /** Too many joins from one network. */
  readonly limited: string
  /** In a lobby with a draw. `{time}` is the start. */
  readonly drawn: string
  /** The label of the countdown: to the start of an event, to the opening of a closed line. */
  readonly startsIn: string
  readonly opensIn: string
  /** ... and of the time for which the slot of a called visitor is held. */
  readonly heldFor: string
  /** In place of the lead of `expired`: nobody came in while the slot was held. */
  readonly missed: string
  /** In place of the countdown once it is over. */
  readonly starting: string
  /** After the draw. `{rank}` and `{entries}`. */
  readonly rank: string
  /** For screen readers. `{position}` and `{wait}`. */
  readonly announce: string
  /** Why the estimate or the position rose. */
  readonly returned: string
  readonly slower: string
  /** One of two tickets was kept, or a ticket was lost. `{number}`. */
  readonly betterTicket: string
  readonly newTicket: string
  readonly cookies: string
  /** In place of the lead of `admitted`: another tab goes to the site. */
  readonly otherTab: string
  readonly leaveFailed: string
  readonly noNotifications: string
}

/** Only the server uses them. */
export interface FrameTexts {
  readonly position: string
  readonly wait: string
  readonly progress: string
  readonly ticket: string
  readonly entry: string
  readonly drawTitle: string
  readonly drawHow: string
  readonly drawLink: string
  readonly message: string
  readonly language: string
  readonly callMe: string
  readonly callMeHow: string
  readonly noReload: string
  readonly noScript: string
  readonly refresh: string
  /** A form was sent and did not reach the site. */
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

/** Texts of the check page about the proof of work. */
interface WorkTexts {
  readonly text: string
  /** `{percent}` has its sign. */
  readonly progress: string
  /** For visitors without JavaScript, or when the work takes long; `slowLink` is the button. */
  readonly slow: string
  readonly slowLink: string
}

/** Texts of the pages in plain-page.ts. */
export interface SmallPageTexts {
  readonly framed: PlainTexts
  readonly originDown: PlainTexts
  readonly originSlow: PlainTexts
  /** Added to the two above for visitors who are on the site. */
  readonly sessionKept: string
  readonly notConfigured: PlainTexts
  readonly left: PlainTexts
  readonly foreign: PlainTexts
  readonly unreachable: PlainTexts
  /** A page that reloads without JavaScript sent no ticket. */
  readonly noTicket: PlainTexts
  /** A form came from a visitor without a ticket. */
  readonly undelivered: PlainTexts
  /** The body of one of our own forms is malformed. */
  readonly unreadable: PlainTexts
  readonly unknownLanguage: PlainTexts
  /** The check before joining; `link` sends it by hand. */
  readonly check: PlainTexts
  readonly checkScript: string
  readonly checkFailed: PlainTexts
  readonly checkLater: PlainTexts
  readonly work: WorkTexts
  /** The solution was wrong or too late. */
  readonly workFailed: PlainTexts
  /** Newcomers need an access key, and this one has none. */
  readonly keyNeeded: PlainTexts
  /** An access key that does not count, with the reason; `link` joins without it. */
  readonly keyRefused: {
    readonly title: string
    readonly used: string
    readonly revoked: string
    readonly expired: string
    readonly invalid: string
    readonly link: string
  }
  /** Another device holds the place. `{number}`; `link` takes the place over. */
  readonly taken: PlainTexts
  /** The link on pages that refuse a request. */
  readonly back: string
}

/** Texts of the page about the draws of a room. */
export interface DrawTexts {
  readonly title: string
  /** The room has no draw. */
  readonly none: string
  /** `{time}` is day and time of the start. */
  readonly planned: string
  /** `{time}` is day and time of the draw. */
  readonly made: string
  /** With public randomness: before the draw, and after it. */
  readonly beaconFixed: string
  readonly beaconUsed: string
  readonly beaconFailed: string
  readonly noBeacon: string
  /** `{command}`. */
  readonly verify: string
  readonly json: string
}

export interface Messages {
  /** The language's name for itself. */
  readonly name: string
  readonly dir: 'ltr' | 'rtl'
  readonly live: LiveTexts
  readonly frame: FrameTexts
  readonly plain: SmallPageTexts
  readonly draw: DrawTexts
}
