/**
 * The keys that tokens are signed with: `SIGNING_KEYS` = `kid:base64url[,kid:base64url...]`. The
 * first key signs, all keys verify, so rotation invalidates no token.
 */
import { decodeBase64Url, encodeBase64Url } from 'hono/utils/encode'
import { SIGNING_KEY_MIN_BYTES } from '../limits.ts'

export interface SigningKey {
  readonly kid: string
  /**
   * The encoded protected header of every token of this key. It is compared as text, never parsed.
   */
  readonly header: string
  readonly key: CryptoKey
}

/** The names that keys may have, and the rule in words. */
export const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/
export const KEY_ID_FORM = '1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-"'

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' }

/** The remedy in errors about unusable keys. */
export const SIGNING_KEYS_REMEDY =
  'Set a new one with: npm run --silent make-key | npx wrangler secret put SIGNING_KEYS --env ENVIRONMENT (in a local run: echo "SIGNING_KEYS=$(npm run --silent make-key)" >> .dev.vars)'

/** @throws Error with the problem and the command that sets the keys; it never contains a key */
export async function importSigningKeys(value: string | undefined): Promise<readonly SigningKey[]> {
  if (value === undefined || value.trim() === '') throw new Error(`SIGNING_KEYS is not set. ${SIGNING_KEYS_REMEDY}`)
  const entries = value.split(',').map((entry) => entry.trim())
  return Promise.all(entries.map((entry, i) => importKey(entry, i + 1)))
}

/**
 * Keys for another purpose, under the same names: nothing signed with one kind of key is accepted
 * by the other.
 */
export function derivedKeys(keys: readonly SigningKey[], purpose: string): Promise<readonly SigningKey[]> {
  return Promise.all(
    keys.map(async ({ kid, header, key }) => {
      const derived = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(purpose))
      return { kid, header, key: await crypto.subtle.importKey('raw', derived, ALGORITHM, false, ['sign', 'verify']) }
    }),
  )
}

async function importKey(entry: string, place: number): Promise<SigningKey> {
  const { kid, bytes, problem } = parseKey(entry)
  if (problem !== null) throw new Error(`SIGNING_KEYS, entry ${place}${problem}. ${SIGNING_KEYS_REMEDY}`)
  const key = await crypto.subtle.importKey('raw', bytes, ALGORITHM, false, ['sign', 'verify'])
  const header = base64Url(new TextEncoder().encode(JSON.stringify({ alg: 'HS256', kid })))
  return { kid, header, key }
}

type ParsedKey =
  | { readonly kid: string; readonly bytes: Uint8Array<ArrayBuffer>; readonly problem: null }
  | { readonly kid: null; readonly bytes: null; readonly problem: string }

/** A problem is the text after "entry 1". It never repeats what might be the key. */
function parseKey(entry: string): ParsedKey {
  const colon = entry.indexOf(':')
  if (colon < 0) return unusable(': is not NAME:KEY, there is no ":"; NAME is any id for the key, such as the date')
  const [kid, secret] = [entry.slice(0, colon), entry.slice(colon + 1)]
  if (!KEY_ID.test(kid)) return unusable(`: is not NAME:KEY, the name must be ${KEY_ID_FORM}`)
  const bytes = bytesOfBase64Url(secret)
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

/** The bytes of a key in base64url, with or without padding; null: it is not base64url. */
export function bytesOfBase64Url(secret: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(secret)) return null
  try {
    return fromBase64Url(secret.replace(/=+$/, ''))
  } catch {
    return null
  }
}

/**
 * Node 24, which runs some tests, lacks base64 for Uint8Array. The native one takes a tenth of the
 * time.
 */
const hasNativeBase64 = 'fromBase64' in Uint8Array

/** Base64url without padding (RFC 7515, section 2). */
export function base64Url(bytes: Uint8Array): string {
  if (hasNativeBase64) return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
  return encodeBase64Url(bytes.slice().buffer).replace(/=+$/, '')
}

/** @throws if the text is not base64url */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return hasNativeBase64 ? Uint8Array.fromBase64(text, { alphabet: 'base64url' }) : decodeBase64Url(text)
}
