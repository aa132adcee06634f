/**
 * The rules of a room's `bypass` and `match`: their schema, and the rules made of it with secrets
 * looked up and networks parsed.
 */
import ipaddr from 'ipaddr.js'
import * as v from 'valibot'
import type { ClientAddress } from '../http/client-address.ts'
import { BYPASS_SECRET_MIN_CHARS } from '../limits.ts'
import { secretRemedy } from '../settings/problems.ts'
import { table } from '../settings/values.ts'
import { type Fields, fieldEntries } from './field-conditions.ts'

/** Categories of `cf.verifiedBotCategory`, as Cloudflare spells them. */
export type BotCategory = 'Search Engine Crawler' | 'AI Search'

/** One rule with its conditions; null: the rule does not have this condition. */
export interface RequestRule {
  readonly paths: readonly string[] | null
  readonly networks: readonly Network[] | null
  readonly header: { readonly name: string; readonly secret: Uint8Array } | null
  /** Any of these categories of verified bots. */
  readonly botCategories: readonly BotCategory[] | null
  readonly methods: readonly string[] | null
  /** Codes of two characters, as in `cf.country`. */
  readonly countries: readonly string[] | null
  readonly cookies: Fields | null
  readonly headers: Fields | null
  readonly query: Fields | null
}

/** An address, or an address and the length of its prefix (CIDR). */
export type Network = readonly [first: ClientAddress, prefixBits: number]

const RULES_MAX = 20
const LIST_MAX = 50

/**
 * Headers with a meaning for the edge, the room or the site. A rule's header cannot be one of
 * these, since it is removed from every request.
 */
const RESERVED_HEADER =
  /^(accept.*|authorization|cf-.*|connection|content-.*|cookie|host|if-.*|origin|range|referer|sec-.*|transfer-encoding|upgrade|user-agent|waiting-room-.*|x-forwarded-.*)$/i

const patternMessage =
  'must begin with "/" and have only a-z, A-Z, 0-9, "-", "_", ".", "~", "/" and at most 5 "*", no "." or ".." between slashes'
const pattern = v.pipe(
  v.string(patternMessage),
  v.maxLength(200, patternMessage),
  v.regex(/^\/(?!.*\/\.{0,2}\/)(?!.*\/\.{1,2}$)(?!\/)[A-Za-z0-9._~*/-]*$/, patternMessage),
  v.check((text) => text.split('*').length <= 6, patternMessage),
  v.check((text) => text !== '/*', 'covers everything: use suspended = true to turn the room off'),
)

const network = v.pipe(
  v.string('must be a text'),
  v.maxLength(50, 'at most 50 characters'),
  v.check(
    (text) => typeof parseNetwork(text) !== 'string',
    ({ input }) => String(parseNetwork(input)),
  ),
)

const list = <T extends v.GenericSchema>(entry: T) =>
  v.pipe(v.array(entry, 'must be a list'), v.minLength(1, 'is empty'), v.maxLength(LIST_MAX, `at most ${LIST_MAX}`))

const headerMessage = 'must be a header name such as "X-Monitoring", and none that already has a meaning'
const secretMessage = 'must name a secret, BYPASS_ and 1 to 50 of A-Z, 0-9 and "_"; never the secret itself'

const ruleEntries = {
  paths: v.optional(list(pattern)),
  addresses: v.optional(list(network)),
  header: v.optional(
    v.pipe(
      v.string(headerMessage),
      v.regex(/^[A-Za-z0-9-]{1,64}$/, headerMessage),
      v.check((name) => !RESERVED_HEADER.test(name), headerMessage),
    ),
  ),
  secret: v.optional(v.pipe(v.string(secretMessage), v.regex(/^BYPASS_[A-Z0-9_]{1,50}$/, secretMessage))),
  search_crawlers: v.optional(v.literal(true, 'must be true, or left out')),
  ai_search: v.optional(v.literal(true, 'must be true, or left out')),
  ...fieldEntries,
}

const ruleSchema = v.pipe(
  table(ruleEntries),
  v.check((rule) => Object.keys(rule).length > 0, `needs at least one of ${Object.keys(ruleEntries).join(', ')}`),
  v.check(({ header, secret }) => (header === undefined) === (secret === undefined), 'header and secret go together'),
)

export type RuleTable = v.InferOutput<typeof ruleSchema>

/** Which requests a room covers. Rules with a secret are for `bypass` only. */
export const matchSchema = v.pipe(
  v.array(
    v.pipe(
      ruleSchema,
      v.check(({ secret }) => secret === undefined, 'secret is for bypass: name the header in headers'),
    ),
    'must be a list of rules',
  ),
  v.maxLength(RULES_MAX, `at most ${RULES_MAX} rules`),
)

export const bypassSchema = v.pipe(
  v.array(ruleSchema, 'must be a list of rules'),
  v.maxLength(RULES_MAX, `at most ${RULES_MAX} rules`),
)

/** @param variable returns the value of a secret by its name */
export function requestRules(
  tables: readonly RuleTable[],
  variable: (name: string) => unknown = () => undefined,
): { readonly rules: readonly RequestRule[]; readonly problems: readonly string[] } {
  const problems: string[] = []
  const rules = tables.map((rule, i) => {
    const { paths, addresses, header, secret, search_crawlers, ai_search } = rule
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
      methods: rule.methods ?? null,
      countries: rule.countries ?? null,
      cookies: fieldsOf(rule.cookies),
      headers: fieldsOf(rule.headers),
      query: fieldsOf(rule.query),
    }
  })
  return { rules, problems }
}

function fieldsOf(table: Readonly<Record<string, string>> | undefined): Fields | null {
  return table === undefined ? null : Object.entries(table)
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

/** Shorter prefixes cover whole countries. To exempt everyone, operators set `suspended`. */
const PREFIX_MIN_BITS = { ipv4: 8, ipv6: 16 } as const

/** Reads a network as operators write it; a string names the problem. */
export function parseNetwork(text: string): Network | string {
  const [written = '', bitsText, ...rest] = text.split('/')
  const isIpv4 = ipaddr.IPv4.isValidFourPartDecimal(written)
  if (rest.length > 0 || !(isIpv4 || isPlainIpv6(written)) || !/^\d{1,3}$/.test(bitsText ?? '0')) {
    return 'must be an IP address, or one and its prefix length, such as "203.0.113.0/24" or "2001:db8::/32"'
  }
  const address = ipaddr.parse(written)
  const kind = address.kind()
  const maxBits = kind === 'ipv4' ? 32 : 128
  const bits = bitsText === undefined ? maxBits : Number(bitsText)
  if (bits < PREFIX_MIN_BITS[kind] || bits > maxBits)
    return `must have a prefix of ${PREFIX_MIN_BITS[kind]} to ${maxBits} bits`
  const first = (kind === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(`${written}/${bits}`)
  if (first.toString() !== address.toString()) return `has bits beyond its prefix: write "${first.toString()}/${bits}"`
  return [address, bits]
}

/** Excludes IPv4-mapped addresses, which `clientAddress` never returns. */
function isPlainIpv6(text: string): boolean {
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return false
  return !ipaddr.IPv6.parse(text).isIPv4MappedAddress()
}
