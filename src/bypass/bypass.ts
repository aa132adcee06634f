/**
 * Requests that skip the waiting room. A rule matches when all its conditions hold; one matching
 * rule is enough. A request that matches takes no ticket and no slot.
 */
import { type ClientAddress, clientAddress } from '../http/client-address.ts'
import { type BypassRule, matchesPattern, type Network } from './bypass-settings.ts'

/**
 * Encoded control characters, and encoded `# % . / ; ? \`: an origin that decodes once more sees
 * another path.
 */
const HIDDEN_STRUCTURE = /%([01][0-9a-f]|7f|2[35ef]|3[bf]|5c)/i

/** @param canonical the request's path as `canonicalPath` returns it */
export function matchesBypass(rules: readonly BypassRule[], request: Request, canonical: string): boolean {
  return rules.some((rule) => matches(rule, request, canonical))
}

function matches({ paths, networks, header, botCategories }: BypassRule, request: Request, canonical: string): boolean {
  if (paths !== null && !matchesPath(paths, request, canonical)) return false
  if (networks !== null && !matchesAddress(networks, request)) return false
  if (header !== null && !holdsSecret(request.headers.get(header.name), header.secret)) return false
  return botCategories === null || isVerifiedAs(botCategories, request.cf)
}

/**
 * Only a path with a single reading matches. An origin that decodes once more, or that takes the
 * path from another header, must not serve a path that the rule does not name.
 */
function matchesPath(patterns: readonly string[], { headers, url }: Request, canonical: string): boolean {
  const { pathname } = new URL(url)
  if (HIDDEN_STRUCTURE.test(pathname) || !isWellEncoded(pathname)) return false
  if (headers.has('X-Original-URL') || headers.has('X-Rewrite-URL')) return false
  return patterns.some((pattern) => matchesPattern(pattern, pathname) && matchesPattern(pattern, canonical))
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

function matchesAddress(networks: readonly Network[], request: Request): boolean {
  const address = clientAddress(request)
  return address !== null && networks.some((network) => isInNetwork(address, network))
}

export function isInNetwork(address: ClientAddress, [first, bits]: Network): boolean {
  return address.kind() === first.kind() && address.match(first, bits)
}

function holdsSecret(given: string | null, secret: Uint8Array): boolean {
  const bytes = new TextEncoder().encode(given ?? '')
  return bytes.length === secret.length && crypto.subtle.timingSafeEqual(bytes, secret)
}

/**
 * Only the category counts. `botManagement.verifiedBot` says that Cloudflare knows who runs the
 * bot; it is also true for agents that anyone can send to buy something.
 */
function isVerifiedAs(categories: readonly string[], cf: unknown): boolean {
  const { verifiedBotCategory } = (cf ?? {}) as { verifiedBotCategory?: unknown }
  return typeof verifiedBotCategory === 'string' && categories.includes(verifiedBotCategory)
}
