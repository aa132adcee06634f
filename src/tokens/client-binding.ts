/**
 * Binds tokens to the client they are given to (`bind_pass`), so that a pass handed around is of no use to others: it counts as
 * none where it comes from another client. Tickets are bound as well: who has another's ticket could claim a pass of their own.
 *
 * What a client is known by goes into the token as a short keyed hash, which tells nobody an address. All signing keys are
 * tried, so that rotation costs no place. Tokens without a binding (from before the setting was on) count for anyone.
 */

import { cacheSet } from '../cache.ts'
import { clientAddress, networkOf } from '../http/client-address.ts'
import { BINDING_IPV4_BYTES, BINDING_IPV6_BYTES, BINDINGS_REMEMBERED_MAX, USER_AGENT_BOUND_CHARS } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { PresentedToken } from './presented.ts'
import { base64Url, type SigningKey } from './signing-keys.ts'

type BindPass = Exclude<RoomSettings['bind_pass'], 'none'>

/** What a binding begins with: by what its client is known. */
const KINDS = { agent: 'a', 'agent-and-network': 'n' } as const satisfies Record<BindPass, string>

/** 72 bits: nobody finds another client that fits by chance. */
const HASH_BYTES = 9

/** By key, then by client: a browser asks many times, and most look alike. */
const remembered = new WeakMap<CryptoKey, Map<string, string>>()

export class ClientBinding {
  private readonly request: Request
  private readonly bindPass: BindPass
  private readonly keys: readonly SigningKey[]

  private constructor(request: Request, bindPass: BindPass, keys: readonly SigningKey[]) {
    this.request = request
    this.bindPass = bindPass
    this.keys = keys
  }

  /** Null: the room binds nothing. */
  static of(request: Request, room: RoomSettings, keys: readonly SigningKey[]): ClientBinding | null {
    return room.bind_pass === 'none' ? null : new ClientBinding(request, room.bind_pass, keys)
  }

  /** For a token that this client is given. */
  forToken(): Promise<string> {
    return this.hash(KINDS[this.bindPass], this.keys[0] as SigningKey)
  }

  /** Those of the tokens that were given to this client. */
  async own(presented: readonly PresentedToken[]): Promise<PresentedToken[]> {
    const own: PresentedToken[] = []
    for (const candidate of presented) if (await this.matches(candidate.token.binding)) own.push(candidate)
    return own
  }

  /** By what the binding itself says its client is known by: the setting may have changed since. */
  private async matches(binding: string | undefined): Promise<boolean> {
    if (binding === undefined) return true
    const kind = Object.values(KINDS).find((known) => binding.startsWith(known))
    if (kind === undefined) return false
    for (const key of this.keys) if ((await this.hash(kind, key)) === binding) return true
    return false
  }

  private async hash(kind: string, { key }: SigningKey): Promise<string> {
    // Signed tokens never begin so: what is hashed here is no token, and the other way round.
    const text = `client:${kind}\n${clientProperties(this.request, kind)}`
    const ofKey = remembered.get(key) ?? new Map<string, string>()
    const known = ofKey.get(text)
    if (known !== undefined) return known
    const digest = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text))
    const hash = `${kind}${base64Url(new Uint8Array(digest).subarray(0, HASH_BYTES))}`
    cacheSet(ofKey, BINDINGS_REMEMBERED_MAX, text, hash)
    remembered.set(key, ofKey)
    return hash
  }
}

function clientProperties(request: Request, kind: string): string {
  const agent = (request.headers.get('User-Agent') ?? '').slice(0, USER_AGENT_BOUND_CHARS)
  if (kind === KINDS.agent) return agent
  const address = clientAddress(request)
  return `${agent}\n${address === null ? '' : networkOf(address, BINDING_IPV4_BYTES, BINDING_IPV6_BYTES)}`
}
