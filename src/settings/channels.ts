/**
 * The channels that carry alerts, from the variable `ALERT_CHANNELS`. All problems are reported at
 * once.
 *
 * A parsed channel contains its URL and secrets in plain text. Only its name and type may go to a
 * log or an answer.
 */
import * as v from 'valibot'
import { type NetworkPlace, placeOf } from '../http/hosts.ts'
import { issueProblem, secretRemedy, UNKNOWN_SETTING } from './problems.ts'
import type { SigningSecrets } from './signing-secrets.ts'

/** Each rule names a few channels, so more than this is a mistake. */
const CHANNELS_MAX = 20

/** The platform's limit for one variable. */
const CHANNELS_MAX_BYTES = 5 * 1024

/** Many servers reject longer URLs. */
const RECEIVER_URL_MAX_CHARS = 2_000

/** The channel name under which a room's push of figures is delivered and signed. */
export const STATS_PUSH = 'stats-push'

export interface WebhookChannel {
  readonly name: string
  readonly type: 'webhook'
  readonly url: string
  /** At least one, as `whsec_` and base64, the newest first. */
  readonly secrets: readonly string[]
}

export interface SlackChannel {
  readonly name: string
  readonly type: 'slack'
  /** A secret: anyone who knows it can post. */
  readonly url: string
}

export interface EmailChannel {
  readonly name: string
  readonly type: 'email'
  readonly from: string
  readonly to: string
}

export type Channel = WebhookChannel | SlackChannel | EmailChannel

/** Which non-public addresses a receiver may have. */
export interface AddressRules {
  /** This machine, also over plain http. */
  readonly allowLoopback: boolean
  /** Private, link-local and similar addresses, over https only. For development. */
  readonly allowPrivate: boolean
}

export interface ChannelContext {
  readonly secrets: SigningSecrets
  /** The value of a secret variable, for `url_from`. */
  readonly variable: (name: string) => unknown
  readonly addresses: AddressRules
}

export type ParsedChannels =
  | { readonly channels: readonly Channel[]; readonly problems: readonly [] }
  | { readonly channels: null; readonly problems: readonly string[] }

export type ParsedPushUrl =
  | { readonly channel: WebhookChannel; readonly problem: null }
  | { readonly channel: null; readonly problem: string }

export type ParsedReceiverUrl =
  | { readonly url: string; readonly problem: null }
  | { readonly url: null; readonly problem: string }

const nameMessage = 'must be 1 to 32 of a-z, 0-9 and "-"'
const variableMessage = 'must be the name of a secret variable: A-Z, 0-9 and "_"'
const mailMessage = 'must be a mail address such as "alerts@example.com"'

const name = v.pipe(
  v.string(nameMessage),
  v.regex(/^[a-z0-9-]{1,32}$/, nameMessage),
  v.notValue(STATS_PUSH, 'is reserved for the push of figures'),
)
const mailAddress = v.pipe(v.string(mailMessage), v.maxLength(254, mailMessage), v.email(mailMessage))

const receiver = {
  url: v.optional(v.string('must be an https:// URL')),
  url_from: v.optional(v.pipe(v.string(variableMessage), v.regex(/^[A-Z][A-Z0-9_]{0,63}$/, variableMessage))),
}
const entries = {
  webhook: { name, type: v.literal('webhook'), ...receiver },
  slack: { name, type: v.literal('slack'), ...receiver },
  email: { name, type: v.literal('email'), from: mailAddress, to: mailAddress },
}
const channelSchema = v.variant(
  'type',
  [v.looseObject(entries.webhook), v.looseObject(entries.slack), v.looseObject(entries.email)],
  (issue) => (issue.path === undefined ? 'must be a table' : 'must be one of webhook, slack, email'),
)

/**
 * Reads `ALERT_CHANNELS`: the list of tables from wrangler.toml, or the same as JSON text. Unset
 * means no channels.
 */
export function parseChannels(value: unknown, context: ChannelContext): ParsedChannels {
  const list = listOf(value)
  if (list === null) {
    const problem = 'ALERT_CHANNELS: must be a list of [[vars.ALERT_CHANNELS]] tables, or the same as JSON text'
    return { channels: null, problems: [problem] }
  }
  const size = sizeProblem(list)
  if (size !== null) return { channels: null, problems: [size] }
  const channels: Channel[] = []
  const problems: string[] = []
  for (const [i, raw] of list.entries()) {
    const parsed = parseChannel(raw, context)
    problems.push(...unknownKeys(raw).map((key) => `ALERT_CHANNELS[${i}].${key}: ${UNKNOWN_SETTING}`))
    problems.push(...parsed.problems.map((problem) => `ALERT_CHANNELS[${i}]${problem}`))
    if (parsed.channel === null) continue
    const isTaken = channels.some((channel) => channel.name === parsed.channel.name)
    if (isTaken) problems.push(`ALERT_CHANNELS[${i}].name: another channel already has it`)
    channels.push(parsed.channel)
  }
  return problems.length > 0 ? { channels: null, problems } : { channels, problems: [] }
}

/**
 * The channel of a room's `stats_push_url`: a webhook that is signed with the secrets of
 * `stats-push`.
 */
