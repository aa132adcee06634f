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
export const SIGNING_KEYS_REMEDY =
  'Set a new one with: npm run --silent make-key | npx wrangler secret put SIGNING_KEYS --env ENVIRONMENT (in a local run: echo "SIGNING_KEYS=$(npm run --silent make-key)" >> .dev.vars)'

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
  const { kid, bytes, problem } = parseKey(entry)
  if (problem !== null) throw new Error(`SIGNING_KEYS, entry ${place}${problem}. ${SIGNING_KEYS_REMEDY}`)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign', 'verify'])
  const header = base64Url(new TextEncoder().encode(JSON.stringify({ alg: 'HS256', kid })))
  return { kid, header, key }
}

type ParsedKey =
  | { readonly kid: string; readonly bytes: Uint8Array<ArrayBuffer>; readonly problem: null }
  | { readonly kid: null; readonly bytes: null; readonly problem: string }

/** Problems begin with what stands after "entry 1", and never repeat what might be the key. */
function parseKey(entry: string): ParsedKey {
  const colon = entry.indexOf(':')
  if (colon < 0) return unusable(': is not NAME:KEY, there is no ":"; NAME is any id for the key, such as the date')
  const [kid, secret] = [entry.slice(0, colon), entry.slice(colon + 1)]
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(kid)) {
    return unusable(': is not NAME:KEY, the name must be 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-"')
  }
  const bytes = bytesOf(secret)
  if (bytes === null) {
    return unusable(
      ': is not NAME:KEY, the key must be base64url: only A-Z, a-z, 0-9, "-" and "_", with nothing cut off',
    )
  }
  if (bytes.length >= SIGNING_KEY_MIN_BYTES) return { kid, bytes, problem: null }
  return unusable(` (${kid}): has ${bytes.length} bytes, ${SIGNING_KEY_MIN_BYTES} or more are needed`)
}

function unusable(problem: string): ParsedKey {
  return { kid: null, bytes: null, problem }
}

function bytesOf(secret: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(secret)) return null
  try {
    return fromBase64Url(secret.replace(/=+$/, ''))
  } catch {
    return null
  }
}
