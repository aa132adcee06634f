/**
 * Conditions of a rule on what a request says: its method, its country, and its cookies, headers
 * and query parameters.
 */
import * as v from 'valibot'
import { matchesPattern } from './patterns.ts'

const FIELDS_MAX = 10
const VALUE_MAX_CHARS = 200
const METHODS_MAX = 10
const COUNTRIES_MAX = 100

/** Names with the patterns of their values. */
export type Fields = readonly (readonly [name: string, pattern: string])[]

/** The parts of a request that these conditions look at. */
export interface FieldFacts {
  readonly url: { readonly search: string }
  readonly request: { readonly method: string; readonly headers: Headers; readonly cf?: unknown }
}

const valueMessage = `must be a text of at most ${VALUE_MAX_CHARS} printable ASCII characters, with at most 5 "*"; "*" alone means any value`
const value = v.pipe(
  v.string(valueMessage),
  v.maxLength(VALUE_MAX_CHARS, valueMessage),
  v.regex(/^[\x20-\x7e]*$/, valueMessage),
  v.check((text) => text.split('*').length <= 6, valueMessage),
)

/** @param kind for the text of a problem, with an example */
const fields = (kind: string, name: RegExp) => {
  const message = `must be a table of ${kind} and values, 1 to ${FIELDS_MAX}`
  return v.pipe(
    v.record(v.pipe(v.string(), v.regex(name, `has a name that is none: ${message}`)), value, message),
    v.check((table) => Object.keys(table).length > 0 && Object.keys(table).length <= FIELDS_MAX, message),
  )
}

const listOf = (each: RegExp, max: number, message: string) =>
  v.pipe(
    v.array(v.pipe(v.string(message), v.regex(each, message)), message),
    v.minLength(1, message),
    v.maxLength(max, message),
  )

const TOKEN = /^[\w!#$%&'*+.^`|~-]{1,64}$/

export const fieldEntries = {
  methods: v.optional(
    listOf(/^[A-Z-]{1,20}$/, METHODS_MAX, `must be a list such as ["GET", "POST"], 1 to ${METHODS_MAX}`),
  ),
  countries: v.optional(
    listOf(
      /^[A-Z][A-Z0-9]$/,
      COUNTRIES_MAX,
      `must be a list of codes such as ["DE", "T1"], 1 to ${COUNTRIES_MAX}; "XX": unknown`,
    ),
  ),
  cookies: v.optional(fields('cookie names', TOKEN)),
  headers: v.optional(fields('header names', TOKEN)),
  query: v.optional(fields('parameter names', /^[\x21-\x7e]{1,64}$/)),
}

/** Headers that make some origins treat a request as one of another method. */
const METHOD_OVERRIDES = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']

/** A preflight counts as the request that it asks for. */
export function matchesMethod(methods: readonly string[], { request }: FieldFacts, inDoubt: boolean): boolean {
  const { method, headers } = request
  if (METHOD_OVERRIDES.some((name) => headers.has(name))) return inDoubt
  const asked = method === 'OPTIONS' ? headers.get('Access-Control-Request-Method') : null
  return methods.includes(asked ?? method)
}

/** As Cloudflare locates the client's address. */
export function matchesCountry(countries: readonly string[], { request }: FieldFacts): boolean {
  const { country } = (request.cf ?? {}) as { country?: unknown }
  return countries.includes(typeof country === 'string' ? country : 'XX')
}

export function matchesCookies(cookies: Fields, { request }: FieldFacts, inDoubt: boolean): boolean {
  const pairs = (request.headers.get('Cookie') ?? '').split(';').map((pair) => pair.trim())
  return cookies.every(([name, pattern]) => {
    const start = `${name}=`
    const values = pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length))
    return anyOrAll(values, pattern, inDoubt)
  })
}

export function matchesHeaders(headers: Fields, { request }: FieldFacts): boolean {
  return headers.every(([name, pattern]) => {
    const text = request.headers.get(name)
    return text !== null && matchesPattern(pattern, text)
  })
}

export function matchesQuery(query: Fields, { url }: FieldFacts, inDoubt: boolean): boolean {
  const parameters = new URLSearchParams(url.search)
  return query.every(([name, pattern]) => anyOrAll(parameters.getAll(name), pattern, inDoubt))
}

/** An origin may read the first or the last of several values. */
function anyOrAll(values: readonly string[], pattern: string, inDoubt: boolean): boolean {
  const matches = (text: string) => matchesPattern(pattern, text)
  return values.length > 0 && (inDoubt ? values.some(matches) : values.every(matches))
}

/** Whether no request with one value for each name can match both. */
export function areDisjoint(one: Fields, other: Fields, key: (name: string) => string): boolean {
  const patterns = new Map(one.map(([name, pattern]) => [key(name), pattern]))
  return other.some(([name, pattern]) => {
    const first = patterns.get(key(name))
    return first !== undefined && first !== pattern && !`${first}${pattern}`.includes('*')
  })
}
