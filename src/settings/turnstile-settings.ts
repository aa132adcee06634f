/** The keys of the Turnstile widget that checks newcomers. */
import { parseReceiverUrl } from './channels.ts'
import { secretRemedy } from './problems.ts'
import type { RoomSettings } from './rooms.ts'

export interface TurnstileSettings {
  readonly siteKey: string
  readonly secret: string
  readonly verifyUrl: string
}

interface RawTurnstile {
  readonly TURNSTILE_SITE_KEY?: unknown
  readonly TURNSTILE_SECRET?: unknown
  readonly TURNSTILE_VERIFY_URL?: unknown
}

const VERIFY_URL = 'https://challenges.cloudflare.com/turnstile/v0/siteverify'
const SITE_KEY = /^[\w-]{10,100}$/

const SITE_KEY_REMEDY =
  'Create a Turnstile widget at Cloudflare and copy its site key into vars (docs/fairness.md). To go without: turnstile_mode = "off"'

/** Requires both keys or neither, and both if a room has a mode. */
export function parseTurnstile(raw: RawTurnstile, rooms: readonly RoomSettings[]) {
  const { TURNSTILE_SITE_KEY: siteKey = '', TURNSTILE_SECRET: secret = '', TURNSTILE_VERIFY_URL: url = '' } = raw
  const modeOf = rooms.findIndex(({ turnstile_mode }) => turnstile_mode !== 'off')
  const needed = modeOf < 0 ? 'the other one is set' : `ROOMS[${modeOf}] has a turnstile_mode`
  const problems: string[] = []
  if (siteKey === '' && secret === '' && modeOf < 0) return { settings: null, problems }
  if (siteKey === '') problems.push(`TURNSTILE_SITE_KEY: is missing, but ${needed}. ${SITE_KEY_REMEDY}`)
  else if (typeof siteKey !== 'string' || !SITE_KEY.test(siteKey)) {
    problems.push(`TURNSTILE_SITE_KEY: must be the site key of a widget, such as "0x4AAA...". ${SITE_KEY_REMEDY}`)
  }
  if (typeof secret !== 'string' || secret === '') {
    problems.push(`TURNSTILE_SECRET: is missing, but ${needed}. ${secretRemedy('TURNSTILE_SECRET')}`)
  }
  const urlProblem = url === '' ? null : parseReceiverUrl(url, { allowLoopback: true, allowPrivate: false }).problem
  if (urlProblem !== null) problems.push(`TURNSTILE_VERIFY_URL: ${urlProblem}`)
  if (problems.length > 0) return { settings: null, problems }
  const settings: TurnstileSettings = {
    siteKey: String(siteKey),
    secret: String(secret),
    verifyUrl: url === '' ? VERIFY_URL : String(url),
  }
  return { settings, problems }
}
