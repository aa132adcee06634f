/** The header `If-Match` as RFC 9110, section 13.1.1, has it. */

/** Opaque tags hold no double quote, but may hold a comma. */
const ENTITY_TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g

/**
 * `any`: whatever the state is. `tags`: the strong ones, any of which may match; weak ones never do, so there may be none.
 * `malformed`: not a list of entity tags.
 */
export type IfMatch =
  | { readonly kind: 'any' }
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'malformed' }

export function parseIfMatch(header: string): IfMatch {
  if (header.trim() === '*') return { kind: 'any' }
  const found = [...header.matchAll(ENTITY_TAG)]
  const between = header.replace(ENTITY_TAG, '')
  if (found.length === 0 || !/^[\s,]*$/.test(between)) return { kind: 'malformed' }
  return { kind: 'tags', tags: found.filter(([, weak]) => weak === undefined).map(([, , tag = '']) => tag) }
}
