/** The context of a visit, and its outcomes. */
import type { JoinDetails } from '../core/exchange.ts'
import type { ClaimDetails } from '../core/places.ts'
import type { KeepAlive } from '../room/room-calls.ts'
import type { JoinLimit } from '../room/room-client.ts'
import type { Status } from '../status.ts'
import type { IssueContext, Issued } from './issue.ts'
import type { JoinCheck } from './join-check.ts'
import type { KeyEntry, KeyOutcome, ValidKey } from './key-entry.ts'

export interface VisitContext extends IssueContext {
  readonly keepAlive: KeepAlive
  /** Counts a newcomer; the limit that is reached, or null. */
  readonly joinLimit: () => Promise<JoinLimit | null>
  /** The details of a newcomer for the line. */
  readonly joinDetails: () => Promise<JoinDetails>
  /** Null: newcomers join without a check. Made when needed, since few visitors are newcomers. */
  readonly joinCheck: () => JoinCheck | null
  /** Null: the request presents no access key, and newcomers need none. */
  readonly keyEntry: () => KeyEntry | null
}

/** `keySettled`: the browser's access key has done its work, or never will. */
export type Visit = Outcome & { readonly keySettled?: boolean }

type Outcome =
  | { readonly state: 'admitted'; readonly pass: Issued }
  | { readonly state: 'waiting'; readonly status: Status; readonly ticket: Issued }
  /** The place is gone: the visitor was absent for too long, or left. */
  | { readonly state: 'expired'; readonly status: Status }
  /** The place moved to another device. */
  | { readonly state: 'moved'; readonly status: Status }
  | { readonly state: 'full'; readonly status: Status }
  /** The room accepts no newcomers for now. */
  | { readonly state: 'closed'; readonly status: Status }
  /** The room is off: everyone goes past it. */
  | { readonly state: 'suspended' }
  /** Too many newcomers from one address or network: this one may try again soon. */
  | { readonly state: 'limited'; readonly status: Status }
  /** A newcomer must pass the check before joining. */
  | { readonly state: 'unchecked' }
  /** An access key leads past the room. */
  | { readonly state: 'passed'; readonly key: ValidKey }
  | KeyOutcome
  /** The object does not answer. The presented ticket keeps its place meanwhile. */
  | { readonly state: 'unreachable'; readonly status: Status; readonly ticket: Issued | null }
  /** The request has no token that counts and may not join. */
  | { readonly state: 'no-token' }

export interface VisitOptions {
  /** A visitor without a token that counts gets one. */
  readonly mayJoin: boolean
  /** A newcomer can be shown the page of the check before joining. */
  readonly hasPage?: boolean
  readonly details?: ClaimDetails
  /** The request is a page's own poll, so nobody notices a short delay. */
  readonly isPoll?: boolean
}
