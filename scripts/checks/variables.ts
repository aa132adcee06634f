/** Checks the variables of an environment for unknown names and for an unreachable origin. */
import { placeOf } from '../../src/http/hosts.ts'
import { addressSecrets, type Environment, type Section } from '../deployment-config.ts'
import { didYouMean } from './did-you-mean.ts'

/** The variables that the Worker reads from `vars`. */
export const VARIABLES = [
  'ROOMS',
  'ORIGIN_URL',
  'ORIGIN_HOST',
  'ORIGIN_TIMEOUT_SECONDS',
  'PASS_ISSUER',
  'ALERT_CHANNELS',
  'ALERT_ALLOW_PRIVATE',
  'ACCESS_TEAM_DOMAIN',
  'ACCESS_AUD',
  'TURNSTILE_SITE_KEY',
  'TURNSTILE_VERIFY_URL',
]

/** Secrets, which local runs may set as variables. Settings can name further ones. */
export const SECRETS = [
  'SIGNING_KEYS',
  'ADMIN_TOKEN',
  'ORIGIN_SECRET',
  'PASS_KEYS',
  'ALERT_SECRETS',
  'REHEARSAL_TOKEN',
  'SENTRY_DSN',
  'TURNSTILE_SECRET',
]

const BYPASS_SECRET = /^BYPASS_/

export function unknownVariables(section: Section): string[] {
  const known = [...VARIABLES, ...SECRETS, ...addressSecrets(section)]
  return Object.keys(section.vars ?? {})
    .filter((name) => !known.includes(name) && !BYPASS_SECRET.test(name))
    .map((name) => `${name}: there is no such variable${didYouMean(name, known)}; docs/settings.md lists them`)
}

const ORIGIN_REMEDY = 'set it to the address of your site, or leave it out and set routes (docs/deploy.md)'

/**
 * A deployed Worker reaches only public addresses. The top level, for `npm run dev` and the demo,
 * may use this machine.
 */
export function originProblems({ name, section }: Environment): string[] {
  const origin = originOf(section)
  if (name === null || origin === null) return []
  const place = placeOf(origin.hostname)
  if (place === 'public') return []
  const what = place === 'loopback' ? 'the local machine' : 'a private network'
  return [`ORIGIN_URL: ${origin.origin} is an address of ${what}, which Cloudflare cannot reach: ${ORIGIN_REMEDY}`]
}

/** Names that RFC 2606 reserves, so no site has them. */
const RESERVED_HOST = /(^|\.)(example|invalid|test|example\.(com|net|org))$/

/** The placeholder to replace before a deploy; null: none. The check and a dry run accept it. */
export function originPlaceholder({ name, section }: Environment): string | null {
  const origin = originOf(section)
  if (name === null || origin === null || !RESERVED_HOST.test(origin.hostname)) return null
  return `env.${name}.vars.ORIGIN_URL: ${origin.origin} is a placeholder: ${ORIGIN_REMEDY}`
}

/** Null: not set, invalid (the settings report it), or replaced by a service binding. */
function originOf({ vars = {}, services = [] }: Section): URL | null {
  const { ORIGIN_URL: text } = vars
  if (services.some(({ binding }) => binding === 'ORIGIN')) return null
  return typeof text === 'string' && URL.canParse(text) ? new URL(text) : null
}
