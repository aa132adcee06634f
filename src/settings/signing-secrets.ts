/**
 * The secrets that sign webhooks, from the variable `ALERT_SECRETS` =
 * `channel:whsec_base64[,channel:whsec_base64...]`.
 *
 * Every secret of a channel signs, so a receiver that knows either the old or the new one accepts
 * the message. To rotate, put the new secret in front, change the receiver, then drop the old
 * secret. Entries of unknown channels are ignored, because secrets and channels are deployed
 * separately.
 */

/** Standard Webhooks: a symmetric secret has 24 to 64 bytes. */
const SECRET_MIN_BYTES = 24
const SECRET_MAX_BYTES = 64

/** A rotation needs two. Each one adds 47 characters to the signature header. */
const SECRETS_PER_CHANNEL_MAX = 4

/** Secrets by channel name, each as `whsec_` and base64, the newest first. */
export type SigningSecrets = ReadonlyMap<string, readonly string[]>

/** Problems name an entry by its index and contain nothing of it but the channel's name. */
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
  if (typeof value === 'string' && value.trim() === '') return []
  return String(value)
    .split(',')
    .map((entry) => entry.trim())
}

function lengthProblem(base64: string): string | null {
  const bytes = byteLength(base64)
  if (bytes === null) return 'is not "channel:whsec_base64"'
  if (bytes >= SECRET_MIN_BYTES && bytes <= SECRET_MAX_BYTES) return null
  return `has ${bytes} bytes, ${SECRET_MIN_BYTES} to ${SECRET_MAX_BYTES} are needed`
}

function byteLength(base64: string): number | null {
  try {
    // `atob` accepts missing padding; the signing library does not.
    return base64.length % 4 === 0 ? atob(base64).length : null
  } catch {
    return null
  }
}
