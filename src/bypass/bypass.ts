/**
 * Requests that skip the waiting room: those that match one of its rules. They take no ticket and
 * no slot.
 */
import type { RequestRule } from './bypass-settings.ts'
import { matchesRule, type RuleFacts } from './rules.ts'

export function matchesBypass(rules: readonly RequestRule[], facts: RuleFacts): boolean {
  return rules.some((rule) => matchesRule(rule, facts, 'bypass') && holdsSecret(rule.header, facts))
}

function holdsSecret(header: RequestRule['header'], { request }: RuleFacts): boolean {
  if (header === null) return true
  const bytes = new TextEncoder().encode(request.headers.get(header.name) ?? '')
  return bytes.length === header.secret.length && crypto.subtle.timingSafeEqual(bytes, header.secret)
}
