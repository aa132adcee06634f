/**
 * The bypass rules of a room, read from its settings: secrets looked up, networks parsed. Matching is in bypass.ts.
 */
import { BYPASS_SECRET_MIN_CHARS } from '../limits.ts'
import { secretRemedy } from '../settings/problems.ts'
import type { BypassTable } from './bypass-schema.ts'
import { type Network, parseNetwork } from './network.ts'

/** Categories of `cf.verifiedBotCategory`, as Cloudflare spells them. */
export type BotCategory = 'Search Engine Crawler' | 'AI Search'

export interface BypassRule {
  readonly paths: readonly string[] | null
  readonly networks: readonly Network[] | null
  readonly header: { readonly name: string; readonly secret: Uint8Array } | null
  /** Any of these categories of verified bots. */
  readonly botCategories: readonly BotCategory[] | null
}

/** Makes a room's rules ready for use. `variable`: the value of a secret, by its name. */
export function bypassRules(
  tables: readonly BypassTable[],
  variable: (name: string) => unknown,
): { readonly rules: readonly BypassRule[]; readonly problems: readonly string[] } {
  const problems: string[] = []
  const rules = tables.map(({ paths, addresses, header, secret, search_crawlers, ai_search }, i) => {
    const problem = secret === undefined ? null : secretProblem(secret, variable(secret))
    if (problem !== null) problems.push(`bypass.${i}.secret: ${problem}`)
    return {
      paths: paths ?? null,
      networks: addresses?.map((text) => parseNetwork(text) as Network) ?? null,
      header:
        header === undefined
          ? null
          : { name: header, secret: new TextEncoder().encode(String(variable(secret as string))) },
      botCategories: botCategories(search_crawlers, ai_search),
    }
  })
  return { rules, problems }
}

function botCategories(searchCrawlers: true | undefined, aiSearch: true | undefined): readonly BotCategory[] | null {
  if (searchCrawlers === undefined && aiSearch === undefined) return null
  return [...(searchCrawlers ? ['Search Engine Crawler' as const] : []), ...(aiSearch ? ['AI Search' as const] : [])]
}

function secretProblem(name: string, value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return `${name} is not set. ${secretRemedy(name)}`
  if (value.length >= BYPASS_SECRET_MIN_CHARS && /^[\x21-\x7e]+$/.test(value)) return null
  return `${name} must have ${BYPASS_SECRET_MIN_CHARS} characters or more, printable ASCII without spaces. ${secretRemedy(name)}`
}
