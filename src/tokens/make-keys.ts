/** Makes access keys, for the API and for `npm run make-keys`: bounds, defaults and links. */
import { ACCESS_KEY_LIFE_MAX_DAYS, ACCESS_KEY_USES_MAX, DAY_MS, PERSON_ID_MAX_CHARS } from '../limits.ts'
import {
  ACCESS_KEY_TYPES,
  type AccessKey,
  type AccessKeyType,
  newKeyId,
  personOf,
  signAccessKey,
} from './access-key.ts'
import type { SigningKey } from './signing-keys.ts'

/** The parameter of a link that carries a key. */
export const KEY_PARAMETER = 'wr_key'

export interface KeyOrder {
  readonly room: string
  readonly type: AccessKeyType
  /** How many keys; with `persons`, one for each of them. */
  readonly count: number
  readonly uses: number
  readonly expiresMs: number
  readonly run?: number
  readonly lane?: string
  readonly counted?: boolean
  /** Ids of people. Neither stored nor part of a key. */
  readonly persons?: readonly string[]
}

export interface MadeKey {
  readonly id: string
  readonly key: string
  /** The person's id as ordered; null: the key is not a person's. */
  readonly person: string | null
}

export interface OrderProblem {
  readonly key: keyof KeyOrder
  readonly problem: string
}

const isWholeUpTo = (value: number, max: number) => Number.isSafeInteger(value) && value >= 1 && value <= max

/**
 * Why the order cannot be filled, each with the key that must change.
 * @param countMax the most keys of one order
 */
export function orderProblems(order: KeyOrder, countMax: number, nowMs: number): OrderProblem[] {
  const { type, count, uses, expiresMs, run, lane, counted, persons } = order
  const found: OrderProblem[] = []
  const say = (key: keyof KeyOrder, problem: string) => void found.push({ key, problem })
  if (!isWholeUpTo(count, countMax)) say('count', `must be a whole number from 1 to ${countMax}`)
  if (!isWholeUpTo(uses, ACCESS_KEY_USES_MAX)) say('uses', `must be a whole number from 1 to ${ACCESS_KEY_USES_MAX}`)
  if (!(expiresMs > nowMs)) say('expiresMs', 'must be a time in the future')
  else if (expiresMs > nowMs + ACCESS_KEY_LIFE_MAX_DAYS * DAY_MS) {
    say('expiresMs', `must be at most ${ACCESS_KEY_LIFE_MAX_DAYS} days from now`)
  }
  if (run !== undefined && !isWholeUpTo(run, Number.MAX_SAFE_INTEGER)) say('run', 'must be the number of a run')
  if (lane !== undefined && type !== 'priority') say('lane', 'is for the type "priority" only')
  if (lane !== undefined && !/^[a-z0-9-]{1,32}$/.test(lane)) say('lane', 'must be 1 to 32 of a-z, 0-9 and "-"')
  if (counted !== undefined && type !== 'skip') say('counted', 'is for the type "skip" only')
  for (const problem of personProblems(order)) say('persons', problem)
  if (!(ACCESS_KEY_TYPES as readonly string[]).includes(type)) {
    say('type', `must be one of ${ACCESS_KEY_TYPES.join(', ')}`)
  }
  return persons !== undefined && persons.length !== count
    ? [...found, { key: 'persons', problem: 'gets one key for each person: leave the count out' }]
    : found
}

function personProblems({ type, counted, persons }: KeyOrder): string[] {
  if (persons === undefined) return type === 'person' ? ['are needed for the type "person"'] : []
  const found: string[] = []
  const isBad = (id: string) => id.trim() === '' || id.length > PERSON_ID_MAX_CHARS
  if (persons.length === 0 || persons.some(isBad)) {
    found.push(`must be ids of 1 to ${PERSON_ID_MAX_CHARS} characters, at least one`)
  }
  // A request past the room has no place that could be the person's only one.
  if (type === 'skip' && counted === false) found.push('cannot have keys that go past the room without being counted')
  return found
}

/**
 * @param order without problems
 * @param keys SIGNING_KEYS
 * @param signing those of `accessSigningKeys`
 */
export function makeKeys(
  order: KeyOrder,
  keys: readonly SigningKey[],
  signing: readonly SigningKey[],
  nowMs: number,
): Promise<MadeKey[]> {
  const { room, type, count, uses, expiresMs, run, lane, counted = true, persons } = order
  const shared = {
    room,
    type,
    uses,
    issuedSeconds: Math.floor(nowMs / 1000),
    expiresSeconds: Math.ceil(expiresMs / 1000),
    ...(run === undefined ? {} : { run }),
    ...(lane === undefined ? {} : { lane }),
    ...(type === 'skip' ? { counted } : {}),
  }
  return Promise.all(
    Array.from({ length: count }, async (_, i): Promise<MadeKey> => {
      const person = persons?.[i]
      const own = person === undefined ? {} : { person: await personOf(person, room, keys) }
      const key: AccessKey = { ...shared, id: newKeyId(), ...own }
      return { id: key.id, key: await signAccessKey(key, signing), person: person ?? null }
    }),
  )
}

/** The link that presents a key; null: the address is not one of a site. */
export function keyLink(address: string, key: string): string | null {
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null
  // Not `searchParams`, which would rewrite the other parameters.
  url.search += `${url.search === '' ? '?' : '&'}${KEY_PARAMETER}=${key}`
  return url.href
}
