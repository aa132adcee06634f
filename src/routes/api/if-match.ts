/** The condition of a change: `If-Match` with the entity tag that the change is based on. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import type { Parameter } from './operation.ts'

export const IF_MATCH_PARAMETER: Parameter = {
  in: 'header',
  required: true,
  description: 'The ETag that the change is based on (any of several may match; weak ones never do), or `*` for any.',
  schema: v.string(),
  example: '"3-811c9dc5"',
}

export const IF_MATCH_REFUSALS: Readonly<Record<number, string>> = {
  412: 'Someone else has made a change: read again.',
  428: 'If-Match is missing.',
}

/** The description of the header of an answer with an entity tag. */
export const ETAG = { ETag: 'The entity tag. Send it as If-Match with the next change.' }

/**
 * Headers with an entity tag. `no-transform`: compression by a proxy would weaken the tag, and weak
 * tags never match.
 */
export function tagHeaders(etag: string) {
  return { ETag: `"${etag}"`, 'Cache-Control': 'no-store, no-transform' }
}

/**
 * The tags of `If-Match`, null for any, or a refusal.
 * @param isRequired without it, a missing header counts as any
 */
export function readIfMatch(c: Context<AppEnv>, isRequired = true): readonly string[] | null | Response {
  const header = c.req.header('If-Match')
  if (header === undefined) {
    if (!isRequired) return null
    return problem(428, 'If-Match is required', 'Read first, and send the ETag as If-Match with the change.')
  }
  const match = parseIfMatch(header)
  if (match.kind === 'malformed') {
    return problem(400, 'Bad If-Match', 'Send the ETag with its double quotes, or * for any.')
  }
  return match.kind === 'any' ? null : match.tags
}

export function changedMeanwhile(etag: string): Response {
  return problem(412, 'Changed meanwhile', 'Read again, and send the new ETag as If-Match.', tagHeaders(etag))
}

/** Opaque tags contain no double quote, but may contain a comma. */
const ENTITY_TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g

/**
 * `tags`: the strong entity tags of the header. Weak ones never match, so the list may be empty.
 */
type IfMatch =
  | { readonly kind: 'any' }
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'malformed' }

/** `If-Match` as defined by RFC 9110, section 13.1.1. */
function parseIfMatch(header: string): IfMatch {
  if (header.trim() === '*') return { kind: 'any' }
  const found = [...header.matchAll(ENTITY_TAG)]
  const between = header.replace(ENTITY_TAG, '')
  if (found.length === 0 || !/^[\s,]*$/.test(between)) return { kind: 'malformed' }
  return { kind: 'tags', tags: found.filter(([, weak]) => weak === undefined).map(([, , tag = '']) => tag) }
}
