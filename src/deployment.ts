/** This isolate's settings, keys and bindings, checked once and then shared by all requests. */
import type { AlertDelivery } from './alerts/consumer.ts'
import { platformIo } from './alerts/deliver.ts'
import type { BypassRule } from './bypass/bypass-settings.ts'
import { NewcomerCounts } from './core/proof-of-work.ts'
import { infiniteKeys } from './gate/infinite-queue.ts'
import type { JoinLimiters } from './gate/join-limits.ts'
import { logError } from './log/log.ts'
import { Access } from './operators/access.ts'
import type { ApiOff, OperatorAccess } from './operators/caller.ts'
import { FailedLogins, type LoginGuardNamespace } from './operators/failed-logins.ts'
import { importOperators, type TokenOperator } from './operators/operators.ts'
import { sessionKeys } from './operators/session.ts'
import { siteNames } from './origin/host-names.ts'
import type { Origin } from './origin/proxy.ts'
import { reservedNames } from './origin/request-headers.ts'
import { Looks } from './pages/looks.ts'
import { inJurisdiction, sharedJurisdiction } from './room/jurisdiction.ts'
import { type RoomNamespace, roomClient, roomStub } from './room/room-clients.ts'
import { deployedSettings } from './settings/deployed-settings.ts'
import { loginGuardRemedy } from './settings/problems.ts'
import type { RoomSettings } from './settings/rooms.ts'
import { accessSigningKeys } from './tokens/access-key.ts'
import { OriginPasses } from './tokens/origin-pass.ts'
import { importPassKeys, PASS_KEYS_REMEDY } from './tokens/pass-keys.ts'
import { VerifiedTokens } from './tokens/presented.ts'
import { importSigningKeys, type SigningKey } from './tokens/signing-keys.ts'
import { TurnstileValidator } from './turnstile/validation.ts'

export interface Deployment extends JoinLimiters {
  readonly rooms: readonly RoomSettings[]
  readonly keys: readonly SigningKey[]
  readonly verified: VerifiedTokens
  readonly origin: Origin
  readonly operators: OperatorAccess | ApiOff
  /** The built files of the operators' page; null: the deployment has none. */
  readonly assets: Fetcher | null
  readonly looks: Looks
  readonly client: (room: RoomSettings) => ReturnType<typeof roomClient>
  readonly stub: (room: RoomSettings) => ReturnType<typeof roomStub>
  readonly alerts: AlertDelivery
  /** The rules by which requests skip a room, by room name. */
  readonly bypasses: ReadonlyMap<string, readonly BypassRule[]>
  /** Null: newcomers are not checked. */
  readonly turnstile: TurnstileValidator | null
  /** Sign the tickets of the infinite queue. */
  readonly infiniteKeys: readonly SigningKey[]
  /** Of this isolate, in all rooms. */
  readonly newcomers: NewcomerCounts
  /** Sign access keys. */
  readonly accessKeys: readonly SigningKey[]
  /** Signs passes for the origin; null: the origin gets the visitor's own pass. */
  readonly passes: OriginPasses | null
}

let ready: Deployment | null = null

/**
 * Null: the deployment cannot serve, and the log has the reason. Only the result is cached, not the
 * promise: if the request that created a promise were cancelled, all others would hang.
 */
