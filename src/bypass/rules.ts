/**
 * Whether a request matches a rule: all conditions of the rule hold. The secret header of a rule is
 * compared in bypass.ts.
 */
import { type ClientAddress, clientAddress } from '../http/client-address.ts'
import { foldedPaths } from '../http/paths.ts'
import type { RequestUrl } from '../http/request-url.ts'
import type { Network, RequestRule } from './bypass-settings.ts'
import {
  areDisjoint,
  type FieldFacts,
  matchesCookies,
  matchesCountry,
  matchesHeaders,
  matchesMethod,
  matchesQuery,
} from './field-conditions.ts'
import { matchesPattern } from './patterns.ts'

/**
 * Encoded control characters, and encoded `# % . / ; ? \`: an origin that decodes once more sees
 * another path.
 */
const HIDDEN_STRUCTURE = /%([01][0-9a-f]|7f|2[35ef]|3[bf]|5c)/i

/** The parts of a request that rules look at. */
export interface RuleFacts extends FieldFacts {
  readonly url: Pick<RequestUrl, 'pathname' | 'canonical' | 'search'>
}

/**
 * Where a request can be read in several ways, the safe answer is that the room covers it: `bypass`
 * matches only if every reading does, `match` if one does. `match-any-case`: for a site that
 * ignores the case of paths.
 */
export type Purpose = 'bypass' | 'match' | 'match-any-case'

export function matchesRule(rule: RequestRule, facts: RuleFacts, purpose: Purpose): boolean {
  return CONDITIONS.every((name) => holds(name, rule, facts, purpose))
}

/** The conditions that a request does not meet, by their keys. */
export function unmetConditions(rule: RequestRule, facts: RuleFacts, purpose: Purpose): string[] {
  return CONDITIONS.filter((name) => !holds(name, rule, facts, purpose))
}

/** The more conditions, the more specific a rule is. */
export function conditionCount(rule: RequestRule): number {
  const { cookies, headers, query, ...others } = rule
  const fields = [cookies, headers, query].reduce((sum, each) => sum + (each?.length ?? 0), 0)
  return fields + Object.values(others).filter((condition) => condition !== null).length
}

/**
 * Whether it is certain that no request matches both rules, except those that can be read in
 * several ways.
 */
export function cannotBothMatch(one: RequestRule, other: RequestRule): boolean {
  const share = (a: readonly string[] | null, b: readonly string[] | null) =>
    a === null || b === null || a.some((each) => b.includes(each))
  return (
    !share(one.methods, other.methods) ||
    !share(one.countries, other.countries) ||
    areDisjoint(one.cookies ?? [], other.cookies ?? [], (name) => name) ||
    areDisjoint(one.headers ?? [], other.headers ?? [], (name) => name.toLowerCase()) ||
    areDisjoint(one.query ?? [], other.query ?? [], (name) => name)
  )
}

const CONDITIONS = ['paths', 'methods', 'countries', 'cookies', 'headers', 'query', 'addresses', 'bots'] as const

function holds(name: (typeof CONDITIONS)[number], rule: RequestRule, facts: RuleFacts, purpose: Purpose): boolean {
  const { request } = facts
  const inDoubt = purpose !== 'bypass'
  switch (name) {
    case 'paths':
      return rule.paths === null || matchesPath(rule.paths, facts, purpose)
    case 'methods':
      return rule.methods === null || matchesMethod(rule.methods, facts, inDoubt)
    case 'countries':
      return rule.countries === null || matchesCountry(rule.countries, facts)
    case 'cookies':
      return rule.cookies === null || matchesCookies(rule.cookies, facts, inDoubt)
    case 'headers':
      return rule.headers === null || matchesHeaders(rule.headers, facts)
    case 'query':
      return rule.query === null || matchesQuery(rule.query, facts, inDoubt)
    case 'addresses':
      return rule.networks === null || matchesAddress(rule.networks, request)
    case 'bots':
      return rule.botCategories === null || isVerifiedAs(rule.botCategories, request.cf)
  }
}

/**
 * To skip the room, a path must have a single reading. An origin that decodes once more, or that
 * takes the path from another header, must not serve a path that the rule does not name.
 */
function matchesPath(patterns: readonly string[], { request, url }: RuleFacts, purpose: Purpose): boolean {
  const { pathname, canonical } = url
  const inDoubt = purpose !== 'bypass'
  if (HIDDEN_STRUCTURE.test(pathname) || !isWellEncoded(pathname)) return inDoubt
  if (request.headers.has('X-Original-URL') || request.headers.has('X-Rewrite-URL')) return inDoubt
  if (!inDoubt) return patterns.some((pattern) => [pathname, canonical].every((path) => matchesPattern(pattern, path)))
  const isAnyCase = purpose === 'match-any-case'
  const readings = isAnyCase ? [pathname, canonical].flatMap(foldedPaths) : [pathname, canonical]
  return patterns.some((pattern) =>
    readings.some((path) => matchesPattern(isAnyCase ? pattern.toLowerCase() : pattern, path)),
  )
}

/** Some origins decode overlong UTF-8 to dots and slashes. */
function isWellEncoded(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

function matchesAddress(networks: readonly Network[], request: FieldFacts['request']): boolean {
  const address = clientAddress(request)
  return address !== null && networks.some((network) => isInNetwork(address, network))
}

export function isInNetwork(address: ClientAddress, [first, bits]: Network): boolean {
  return address.kind() === first.kind() && address.match(first, bits)
}

/**
 * Only the category counts. `botManagement.verifiedBot` says that Cloudflare knows who runs the
 * bot; it is also true for agents that anyone can send to buy something.
 */
function isVerifiedAs(categories: readonly string[], cf: unknown): boolean {
  const { verifiedBotCategory } = (cf ?? {}) as { verifiedBotCategory?: unknown }
  return typeof verifiedBotCategory === 'string' && categories.includes(verifiedBotCategory)
}
