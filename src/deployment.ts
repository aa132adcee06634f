/** The settings, keys and bindings of a waiting room, ready for all requests of an isolate. */
import type { AlertDelivery } from './alerts/consumer.ts'
import { platformIo } from './alerts/deliver.ts'
import type { Bindings } from './api.ts'
import type { RequestRule } from './bypass/bypass-settings.ts'
import { NewcomerCounts } from './core/proof-of-work.ts'
import type { DirectoryNamespace } from './directory/directory-object.ts'
import { infiniteKeys } from './gate/infinite-queue.ts'
import type { JoinLimiters } from './gate/join-limits.ts'
import { logError, logWarning } from './log/log.ts'
import { Access } from './operators/access.ts'
import type { AdminFiles } from './operators/admin-files.ts'
import type { ApiOff, OperatorAccess } from './operators/caller.ts'
import { FailedLogins, type LoginGuardNamespace } from './operators/failed-logins.ts'
import { importOperators, type TokenOperator } from './operators/operators.ts'
import { sessionKeys } from './operators/session.ts'
import { siteNames } from './origin/host-names.ts'
import { proxiedSite } from './origin/proxy.ts'
import { reservedNames } from './origin/request-headers.ts'
import type { Site } from './origin/site.ts'
import { Looks } from './pages/looks.ts'
import { type GathererNamespace, Gatherers } from './room/gatherers.ts'
import { inJurisdiction, sharedJurisdiction } from './room/jurisdiction.ts'
import type { RoomClient } from './room/room-client.ts'
import { RoomClients, type RoomNamespace, roomStub } from './room/room-clients.ts'
import { loginGuardRemedy } from './settings/problems.ts'
import type { DocumentReader, DocumentRoom } from './settings/room-document.ts'
import { hasReturns, type RoomSettings } from './settings/rooms.ts'
import { type RouteTable, routeTable } from './settings/route-table.ts'
import type { Settings } from './settings/settings.ts'
import type { SettingsInput } from './settings/settings-input.ts'
import { accessSigningKeys } from './tokens/access-key.ts'
import { OriginPasses } from './tokens/origin-pass.ts'
import { importPassKeys, PASS_KEYS_REMEDY } from './tokens/pass-keys.ts'
import { VerifiedTokens } from './tokens/presented.ts'
import { isRehearsalToken, Rehearsal } from './tokens/rehearsal.ts'
import { importSigningKeys, type SigningKey } from './tokens/signing-keys.ts'
import { TurnstileValidator } from './turnstile/validation.ts'

/** The checked settings and the bindings of an environment. */
export interface Configuration {
  readonly raw: SettingsInput
  readonly settings: Settings
  readonly bindings: Bindings
  readonly readDocument: DocumentReader
}

export interface Deployment extends JoinLimiters {
  /** Where the endpoints are: below this path. */
  readonly prefix: string
  readonly settings: Settings
  readonly rooms: readonly RoomSettings[]
  /** Which of the rooms covers a request. */
  readonly routes: RouteTable
  readonly keys: readonly SigningKey[]
  readonly verified: VerifiedTokens
  /** The origin, for requests without routes of the Worker. */
  readonly site: Site
  readonly operators: OperatorAccess | ApiOff
  /** The built files of the operators' page; null: they are in `assets`. */
  readonly adminFiles: AdminFiles | null
  /** Null: the deployment has none. */
  readonly assets: Fetcher | null
  readonly looks: Looks
  readonly client: (room: RoomSettings) => RoomClient
  /** Null: isolates always call the rooms' objects. */
  readonly gatherers: Gatherers | null
  readonly stub: (room: RoomSettings) => ReturnType<typeof roomStub>
  /** Null: the deployment has no runtime rooms. */
  readonly directory: Directory | null
  /** Calls back with the directory's version that a room's object tells. */
  readonly onSettingsVersion: (callback: (version: number) => void) => void
  readonly alerts: AlertDelivery
  /** The rules by which requests skip a room, by room name. */
  readonly bypasses: ReadonlyMap<string, readonly RequestRule[]>
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
  /** Null: rooms allow no rehearsals. */
  readonly rehearsal: Rehearsal | null
}

/** The runtime rooms, for the operators' API. */
export interface Directory {
  stub(): ReturnType<DirectoryNamespace['getByName']>
  /** The deployment with the directory's newest list. Rejects if that cannot be reached. */
  latest(): Promise<Deployment>
}

/** The parts that come from no environment. */
type Own = Pick<Deployment, 'prefix' | 'adminFiles'>

/** @throws Error if the keys cannot be used */
export async function deploymentOf(
  { raw, settings, bindings }: Configuration,
  { prefix, adminFiles }: Own,
): Promise<Deployment> {
  const keys = await importSigningKeys(raw.SIGNING_KEYS)
  // A binding is typed without the methods of its class, since users name the class.
  const namespace = bindings.WAITING_ROOM as unknown as RoomNamespace
  const gatherers =
    bindings.GATHERER === undefined ? null : new Gatherers(bindings.GATHERER as unknown as GathererNamespace)
  const clients = new RoomClients(namespace, gatherers)
  return {
    prefix,
    adminFiles,
    ...ofRooms(settings, { raw, bindings }),
    keys,
    verified: new VerifiedTokens(),
    operators: await operatorAccess(settings, raw.ADMIN_TOKEN, bindings, keys),
    assets: bindings.ASSETS ?? null,
    looks: new Looks(bindings.ASSETS ?? null),
    client: (room) => clients.of(room),
    gatherers,
    stub: (room) => roomStub(namespace, room),
    directory: null,
    onSettingsVersion: (callback) => {
      clients.onSettingsVersion = callback
    },
    joinLimiter: bindings.JOIN_LIMIT ?? null,
    networkLimiter: bindings.JOIN_LIMIT_NETWORK ?? null,
    turnstile: settings.turnstile && new TurnstileValidator(settings.turnstile),
    infiniteKeys: await infiniteKeys(keys),
    newcomers: new NewcomerCounts(),
    accessKeys: await accessSigningKeys(keys),
    passes: await originPasses(settings, raw.PASS_KEYS),
    rehearsal: await allowedRehearsal(raw.REHEARSAL_TOKEN),
  }
}

