/** Keys for PASS_KEYS that a test generates itself. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'

export interface TestPassKey {
  readonly kid: string
  readonly alg: 'EdDSA' | 'ES256'
  readonly privateKey: KeyObject
  /** The entry of PASS_KEYS. */
  readonly entry: string
}

export function passKey(kid: string, algorithm: 'Ed25519' | 'ES256' = 'Ed25519'): TestPassKey {
  const { privateKey } =
    algorithm === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const text = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url')
  return { kid, alg: algorithm === 'Ed25519' ? 'EdDSA' : 'ES256', privateKey, entry: `${kid}:${algorithm}:${text}` }
}
