/** Variables of an environment: names that the Worker does not read, and an origin that it cannot reach. */
import { placeOf } from '../../src/http/network-place.ts'
import { addressSecrets, type Environment, type Section } from '../deployment-config.ts'
import { didYouMean } from './did-you-mean.ts'

/** What the Worker reads from `vars`. */
export const VARIABLES = [
  'ROOMS',
  'ORIGIN_URL',
  'ORIGIN_HOST',
  'ORIGIN_TIMEOUT_SECONDS',
  'ALERT_CHANNELS',
  'ALERT_ALLOW_PRIVATE',
  'ACCESS_TEAM_DOMAIN',
  'ACCESS_AUD',
]

/** Secrets belong elsewhere, but local runs may have them among the variables. Settings name further ones. */
export const SECRETS = ['SIGNING_KEYS', 'ADMIN_TOKEN', 'ORIGIN_SECRET', 'ALERT_SECRETS', 'SENTRY_DSN']

const BYPASS_SECRET = /^BYPASS_/

export function unknownVariables(section: Section): string[] {
  const known = [...VARIABLES, ...SECRETS, ...addressSecrets(section)]
  return Object.keys(section.vars ?? {})
    .filter((name) => !known.includes(name) && !BYPASS_SECRET.test(name))
    .map((name) => `${name}: there is no such variable${didYouMean(name, known)}; docs/settings.md lists them`)
}

const WAYS_TO_THE_SITE = 'set it to the address of your site, or leave it out and set routes (docs/deploy.md)'

/** A deployed Worker reaches public addresses only; `npm run dev` and the demo, at the top level, reach this machine. */
export function originProblems({ name, section }: Environment): string[] {
  const origin = originOf(section)
  if (name === null || origin === null) return []
  const place = placeOf(origin.hostname)
  if (place === 'public') return []
  const what = place === 'loopback' ? 'the machine that asks' : 'a private network'
  return [`ORIGIN_URL: ${origin.origin} is an address of ${what}, which Cloudflare cannot reach: ${WAYS_TO_THE_SITE}`]
}

/** Names that RFC 2606 reserves: nobody's site is there. */
const RESERVED_HOST = /(^|\.)(example|invalid|test|example\.(com|net|org))$/

/** What must be filled in before a real deploy; the check and a dry run go without. Null: nothing. */
export function originPlaceholder({ name, section }: Environment): string | null {
  const origin = originOf(section)
  if (name === null || origin === null || !RESERVED_HOST.test(origin.hostname)) return null
  return `env.${name}.vars.ORIGIN_URL: ${origin.origin} is a placeholder: ${WAYS_TO_THE_SITE}`
}

/** Null: there is none, the settings refuse it themselves, or a service binding takes its place. */
function originOf({ vars = {}, services = [] }: Section): URL | null {
  const { ORIGIN_URL: text } = vars
  if (services.some(({ binding }) => binding === 'ORIGIN')) return null
  return typeof text === 'string' && URL.canParse(text) ? new URL(text) : null
}
