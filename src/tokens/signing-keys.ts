/**
 * The keys that tokens are signed with: `SIGNING_KEYS` = `kid:base64url[,kid:base64url...]`. The first signs, all verify,
 * so a new key put in front takes over without any token being lost.
 */
import { SIGNING_KEY_MIN_BYTES } from '../limits.ts'
import { base64Url, fromBase64Url } from './base64-url.ts'

export interface SigningKey {
  readonly kid: string
  /** The protected header of every token of this key, encoded: compared as text, never parsed. */
  readonly header: string
  readonly key: CryptoKey
}

/** What an operator reads when there are no usable keys. */
export const SIGNING_KEYS_REMEDY = 'Set it with: npm run --silent make-key | npx wrangler secret put SIGNING_KEYS'

/**
 * Reads and imports the keys.
 * @throws Error naming what is wrong and the command that sets the keys; it never contains a key
 */
export async function importSigningKeys(value: string | undefined): Promise<readonly SigningKey[]> {
  if (value === undefined || value.trim() === '') throw new Error(`SIGNING_KEYS is not set. ${SIGNING_KEYS_REMEDY}`)
  const entries = value.split(',').map((entry) => entry.trim())
  return Promise.all(entries.map((entry, i) => importKey(entry, i + 1)))
}

async function importKey(entry: string, place: number): Promise<SigningKey> {
  const [, kid, secret] = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]+)={0,2}$/.exec(entry) ?? []
  if (kid === undefined || secret === undefined) {
    throw new Error(`SIGNING_KEYS, entry ${place}: is not "kid:base64url". ${SIGNING_KEYS_REMEDY}`)
  }
  const bytes = fromBase64Url(secret)
  if (bytes.length < SIGNING_KEY_MIN_BYTES) {
    throw new Error(
      `SIGNING_KEYS, entry ${place} (${kid}): has ${bytes.length} bytes, ${SIGNING_KEY_MIN_BYTES} or more are needed. ${SIGNING_KEYS_REMEDY}`,
    )
  }
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign', 'verify'])
  const header = base64Url(new TextEncoder().encode(JSON.stringify({ alg: 'HS256', kid })))
  return { kid, header, key }
}
