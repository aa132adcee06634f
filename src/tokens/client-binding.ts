/**
 * Binds tokens to the client that received them (`bind_pass`): from another client they do not
 * count, so a shared pass is useless. Tickets are bound, too, since another's ticket could be
 * exchanged for a pass.
 *
 * The token contains a short keyed hash of the client's properties, which reveals no address. All
 * signing keys are tried, so rotation costs nobody a place. Tokens without a binding, from before
 * the setting was on, count for anyone.
 */
import { clientAddress, networkOf } from '../http/client-address.ts'
import { BINDING_IPV4_BYTES, BINDING_IPV6_BYTES, USER_AGENT_BOUND_CHARS } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { PresentedToken } from './presented.ts'
import { base64Url, type SigningKey } from './signing-keys.ts'

type BindPass = Exclude<RoomSettings['bind_pass'], 'none'>

/** The first letter of a binding says which properties of the client it covers. */
const KINDS = { agent: 'a', 'agent-and-network': 'n' } as const satisfies Record<BindPass, string>

/** 72 bits: no other client matches by chance. */
const HASH_BYTES = 9

export class ClientBinding {
  private readonly request: Request
  private readonly bindPass: BindPass
  private readonly keys: readonly SigningKey[]

  private constructor(request: Request, bindPass: BindPass, keys: readonly SigningKey[]) {
    this.request = request
    this.bindPass = bindPass
    this.keys = keys
  }

  /** Null: the room binds no tokens. */
  static of(request: Request, room: RoomSettings, keys: readonly SigningKey[]): ClientBinding | null {
    return room.bind_pass === 'none' ? null : new ClientBinding(request, room.bind_pass, keys)
  }

  /** For short-lived tokens: their client seldom changes its network meanwhile. */
  static ofNetwork(request: Request, keys: readonly SigningKey[]): ClientBinding {
    return new ClientBinding(request, 'agent-and-network', keys)
  }

  /** The binding for a new token of this client. */
  forToken(): Promise<string> {
    return this.hash(KINDS[this.bindPass], this.keys[0] as SigningKey)
  }

  /** The tokens that this client received. */
  async own(presented: readonly PresentedToken[]): Promise<PresentedToken[]> {
    const own: PresentedToken[] = []
    for (const candidate of presented) if (await this.matches(candidate.token.binding)) own.push(candidate)
    return own
  }

  /** Uses the properties that the binding covers, since the setting may have changed. */
  async matches(binding: string | undefined): Promise<boolean> {
    if (binding === undefined) return true
    const kind = Object.values(KINDS).find((known) => binding.startsWith(known))
    if (kind === undefined) return false
    for (const key of this.keys) if ((await this.hash(kind, key)) === binding) return true
    return false
  }

  private async hash(kind: string, { key }: SigningKey): Promise<string> {
    // No token begins with this text, so a binding is never a signature of a token.
    const text = `client:${kind}\n${clientProperties(this.request, kind)}`
    const digest = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text))
    return `${kind}${base64Url(new Uint8Array(digest).subarray(0, HASH_BYTES))}`
  }
}

function clientProperties(request: Request, kind: string): string {
  const agent = (request.headers.get('User-Agent') ?? '').slice(0, USER_AGENT_BOUND_CHARS)
  if (kind === KINDS.agent) return agent
  const address = clientAddress(request)
  return `${agent}\n${address === null ? '' : networkOf(address, BINDING_IPV4_BYTES, BINDING_IPV6_BYTES)}`
}