export function parsePushUrl(value: unknown, context: ChannelContext): ParsedPushUrl {
  const { url, problem } = parseReceiverUrl(value, context.addresses)
  if (url === null) return { channel: null, problem }
  const secrets = context.secrets.get(STATS_PUSH)
  if (secrets === undefined) return { channel: null, problem: secretMissing(STATS_PUSH) }
  return { channel: { name: STATS_PUSH, type: 'webhook', url, secrets }, problem: null }
}

/**
 * The URL of a receiver, if alerts may be sent there. Problems never contain the URL, which may be
 * a secret.
 */
export function parseReceiverUrl(value: unknown, rules: AddressRules): ParsedReceiverUrl {
  if (typeof value !== 'string' || value.length > RECEIVER_URL_MAX_CHARS || !URL.canParse(value)) {
    return { url: null, problem: `must be an https:// URL of at most ${RECEIVER_URL_MAX_CHARS} characters` }
  }
  const url = new URL(value)
  const place = placeOf(url.hostname)
  const problem = schemeProblem(url, place) ?? placeProblem(place, rules)
  return problem === null ? { url: url.href, problem } : { url: null, problem }
}

function schemeProblem({ protocol, username, password }: URL, place: NetworkPlace): string | null {
  if (protocol !== 'https:' && !(protocol === 'http:' && place === 'loopback')) {
    return 'must begin with https:// (http:// only for a loopback host)'
  }
  return username === '' && password === '' ? null : 'must not contain a user or a password'
}

function placeProblem(place: NetworkPlace, rules: AddressRules): string | null {
  switch (place) {
    case 'public':
      return null
    case 'loopback':
      return rules.allowLoopback ? null : 'must not point at this machine itself'
    case 'private':
      return rules.allowPrivate ? null : 'must not point at a private, link-local or otherwise non-public address'
  }
}

type ParsedChannel =
  | { readonly channel: Channel; readonly problems: readonly [] }
  /** Each begins with the key below the channel: `.url: ...`. */
  | { readonly channel: null; readonly problems: readonly string[] }

function parseChannel(raw: unknown, context: ChannelContext): ParsedChannel {
  const result = v.safeParse(channelSchema, raw)
  if (!result.success) {
    return { channel: null, problems: result.issues.map((issue) => `${keyOf(issue)}: ${issueProblem(issue)}`) }
  }
  const settings = result.output
  if (settings.type === 'email') {
    const { name, type, from, to } = settings
    return { channel: { name, type, from, to }, problems: [] }
  }
  if ((settings.url === undefined) === (settings.url_from === undefined)) {
    return { channel: null, problems: ['.url: exactly one of url and url_from is needed'] }
  }
  return parseHttpChannel(settings, context)
}

type HttpChannelSettings = Exclude<v.InferOutput<typeof channelSchema>, { type: 'email' }>

function parseHttpChannel(settings: HttpChannelSettings, context: ChannelContext): ParsedChannel {
  const { name, type, url_from } = settings
  const key = url_from === undefined ? '.url' : '.url_from'
  const text = url_from === undefined ? settings.url : context.variable(url_from)
  const problems: string[] = []
  const { url, problem } = parseReceiverUrl(text, context.addresses)
  if (url === null) {
    problems.push(
      text === undefined
        ? `${key}: there is no secret variable ${url_from}. ${secretRemedy(String(url_from))}`
        : `${key}: ${problem}`,
    )
  }
  const secrets = context.secrets.get(name)
  if (type === 'webhook' && secrets === undefined) problems.push(`.name: ${secretMissing(name)}`)
  if (url === null || problems.length > 0) return { channel: null, problems }
  return {
    channel: type === 'webhook' ? { name, type, url, secrets: secrets ?? [] } : { name, type, url },
    problems: [],
  }
}

function secretMissing(channel: string): string {
  return `needs a signing secret: an entry "${channel}:whsec_..." in the secret variable ALERT_SECRETS. ${secretRemedy('ALERT_SECRETS')}`
}

function listOf(value: unknown): readonly unknown[] | null {
  if (value === undefined || value === null || value === '') return []
  try {
    const list: unknown = typeof value === 'string' ? JSON.parse(value) : value
    return Array.isArray(list) ? list : null
  } catch {
    return null
  }
}

function sizeProblem(list: readonly unknown[]): string | null {
  if (list.length > CHANNELS_MAX) return `ALERT_CHANNELS: ${list.length} channels, ${CHANNELS_MAX} at most`
  const bytes = new TextEncoder().encode(JSON.stringify(list)).length
  return bytes <= CHANNELS_MAX_BYTES
    ? null
    : `ALERT_CHANNELS: is ${bytes} bytes, ${CHANNELS_MAX_BYTES} at most. Keep long addresses in secrets (url_from), or drop channels`
}

/** Keys of a raw channel that its type does not have. The schema reports an unknown type. */
function unknownKeys(raw: unknown): string[] {
  if (typeof raw !== 'object' || raw === null) return []
  const type = (raw as { type?: unknown }).type
  if (type !== 'webhook' && type !== 'slack' && type !== 'email') return []
  return Object.keys(raw).filter((key) => !Object.hasOwn(entries[type], key))
}

function keyOf(issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? []).map((item) => `.${String(item.key)}`).join('')
}
