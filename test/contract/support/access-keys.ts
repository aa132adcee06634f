/** Access keys that the tests sign themselves, independent of the Worker's code. */
import { createHmac, randomBytes } from 'node:crypto'
import { signedText } from './tokens.ts'
import { SIGNING_KEY, SIGNING_KEY_ID } from './worker-config.ts'

const ACCESS_KEY = createHmac('sha256', SIGNING_KEY).update('waiting-room access key 1').digest()

export const nowSeconds = () => Math.floor(Date.now() / 1000)

/** A key with these claims. Missing ones are those of a fresh invitation. */
export function accessKey(room: string, claims: object = {}, key: Buffer = ACCESS_KEY): string {
  const full = {
    kind: 'access-key',
    room,
    id: newId(),
    type: 'invite',
    uses: 1,
    iat: nowSeconds(),
    exp: nowSeconds() + 3600,
    ...claims,
  }
  return signedText(JSON.stringify({ alg: 'HS256', kid: SIGNING_KEY_ID }), JSON.stringify(full), key)
}

export function newId(): string {
  return randomBytes(12).toString('base64url')
}
