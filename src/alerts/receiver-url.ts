/**
 * The URL of a receiver: what may be sent to at all. Problems never repeat the URL, which may be a secret itself.
 */

import { type NetworkPlace, placeOf } from '../http/hosts.ts'
import { RECEIVER_URL_MAX_CHARS } from './limits.ts'

/** Which addresses that are not public may be sent to. */
export interface AddressRules {
  /** This machine itself, where plain http is allowed, too. */
  readonly allowLoopback: boolean
  /** Private, link-local and the like, by https only: for development. */
  readonly allowPrivate: boolean
}

export type ParsedReceiverUrl =
  | { readonly url: string; readonly problem: null }
  | { readonly url: null; readonly problem: string }

export function parseReceiverUrl(value: unknown, rules: AddressRules): ParsedReceiverUrl {
  if (typeof value !== 'string' || value.length > RECEIVER_URL_MAX_CHARS || !URL.canParse(value)) {
    return { url: null, problem: `must be an https:// URL of at most ${RECEIVER_URL_MAX_CHARS} characters` }
  }
  const url = new URL(value)
  const problem = schemeProblem(url) ?? placeProblem(placeOf(url.hostname), rules)
  return problem === null ? { url: url.href, problem } : { url: null, problem }
}

function schemeProblem(url: URL): string | null {
  const plainAllowed = url.protocol === 'http:' && placeOf(url.hostname) === 'loopback'
  if (url.protocol !== 'https:' && !plainAllowed) return 'must begin with https:// (http:// only for a loopback host)'
  return url.username === '' && url.password === '' ? null : 'must not contain a user or a password'
}

function placeProblem(place: NetworkPlace, rules: AddressRules): string | null {
  switch (place) {
    case 'public':
      return null
    case 'loopback':
      return rules.allowLoopback ? null : 'must not point at this machine itself'
    case 'private':
      return rules.allowPrivate ? null : 'must not point at a private, link-local or otherwise not public address'
  }
}
