/**
 * What this isolate serves with: settings, keys and bindings, checked once and then shared by all requests.
 */

import type { AlertDelivery } from './alerts/consume-alerts.ts'
import { platformIo } from './alerts/deliver.ts'
import type { BypassRule } from './bypass/bypass-rules.ts'
import { ADMIN_TOKEN_MIN_CHARS } from './limits.ts'
import { logError } from './log.ts'
import type { Origin } from './origin/proxy.ts'
import { type RoomNamespace, roomClient, roomStub } from './room/room-clients.ts'
import { deployedSettings } from './settings/deployed-settings.ts'
import type { RoomSettings } from './settings/rooms.ts'
import { importSigningKeys, type SigningKey } from './tokens/signing-keys.ts'
import { VerifiedTokens } from './tokens/verified-tokens.ts'

export interface Deployment {
  readonly rooms: readonly RoomSettings[]
  readonly keys: readonly SigningKey[]
  /** Of this isolate. */
  readonly verified: VerifiedTokens
  readonly origin: Origin
  /** Null: the operators' API is off. */
  readonly adminToken: string | null
  readonly client: (room: RoomSettings) => ReturnType<typeof roomClient>
  readonly stub: (room: RoomSettings) => ReturnType<typeof roomStub>
  readonly alerts: AlertDelivery
  /** Who skips each room, by room name. */
  readonly bypasses: ReadonlyMap<string, readonly BypassRule[]>
  /** Null: newcomers are not counted by address. */
  readonly joinLimiter: RateLimit | null
}

let ready: Deployment | null = null

/**
 * The deployment, null when it must not serve; the reason is in the log. Only the result is kept, never the promise: that
 * would hang for everyone if the request that made it was cancelled.
 */
export async function deployment(env: Env): Promise<Deployment | null> {
  if (ready !== null) return ready
  try {
    const keys = await importSigningKeys(env.SIGNING_KEYS)
    // Written by wrangler without the class's methods, since the class is in this very Worker.
    const namespace = env.WAITING_ROOM as unknown as RoomNamespace
    ready = {
      rooms: deployedSettings.rooms,
      keys,
      verified: new VerifiedTokens(),
      origin: {
        url: deployedSettings.originUrl,
        binding: env.ORIGIN ?? null,
        secret: env.ORIGIN_SECRET ?? null,
        timeoutSeconds: deployedSettings.originTimeoutSeconds,
        rooms: deployedSettings.rooms,
        bypassHeaders: deployedSettings.rooms.flatMap(({ bypass }) => bypass.flatMap(({ header }) => header ?? [])),
      },
      adminToken: usableAdminToken(env.ADMIN_TOKEN),
      client: (room) => roomClient(namespace, room),
      stub: (room) => roomStub(namespace, room),
      alerts: alertDelivery(namespace, env),
      bypasses: deployedSettings.bypasses,
      joinLimiter: env.JOIN_LIMIT ?? null,
    }
    return ready
  } catch (error) {
    logError('not_configured', error)
    return null
  }
}

function alertDelivery(namespace: RoomNamespace, env: Env): AlertDelivery {
  const { channels, pushes } = deployedSettings
  return {
    channelOf: ({ kind, room, channel }) =>
      kind === 'stats' ? pushes.get(room) : channels.find(({ name }) => name === channel),
    ledger: (room) => namespace.getByName(room),
    io: platformIo(env.EMAIL ?? null),
  }
}

function usableAdminToken(value: string | undefined): string | null {
  if (value === undefined || value === '') return null
  if (value.length >= ADMIN_TOKEN_MIN_CHARS) return value
  const reason = `ADMIN_TOKEN has ${value.length} characters, ${ADMIN_TOKEN_MIN_CHARS} or more are needed: the API stays off`
  logError('admin_token_weak', new Error(reason))
  return null
}
