/**
 * The schema of a room's `bypass`: who goes to the site without a place in line.
 */
import * as v from 'valibot'
import { parseNetwork } from './network.ts'

const RULES_MAX = 20
const LIST_MAX = 50

/** Headers that mean something to the edge, the room or the site: a rule's own header is taken out of every request. */
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
}

const ruleSchema = v.pipe(
  v.strictObject(ruleEntries, ({ expected }) =>
    expected === 'never' ? 'there is no such setting' : 'must be a table',
  ),
  v.check((rule) => Object.keys(rule).length > 0, `needs at least one of ${Object.keys(ruleEntries).join(', ')}`),
  v.check(({ header, secret }) => (header === undefined) === (secret === undefined), 'header and secret go together'),
)

export type BypassTable = v.InferOutput<typeof ruleSchema>

export const bypassSchema = v.pipe(
  v.array(ruleSchema, 'must be a list of rules'),
  v.maxLength(RULES_MAX, `at most ${RULES_MAX} rules`),
)
