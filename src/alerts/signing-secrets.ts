/**
 * What webhooks are signed with: the secret variable `ALERT_SECRETS` = `channel:whsec_base64[,channel:whsec_base64...]`.
 *
 * All entries of a channel sign, so a receiver that knows the old or the new one accepts: put the new one in front, change
 * the receiver, drop the old one. Entries of channels that do not exist are left alone, since secrets and channels are
 * deployed one after the other.
 */
import { SECRETS_PER_CHANNEL_MAX, SIGNING_SECRET_MAX_BYTES, SIGNING_SECRET_MIN_BYTES } from './limits.ts'

/** Channel name to its secrets, each as `whsec_` and base64, the newest first. */
export type SigningSecrets = ReadonlyMap<string, readonly string[]>

/** Reads `ALERT_SECRETS`. Problems name the entry by its place and never contain any of it but a channel's name. */
export function parseSigningSecrets(value: unknown): {
  readonly secrets: SigningSecrets
  readonly problems: readonly string[]
} {
  const secrets = new Map<string, string[]>()
  const problems: string[] = []
  for (const [i, entry] of entriesOf(value).entries()) {
    const [, channel, base64] = /^([a-z0-9-]{1,32}):whsec_([A-Za-z0-9+/]+={0,2})$/.exec(entry) ?? []
    const problem = base64 === undefined ? 'is not "channel:whsec_base64"' : lengthProblem(base64)
    if (problem !== null || channel === undefined) {
      problems.push(`ALERT_SECRETS, entry ${i + 1}${channel === undefined ? '' : ` (${channel})`}: ${problem}`)
      continue
    }
    const ofChannel = secrets.get(channel) ?? []
    if (ofChannel.length === SECRETS_PER_CHANNEL_MAX) {
      problems.push(`ALERT_SECRETS, entry ${i + 1} (${channel}): at most ${SECRETS_PER_CHANNEL_MAX} for one channel`)
    }
    secrets.set(channel, [...ofChannel, `whsec_${base64}`])
  }
  return { secrets, problems }
}

function entriesOf(value: unknown): string[] {
  if (value === undefined || value === null) return []
  return typeof value === 'string' && value.trim() === ''
    ? []
    : String(value)
        .split(',')
        .map((entry) => entry.trim())
}

function lengthProblem(base64: string): string | null {
  const bytes = byteLength(base64)
  if (bytes === null) return 'is not "channel:whsec_base64"'
  const fits = bytes >= SIGNING_SECRET_MIN_BYTES && bytes <= SIGNING_SECRET_MAX_BYTES
  return fits ? null : `has ${bytes} bytes, ${SIGNING_SECRET_MIN_BYTES} to ${SIGNING_SECRET_MAX_BYTES} are needed`
}

function byteLength(base64: string): number | null {
  try {
    // `atob` forgives missing padding, the library that signs does not.
    return base64.length % 4 === 0 ? atob(base64).length : null
  } catch {
    return null
  }
}
