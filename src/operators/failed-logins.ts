/**
 * Rate-limits token guessing: after too many failures an address is blocked for up to a minute. One
 * object counts for all isolates, and each isolate caches the blocks that it learns of.
 */
import { cacheSet } from '../cache.ts'
import { clientNetwork } from '../http/client-address.ts'
import { logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { RoomNamespace } from '../room/room-clients.ts'
import { base64Url } from '../tokens/signing-keys.ts'
import { LOGIN_ADDRESSES_MAX, LOGIN_WINDOW_MS } from './limits.ts'
import type { SessionKey } from './session.ts'

/**
 * The RPC interface of durable-objects/login-guard.ts. Both return when the address may try again,
 * ms since 1970; 0: now.
 */
export interface LoginGuardObject {
  countFailure(address: string): number
  blockedUntil(address: string): number
}

export type LoginGuardNamespace = DurableObjectNamespace<LoginGuardObject & Rpc.DurableObjectBranded>

/** The name of the one guard. */
const GUARD = 'operators'

/**
 * Earlier versions counted in an object of the rooms' class with this name, which no room has. Its
 * blocks last a minute.
 */
const FORMER_GUARD = '~operators'

export class FailedLogins {
  private readonly guards: LoginGuardNamespace
  private readonly formerGuards: RoomNamespace | null
  private readonly key: CryptoKey
  private readonly blocked = new Map<string, number>()

  /** @param formerGuards null: no earlier version has counted */
  constructor(guards: LoginGuardNamespace, formerGuards: RoomNamespace | null, keys: readonly SessionKey[]) {
    this.guards = guards
    this.formerGuards = formerGuards
    this.key = (keys[0] as SessionKey).key
  }

  /** Seconds until the request's address may try again; 0: now. `ask`: also asks the object. */
  async blockedSeconds(request: Request, ask: boolean, nowMs: number): Promise<number> {
    const address = await this.addressOf(request)
    const untilMs = this.blocked.get(address) ?? (ask ? await this.blockedUntil(address) : 0)
    return this.remember(address, untilMs, nowMs)
  }

  /** Counts a failure. Returns the seconds until the address may try again; 0: now. */
  async note(request: Request, nowMs: number): Promise<number> {
    const address = await this.addressOf(request)
    const untilMs = await callOrAllow(() => this.guards.getByName(GUARD).countFailure(address))
    return this.remember(address, untilMs, nowMs)
  }

  private async blockedUntil(address: string): Promise<number> {
    const { guards, formerGuards } = this
    const untilMs = await Promise.all([
      callOrAllow(() => guards.getByName(GUARD).blockedUntil(address)),
      formerGuards === null ? 0 : callOrAllow(() => formerGuards.getByName(FORMER_GUARD).loginBlockedUntil(address)),
    ])
    return Math.max(...untilMs)
  }

  private remember(address: string, untilMs: number, nowMs: number): number {
    // More than two windows ahead, this isolate's clock was set back. Up to one, clocks may differ.
    if (untilMs <= nowMs || untilMs - nowMs > 2 * LOGIN_WINDOW_MS) {
      this.blocked.delete(address)
      return 0
    }
    cacheSet(this.blocked, LOGIN_ADDRESSES_MAX, address, untilMs)
    return Math.ceil((untilMs - nowMs) / 1000)
  }

  /**
   * Stores a keyed hash instead of the address. IPv6 addresses are reduced to the network of one
   * household or server.
   */
  private async addressOf(request: Request): Promise<string> {
    const network = clientNetwork(request) ?? 'unknown'
    const digest = await crypto.subtle.sign('HMAC', this.key, new TextEncoder().encode(`address ${network}`))
    return base64Url(new Uint8Array(digest)).slice(0, 22)
  }
}

/**
 * An address that cannot be counted is not blocked: in an outage operators must be able to log in.
 */
async function callOrAllow(call: () => Promise<number>): Promise<number> {
  try {
    return await call()
  } catch (error) {
    logWarning('failed_logins_not_counted', { error: errorText(error) })
    return 0
  }
}
