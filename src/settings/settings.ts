/** Parses all variables that configure a deployment, and reports all problems at once. */

import { type RequestRule, requestRules } from '../bypass/bypass-settings.ts'
import { canShareZone, isHostName, withoutFinalDot } from '../http/hosts.ts'
import { ORIGIN_TIMEOUT_DEFAULT_SECONDS, ORIGIN_TIMEOUT_MAX_SECONDS } from '../limits.ts'
import { type Channel, type ChannelContext, parseChannels, parsePushUrl, type WebhookChannel } from './channels.ts'
import { inFile, parseRooms, type RoomSettings } from './rooms.ts'
import type { SettingsInput } from './settings-input.ts'
import { parseSigningSecrets } from './signing-secrets.ts'
import { parseTurnstile, type TurnstileSettings } from './turnstile-settings.ts'

export interface Settings {
  /** Cloudflare Access as a login for operators; null: not used. */
  readonly access: AccessSettings | null
  readonly rooms: readonly RoomSettings[]
  /** The deployed rooms as they were written. */
  readonly tables: readonly Readonly<Record<string, unknown>>[]
  /** The origin; null: the binding ORIGIN, or the target of the route. */
  readonly originUrl: URL | null
  /** The `Host` header for the origin; null: the host of the requested URL. */
  readonly originHost: string | null
  /** The issuer of signed passes; null: the origin of each requested URL. */
  readonly passIssuer: string | null
  /** Time limit for the origin's response headers. */
  readonly originTimeoutSeconds: number
  /** The channels that alert rules name. */
  readonly channels: readonly Channel[]
  /** Receivers of the rooms' figures, by room name. */
  readonly pushes: ReadonlyMap<string, WebhookChannel>
  /** Bypass rules, by room name. */
  readonly bypasses: ReadonlyMap<string, readonly RequestRule[]>
  /** The widget that checks newcomers; null: not set. */
  readonly turnstile: TurnstileSettings | null
}

/** An application of Cloudflare Access. */
export interface AccessSettings {
  /** `team.cloudflareaccess.com`. */
  readonly teamDomain: string
  /** The application's audience tag. */
  readonly audience: string
}

export class SettingsError extends Error {
  override name = 'SettingsError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`Invalid settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/**
 * @param prefix where the rooms' endpoints are
 * @throws SettingsError with every problem and its key
 */
export function parseSettings(raw: SettingsInput, prefix?: string): Settings {
  const { rooms, tables, problems } = parseRooms(raw.ROOMS, prefix, raw.ROOMS_FILE)
  const originUrl = parseOriginUrl(raw.ORIGIN_URL)
  const originHost = parseOriginHost(raw.ORIGIN_HOST, originUrl ?? null)
  const timeout = Number(raw.ORIGIN_TIMEOUT_SECONDS ?? ORIGIN_TIMEOUT_DEFAULT_SECONDS)
  const alerts = parseAlerts(raw, rooms ?? [])
  const bypass = parseBypasses(raw, rooms ?? [])
  const access = parseAccess(raw)
  const turnstile = parseTurnstile(raw, rooms ?? [])
  const passIssuer = parsePassIssuer(raw.PASS_ISSUER)
  const all: string[] = [
    ...problems,
    ...bypass.problems,
    ...alerts.problems,
    ...access.problems,
    ...originHost.problems,
    ...turnstile.problems,
    ...passIssuer.problems,
  ]
  if (originUrl === undefined) all.push('ORIGIN_URL: must be http:// or https:// and a host, without path or user')
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > ORIGIN_TIMEOUT_MAX_SECONDS) {
    all.push(`ORIGIN_TIMEOUT_SECONDS: must be a whole number from 1 to ${ORIGIN_TIMEOUT_MAX_SECONDS}`)
  }
  if (rooms === null || originUrl === undefined || all.length > 0) {
    throw new SettingsError(all.map((problem) => inFile(problem, raw.ROOMS)))
  }
  const { channels, pushes } = alerts
  const { bypasses } = bypass
  return {
    access: access.settings,
    rooms,
    tables,
    originUrl,
    originHost: originHost.host,
    passIssuer: passIssuer.issuer,
    originTimeoutSeconds: timeout,
    channels,
    pushes,
    bypasses,
    turnstile: turnstile.settings,
  }
}