export async function deployment(env: Env): Promise<Deployment | null> {
  if (ready !== null) return ready
  try {
    const keys = await importSigningKeys(env.SIGNING_KEYS)
    // wrangler types the namespace without the class's methods, since the class is in this Worker.
    const namespace = env.WAITING_ROOM as unknown as RoomNamespace
    ready = {
      rooms: deployedSettings.rooms,
      keys,
      verified: new VerifiedTokens(),
      origin: deployedOrigin(env),
      operators: await operatorAccess(env, keys, namespace),
      assets: env.ASSETS ?? null,
      looks: new Looks(env.ASSETS ?? null),
      client: (room) => roomClient(namespace, room),
      stub: (room) => roomStub(namespace, room),
      alerts: alertDelivery(namespace, env),
      bypasses: deployedSettings.bypasses,
      joinLimiter: env.JOIN_LIMIT ?? null,
      networkLimiter: env.JOIN_LIMIT_NETWORK ?? null,
      turnstile: deployedSettings.turnstile && new TurnstileValidator(deployedSettings.turnstile),
      infiniteKeys: await infiniteKeys(keys),
      newcomers: new NewcomerCounts(),
      accessKeys: await accessSigningKeys(keys),
      passes: await originPasses(env),
    }
    return ready
  } catch (error) {
    logError('not_configured', error)
    return null
  }
}

async function originPasses(env: Env): Promise<OriginPasses | null> {
  const keys = await importPassKeys(env.PASS_KEYS)
  const needing = deployedSettings.rooms.find(({ return_hosts }) => return_hosts.length > 0)
  if (keys === null && needing !== undefined) {
    throw new Error(`PASS_KEYS is not set, and the room ${needing.name} has return_hosts. ${PASS_KEYS_REMEDY}`)
  }
  return keys && new OriginPasses(keys, deployedSettings.passIssuer)
}

function deployedOrigin(env: Env): Origin {
  const { originUrl, originHost, originTimeoutSeconds, rooms } = deployedSettings
  const binding = env.ORIGIN ?? null
  // A binding takes the place of ORIGIN_URL.
  const url = binding === null ? originUrl : null
  return {
    url,
    host: originHost,
    site: siteNames(url, originHost),
    binding,
    secret: env.ORIGIN_SECRET ?? null,
    timeoutSeconds: originTimeoutSeconds,
    rooms,
    reserved: reservedNames(rooms),
  }
}

function alertDelivery(namespace: RoomNamespace, env: Env): AlertDelivery {
  const { channels, pushes } = deployedSettings
  return {
    channelOf: ({ kind, room, channel }) =>
      kind === 'stats' ? pushes.get(room) : channels.find(({ name }) => name === channel),
    ledger: (name) => {
      const room = deployedSettings.rooms.find((known) => known.name === name)
      // The jurisdiction of a room that is no longer in the settings is unknown.
      return room === undefined ? namespace.getByName(name) : roomStub(namespace, room)
    },
    io: platformIo(env.EMAIL ?? null),
  }
}

/** The API is off without tokens and Access, and while a token cannot be used. */
async function operatorAccess(
  env: Env,
  keys: readonly SigningKey[],
  rooms: RoomNamespace,
): Promise<OperatorAccess | ApiOff> {
  const operators = await usableOperators(env.ADMIN_TOKEN)
  const access = deployedSettings.access === null ? null : new Access(deployedSettings.access)
  if (operators === null || (operators.length === 0 && access === null)) return 'no-operators'
  // Without it nobody would limit how often tokens are guessed.
  if (env.LOGIN_GUARD === undefined) {
    logError('login_guard_missing', new Error(loginGuardRemedy))
    return 'no-login-guard'
  }
  const sessions = await sessionKeys(keys)
  const jurisdiction = sharedJurisdiction(deployedSettings.rooms)
  const guards = inJurisdiction(env.LOGIN_GUARD as unknown as LoginGuardNamespace, jurisdiction)
  // The former guard is in no jurisdiction.
  const formerGuards = jurisdiction === undefined ? rooms : null
  return { operators, sessionKeys: sessions, access, failedLogins: new FailedLogins(guards, formerGuards, sessions) }
}

/** Null: the value cannot be used. The API is then off, never open. */
async function usableOperators(value: string | undefined): Promise<readonly TokenOperator[] | null> {
  if (value === undefined || value === '') return []
  try {
    return await importOperators(value)
  } catch (error) {
    logError('admin_token_unusable', error)
    return null
  }
}
