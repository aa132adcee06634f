/**
 * Access keys: signed texts that operators give to people who were promised a place. They
 * have separate signing keys, so no ticket is ever accepted as one. How often a key was used,
 * and whether it was revoked, only the room's object knows.
 */
import { ACCESS_KEY_USES_MAX, KEY_CLOCK_SKEW_SECONDS } from '../limits.ts'
import { base64Url, derivedKeys, type SigningKey } from './signing-keys.ts'
import { signClaims, verifyClaims } from './token.ts'

/**
 * `invite`: the holder may join at all. `person`: one live place per person. `priority`: joins
 * another lane. `skip`: goes first, or past the room.
 */
export const ACCESS_KEY_TYPES = ['invite', 'person', 'priority', 'skip'] as const

export type AccessKeyType = (typeof ACCESS_KEY_TYPES)[number]

export interface AccessKey {
  readonly room: string
  /** 16 characters of base64url. */
  readonly id: string
  readonly type: AccessKeyType
  /** How many places the key is good for, 1 to 1,000,000. */
  readonly uses: number
  /** Seconds since 1970. */
  readonly issuedSeconds: number
  readonly expiresSeconds: number
  /** The only run in which it counts; missing: any. */
  readonly run?: number
  /** See `personOf`. */
  readonly person?: string
  /** `priority`: the lane; missing: the first one of the room's settings. */
  readonly lane?: string
  /** `skip`: true: within the capacity, before all lanes. False: past the room. */
  readonly counted?: boolean
}

const KIND = 'access-key'

/** The claims on the wire. */
interface Claims {
  kind: typeof KIND
  room: string
  id: string
  type: AccessKeyType
  uses: number
  iat: number
  exp: number
  run?: number
  person?: string
  lane?: string
  counted?: boolean
}

const ID_BYTES = 12
/** 128 bits: nobody guesses the hash of another person. */
const PERSON_BYTES = 16

/** The keys that access keys are signed with. */
export function accessSigningKeys(keys: readonly SigningKey[]): Promise<readonly SigningKey[]> {
  return derivedKeys(keys, 'waiting-room access key 1')
}

export function newKeyId(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(ID_BYTES)))
}

/** @param keys those of `accessSigningKeys` */
export function signAccessKey(key: AccessKey, keys: readonly SigningKey[]): Promise<string> {
  const { room, id, type, uses, issuedSeconds, expiresSeconds, run, person, lane, counted } = key
  const claims: Claims = {
    kind: KIND,
    room,
    id,
    type,
    uses,
    iat: issuedSeconds,
    exp: expiresSeconds,
    ...(run === undefined ? {} : { run }),
    ...(person === undefined ? {} : { person }),
    ...(lane === undefined ? {} : { lane }),
    ...(counted === undefined ? {} : { counted }),
  }
  return signClaims(claims, keys)
}

/** The key, or null for a text that we did not sign. Does not check its times. Never throws. */
export async function verifyAccessKey(text: string, keys: readonly SigningKey[]): Promise<AccessKey | null> {
  const claims = (await verifyClaims(text, keys)) as Partial<Claims> | null
  if (claims?.kind !== KIND) return null
  const { room, id, type, uses, iat, exp, run, person, lane, counted } = claims
  if (typeof room !== 'string' || typeof id !== 'string' || !isType(type)) return null
  const wholes = [uses, iat, exp, run ?? 0]
  if (!wholes.every((value) => Number.isSafeInteger(value) && (value as number) >= 0)) return null
  if ((uses as number) < 1 || (uses as number) > ACCESS_KEY_USES_MAX) return null
  return {
    room,
    id,
    type,
    uses: uses as number,
    issuedSeconds: iat as number,
    expiresSeconds: exp as number,
    ...(run === undefined ? {} : { run }),
    ...(typeof person === 'string' ? { person } : {}),
    ...(typeof lane === 'string' ? { lane } : {}),
    ...(typeof counted === 'boolean' ? { counted } : {}),
  }
}

function isType(type: unknown): type is AccessKeyType {
  return (ACCESS_KEY_TYPES as readonly unknown[]).includes(type)
}

/**
 * `early`: made by a machine whose clock is ahead. Clocks may differ by `KEY_CLOCK_SKEW_SECONDS`.
 * The object judges the expiry by its own clock, too.
 */
export function timeProblem({ issuedSeconds, expiresSeconds }: AccessKey, nowMs: number): 'early' | 'expired' | null {
  const nowSeconds = nowMs / 1000
  if (nowSeconds >= expiresSeconds) return 'expired'
  return nowSeconds < issuedSeconds - KEY_CLOCK_SKEW_SECONDS ? 'early' : null
}

/**
 * A keyed hash of a person's id, which no key and no room ever contains. It uses the oldest signing
 * key, so that it stays the same when a new key is put in front.
 */
export async function personOf(id: string, room: string, keys: readonly SigningKey[]): Promise<string> {
  const { key } = keys.at(-1) as SigningKey
  const text = new TextEncoder().encode(`person:${room}\n${id.normalize('NFC').trim()}`)
  const digest = await crypto.subtle.sign('HMAC', key, text)
  return base64Url(new Uint8Array(digest).subarray(0, PERSON_BYTES))
}
