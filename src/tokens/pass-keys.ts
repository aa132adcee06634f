/**
 * The keys that passes for the origin are signed with: `PASS_KEYS` =
 * `kid:algorithm:base64url-of-PKCS8[,...]`, algorithm `Ed25519` or `ES256`. The first key signs.
 * The public parts of all keys are published, so that an origin accepts passes of both during a
 * rotation.
 */
import type { JSONWebKeySet, JWK } from 'jose'
import { PASS_KEYS_MAX } from '../limits.ts'
import { bytesOfBase64Url, KEY_ID, KEY_ID_FORM } from './signing-keys.ts'

export interface PassKey {
  readonly kid: string
  /** The `alg` of its signatures. Most libraries know Ed25519 by its older name `EdDSA`. */
  readonly alg: 'EdDSA' | 'ES256'
  /** Cannot be exported. */
  readonly key: CryptoKey
  /** The public part, with `kid`, `alg` and `use`. */
  readonly jwk: JWK
}

const ALGORITHMS = {
  Ed25519: { alg: 'EdDSA', params: { name: 'Ed25519' } },
  ES256: { alg: 'ES256', params: { name: 'ECDSA', namedCurve: 'P-256' } },
} as const

/** The remedy in errors about unusable keys. */
export const PASS_KEYS_REMEDY =
  'Set a new one with: npm run --silent make-key -- --pass | npx wrangler secret put PASS_KEYS --env ENVIRONMENT (in a local run: echo "PASS_KEYS=$(npm run --silent make-key -- --pass)" >> .dev.vars)'

/**
 * Null: there are none, and passes for the origin are ours (HS256).
 * @throws Error with the problem and the command that sets the keys; it never contains a key
 */
export async function importPassKeys(value: string | undefined): Promise<readonly PassKey[] | null> {
  if (value === undefined || value.trim() === '') return null
  const entries = value.split(',').map((entry) => entry.trim())
  if (entries.length > PASS_KEYS_MAX) throw unusable(`has ${entries.length} keys, ${PASS_KEYS_MAX} at most`)
  const keys = await Promise.all(entries.map((entry, i) => importKey(entry, `entry ${i + 1}`)))
  const twice = keys.find(({ kid }, i) => keys.findIndex((other) => other.kid === kid) !== i)
  if (twice !== undefined) throw unusable(`has the name ${twice.kid} twice: verifiers could not tell the keys apart`)
  return keys
}

/** The document at `/jwks.json`. */
export function publicKeys(keys: readonly PassKey[]): JSONWebKeySet {
  return { keys: keys.map(({ jwk }) => jwk) }
}

function unusable(problem: string): Error {
  return new Error(`PASS_KEYS ${problem}. ${PASS_KEYS_REMEDY}`)
}

/** A problem never repeats what might be the key. */
async function importKey(entry: string, place: string): Promise<PassKey> {
  const [kid = '', algorithm = '', secret = '', ...rest] = entry.split(':')
  if (!KEY_ID.test(kid) || secret === '' || rest.length > 0) {
    throw unusable(`(${place}) is not NAME:ALGORITHM:KEY with a name of ${KEY_ID_FORM}`)
  }
  if (!isAlgorithm(algorithm)) {
    throw unusable(`(${place}, ${kid}): the algorithm must be ${Object.keys(ALGORITHMS).join(' or ')}`)
  }
  const bytes = bytesOfBase64Url(secret)
  if (bytes === null) {
    throw unusable(`(${place}, ${kid}): the key must be base64url: only A-Z, a-z, 0-9, "-" and "_", nothing cut off`)
  }
  const { alg, params } = ALGORITHMS[algorithm]
  try {
    const key = await crypto.subtle.importKey('pkcs8', bytes, params, false, ['sign'])
    const readable = await crypto.subtle.importKey('pkcs8', bytes, params, true, ['sign'])
    return {
      kid,
      alg,
      key,
      jwk: { ...publicPart(await crypto.subtle.exportKey('jwk', readable)), kid, alg, use: 'sig' },
    }
  } catch {
    throw unusable(`(${place}, ${kid}): is not a private key of ${algorithm} in PKCS #8`)
  }
}

function isAlgorithm(text: string): text is keyof typeof ALGORITHMS {
  return Object.hasOwn(ALGORITHMS, text)
}

/** Names what is public, so that no private member gets out with a new kind of key. */
function publicPart(exported: JsonWebKey | ArrayBuffer): JWK {
  const { kty, crv, x, y } = exported as JsonWebKey
  if (kty === undefined || crv === undefined || x === undefined) throw new Error('no public part')
  return { kty, crv, x, ...(y === undefined ? {} : { y }) }
}