/** A token that cannot be used allows nothing, and keeps no visitor out. */
async function allowedRehearsal(token: string | undefined): Promise<Rehearsal | null> {
  if (token === undefined || token === '') return null
  try {
    const rehearsal = await Rehearsal.of(token)
    logWarning('rehearsal_allowed', { remedy: 'delete the secret REHEARSAL_TOKEN where real visitors come' })
    return rehearsal
  } catch (error) {
    logError('rehearsal_token_unusable', error)
    return null
  }
}

/** The parts that depend on the rooms. */
function ofRooms(settings: Settings, { raw, bindings }: Pick<Configuration, 'raw' | 'bindings'>) {
  const routes = routeTable(settings.rooms)
  return {
    settings,
    rooms: settings.rooms,
    routes,
    site: deployedSite(settings, routes, bindings, raw),
    alerts: alertDelivery(settings, bindings),
    bypasses: settings.bypasses,
  }
}

/** A deployment with runtime rooms beside the deployed ones. */
export function withRooms(
  deployment: Deployment,
  configuration: Configuration,
  documents: readonly DocumentRoom[],
): Deployment {
  const { settings } = configuration
  const bypasses = documents.map(({ room, bypass }) => [room.name, bypass] as const)
  const pushes = documents.flatMap(({ room, push }) => (push === null ? [] : [[room.name, push] as const]))
  const all = {
    ...settings,
    rooms: [...settings.rooms, ...documents.map(({ room }) => room)],
    bypasses: new Map([...settings.bypasses, ...bypasses]),
    pushes: new Map([...settings.pushes, ...pushes]),
  }
  return { ...deployment, ...ofRooms(all, configuration) }
}

async function originPasses(settings: Settings, passKeys: string | undefined): Promise<OriginPasses | null> {
  const keys = await importPassKeys(passKeys)
  const needing = settings.rooms.find(hasReturns)
  if (keys === null && needing !== undefined) {
    throw new Error(`PASS_KEYS is not set, and the room ${needing.name} has return_hosts. ${PASS_KEYS_REMEDY}`)
  }
  return keys && new OriginPasses(keys, settings.passIssuer)
}

function deployedSite(settings: Settings, routes: RouteTable, bindings: Bindings, raw: SettingsInput): Site {
  const { originUrl, originHost, originTimeoutSeconds } = settings
  const binding = bindings.ORIGIN ?? null
  // A binding takes the place of ORIGIN_URL.
  const url = binding === null ? originUrl : null
  return proxiedSite({
    url,
    host: originHost,
    site: siteNames(url, originHost),
    binding,
    secret: raw.ORIGIN_SECRET ?? null,
    timeoutSeconds: originTimeoutSeconds,
    routes,
    reserved: reservedNames(routes.rooms, isRehearsalToken(raw.REHEARSAL_TOKEN ?? '')),
  })
}

function alertDelivery(settings: Settings, { EMAIL, WAITING_ROOM }: Bindings): AlertDelivery {
  const { channels, pushes, rooms } = settings
  const namespace = WAITING_ROOM as unknown as RoomNamespace
  return {
    channelOf: ({ kind, room, channel }) =>
      kind === 'stats' ? pushes.get(room) : channels.find(({ name }) => name === channel),
    ledger: (name) => {
      const room = rooms.find((known) => known.name === name)
      // The jurisdiction of a room that is no longer in the settings is unknown.
      return room === undefined ? namespace.getByName(name) : roomStub(namespace, room)
    },
    io: platformIo(EMAIL ?? null),
  }
}

/** The API is off without tokens and Access, and while a token cannot be used. */
async function operatorAccess(
  settings: Settings,
  adminToken: string | undefined,
  bindings: Bindings,
  keys: readonly SigningKey[],
): Promise<OperatorAccess | ApiOff> {
  const operators = await usableOperators(adminToken)
  const access = settings.access === null ? null : new Access(settings.access)
  if (operators === null || (operators.length === 0 && access === null)) return 'no-operators'
  // Without it nobody would limit how often tokens are guessed.
  if (bindings.LOGIN_GUARD === undefined) {
    logError('login_guard_missing', new Error(loginGuardRemedy))
    return 'no-login-guard'
  }
  const sessions = await sessionKeys(keys)
  const jurisdiction = sharedJurisdiction(settings.rooms)
  const guards = inJurisdiction(bindings.LOGIN_GUARD as unknown as LoginGuardNamespace, jurisdiction)
  // The former guard is in no jurisdiction.
  const formerGuards = jurisdiction === undefined ? (bindings.WAITING_ROOM as unknown as RoomNamespace) : null
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
