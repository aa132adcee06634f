/**
 * Who goes to the site without a place in line. A request goes by if any rule covers it; a rule covers it if all that the rule
 * names is so. Whoever goes by takes no ticket and no slot.
 */
import { clientAddress } from '../http/client-address.ts'
import type { BypassRule } from './bypass-rules.ts'
import { isInNetwork, type Network } from './network.ts'
import { matchesPattern } from './path-pattern.ts'

/** Encoded control characters, and encoded `# % . / ; ? \`: to an origin that decodes once more it is another path. */
const HIDDEN_STRUCTURE = /%([01][0-9a-f]|7f|2[35ef]|3[bf]|5c)/i

/** `canonical`: the request's path as `canonicalPath` has it. */
export function goesBy(rules: readonly BypassRule[], request: Request, canonical: string): boolean {
  return rules.some((rule) => covers(rule, request, canonical))
}

function covers({ paths, networks, header, botCategories }: BypassRule, request: Request, canonical: string): boolean {
  if (paths !== null && !pathIsCovered(paths, request, canonical)) return false
  if (networks !== null && !addressIsCovered(networks, request)) return false
  if (header !== null && !holdsSecret(request.headers.get(header.name), header.secret)) return false
  return botCategories === null || isVerifiedAs(botCategories, request.cf)
}

/**
 * Only a path that can be read in one way counts: an origin that decodes once more, or reads dots, slashes or another header
 * in its own way, must not serve what the rule does not cover.
 */
function pathIsCovered(patterns: readonly string[], { headers, url }: Request, canonical: string): boolean {
  const { pathname } = new URL(url)
  if (HIDDEN_STRUCTURE.test(pathname) || !isWellEncoded(pathname)) return false
  if (headers.has('X-Original-URL') || headers.has('X-Rewrite-URL')) return false
  return patterns.some((pattern) => matchesPattern(pattern, pathname) && matchesPattern(pattern, canonical))
}

/** Overlong UTF-8 hides dots and slashes from us, and from some origins it does not. */
function isWellEncoded(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

function addressIsCovered(networks: readonly Network[], request: Request): boolean {
  const address = clientAddress(request)
  return address !== null && networks.some((network) => isInNetwork(address, network))
}

function holdsSecret(given: string | null, secret: Uint8Array): boolean {
  const bytes = new TextEncoder().encode(given ?? '')
  return bytes.length === secret.length && crypto.subtle.timingSafeEqual(bytes, secret)
}

/**
 * Only the category counts. `botManagement.verifiedBot` says no more than that Cloudflare knows who runs the bot: it is true
 * for agents that anyone can send to buy something, too.
 */
function isVerifiedAs(categories: readonly string[], cf: unknown): boolean {
  const { verifiedBotCategory } = (cf ?? {}) as { verifiedBotCategory?: unknown }
  return typeof verifiedBotCategory === 'string' && categories.includes(verifiedBotCategory)
}