function parseBypasses(raw: SettingsInput, rooms: readonly RoomSettings[]) {
  const bypasses = new Map<string, readonly RequestRule[]>()
  const problems: string[] = []
  for (const [i, { name, bypass }] of rooms.entries()) {
    const parsed = requestRules(bypass, (variable) => (raw as Readonly<Record<string, unknown>>)[variable])
    problems.push(...parsed.problems.map((problem) => `ROOMS[${i}].${problem}`))
    bypasses.set(name, parsed.rules)
  }
  return { bypasses, problems }
}

/**
 * Requires both or neither: without the audience, any application of the team would be accepted.
 */
function parseAccess({ ACCESS_TEAM_DOMAIN: domain = '', ACCESS_AUD: audience = '' }: SettingsInput) {
  const none = { settings: null, problems: [] as string[] }
  if (domain === '' && audience === '') return none
  const problems: string[] = []
  if (typeof domain !== 'string' || !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain)) {
    problems.push(
      'ACCESS_TEAM_DOMAIN: must be the domain of your team, such as "team.cloudflareaccess.com", without https://',
    )
  }
  if (typeof audience !== 'string' || !/^[0-9a-f]{16,128}$/.test(audience)) {
    problems.push("ACCESS_AUD: must be the application's audience tag, shown in its overview at Cloudflare")
  }
  return problems.length > 0 ? { settings: null, problems } : { settings: accessOf(domain, audience), problems }
}

function accessOf(teamDomain: unknown, audience: unknown): AccessSettings {
  return { teamDomain: String(teamDomain), audience: String(audience) }
}

/** An origin, since verifiers find the public keys below it. */
function parsePassIssuer(value: unknown) {
  if (value === undefined || value === '') return { issuer: null, problems: [] }
  if (typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value) {
    return { issuer: value, problems: [] }
  }
  const problem =
    'PASS_ISSUER: must be the scheme and host that visitors see, such as "https://shop.example", without path or slash'
  return { issuer: null, problems: [problem] }
}

/** The channels, and the rooms' references to them. */
function parseAlerts(raw: SettingsInput, rooms: readonly RoomSettings[]) {
  const { secrets, problems: secretProblems } = parseSigningSecrets(raw.ALERT_SECRETS)
  const context: ChannelContext = {
    secrets,
    variable: (name) => (raw as Readonly<Record<string, unknown>>)[name],
    addresses: { allowLoopback: true, allowPrivate: raw.ALERT_ALLOW_PRIVATE === 'true' },
  }
  const parsed = parseChannels(raw.ALERT_CHANNELS, context)
  const problems = [...secretProblems, ...parsed.problems]
  const pushes = new Map<string, WebhookChannel>()
  for (const [i, room] of rooms.entries()) {
    if (parsed.channels !== null) problems.push(...unknownChannels(room, i, parsed.channels))
    if (room.stats_push_url === undefined) continue
    const push = parsePushUrl(room.stats_push_url, context)
    if (push.channel === null) problems.push(`ROOMS[${i}].stats_push_url: ${push.problem}`)
    else pushes.set(room.name, push.channel)
  }
  return { channels: parsed.channels ?? [], pushes, problems }
}

function unknownChannels(room: RoomSettings, i: number, channels: readonly Channel[]): string[] {
  return room.alerts.flatMap((rule, r) =>
    rule.channels
      .filter((name) => !channels.some((channel) => channel.name === name))
      .map((name) => `ROOMS[${i}].alerts.${r}.channels: there is no channel "${name}" in ALERT_CHANNELS`),
  )
}

/** Null: not set; undefined: invalid. */
function parseOriginUrl(value: unknown): URL | null | undefined {
  if (value === undefined || value === '') return null
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined
  const url = new URL(value)
  const plain =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return plain && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined
}

/**
 * The platform honours a different `Host` header only within one zone. Elsewhere it would connect
 * to `ORIGIN_HOST` itself.
 */
function parseOriginHost(value: unknown, originUrl: URL | null) {
  if (value === undefined || value === '') return { host: null, problems: [] }
  if (typeof value !== 'string' || !isHostName(value)) {
    return { host: null, problems: ['ORIGIN_HOST: must be a lower-case host name, without http://, port or path'] }
  }
  if (originUrl !== null && !canShareZone(withoutFinalDot(originUrl.hostname), value)) {
    const problem =
      "ORIGIN_HOST: must be a host of the same Cloudflare zone as ORIGIN_URL's. Cloudflare ignores it otherwise: " +
      'create a DNS record for the origin in that zone and use it in ORIGIN_URL'
    return { host: null, problems: [problem] }
  }
  return { host: value, problems: [] }
}
