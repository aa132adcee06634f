/**
 * The interface of a waiting room for the Worker that it is a part of. docs/library.md explains it.
 * These types are published with the package, so they name no internal types.
 */
import type { DurableObject } from 'cloudflare:workers'
import type { SettingsInput } from './settings/settings-input.ts'

export type { SettingsInput }

/**
 * A namespace of objects, whatever their class: that extends a class of the very room that gets the
 * binding, so its type cannot be part of this one.
 */
export type ObjectNamespace = Pick<DurableObjectNamespace, 'idFromName' | 'idFromString' | 'newUniqueId'>

/** The bindings of a waiting room, by their names in wrangler.toml. */
export interface Bindings {
  /** The rooms' objects: the class `WaitingRoom`. */
  readonly WAITING_ROOM: ObjectNamespace
  /** Counts failed logins: the class `LoginGuard`. */
  readonly LOGIN_GUARD?: ObjectNamespace | undefined
  /** Between very many isolates and a room's object: the class `Gatherer`. */
  readonly GATHERER?: ObjectNamespace | undefined
  /** The runtime rooms: the class `Directory`. */
  readonly DIRECTORY?: ObjectNamespace | undefined
  /** Queue of delayed checks of silent visitors. */
  readonly CHECKS?: Queue | undefined
  /** Queue of alerts. */
  readonly ALERTS?: Queue | undefined
  /** Figures of each room, for queries. */
  readonly FIGURES?: AnalyticsEngineDataset | undefined
  /** Limits newcomers of one address. */
  readonly JOIN_LIMIT?: RateLimit | undefined
  /** Limits newcomers of one network. */
  readonly JOIN_LIMIT_NETWORK?: RateLimit | undefined
  /** Files that rooms name. In the deployable Worker also the operators' page. */
  readonly ASSETS?: Fetcher | undefined
  /** The origin, instead of `ORIGIN_URL`. */
  readonly ORIGIN?: Fetcher | undefined
  /** Sends mail, for alerts. */
  readonly EMAIL?: SendEmail | undefined
}

export interface WaitingRoomOptions<E> {
  /** The variables and secrets, by their names in docs/settings.md. Default: the environment. */
  readonly settings?: (env: E) => SettingsInput
  /** The bindings, by their names in wrangler.toml. Default: the environment. */
  readonly bindings?: (env: E) => Bindings
  /** The endpoints are below this path. Default: `/__waiting-room`. */
  readonly prefix?: string
}

/** A request that a room lets through. */
export interface Visit {
  /** The name of the room that covers the address. */
  readonly room: string
  /** The visitor's number in line; null: let through without one, by a bypass for example. */
  readonly number: number | null
  /** The signed pass, as an origin gets it; null: there is none. */
  readonly pass: string | null
}

/** Answers a request; undefined: no room covers it. */
export type Next = (visit: Visit | undefined) => Response | Promise<Response>

/** The part of an execution context that a room uses. */
export interface KeepAlive {
  waitUntil(work: Promise<unknown>): void
}

/** Export a class that extends it: `export class WaitingRoom extends room.WaitingRoom {}`. */
export type ObjectClass<E> = new (ctx: DurableObjectState, env: E) => DurableObject<E>

export interface WaitingRoom<E> {
  /** The class of the binding `WAITING_ROOM`. */
  readonly WaitingRoom: ObjectClass<E>
  /** The class of the binding `LOGIN_GUARD`. */
  readonly LoginGuard: ObjectClass<E>
  /** The class of the binding `GATHERER`. */
  readonly Gatherer: ObjectClass<E>
  /** The class of the binding `DIRECTORY`. */
  readonly Directory: ObjectClass<E>
  readonly prefix: string
  /** Answers with the origin of `ORIGIN_URL`, `ORIGIN` or the route, behind the room. */
  fetch(request: Request, env: E, ctx: KeepAlive): Promise<Response>
  /**
   * Answers with `next`, behind the room. Also answers the endpoints of the room.
   * @throws the error that `next` throws
   */
  handle(request: Request, env: E, ctx: KeepAlive, next: Next): Promise<Response>
  /** The consumer of the queues `...checks`, `...checks-dead`, `...alerts` and `...alerts-dead`. */
  queue(batch: MessageBatch, env: E): Promise<void>
  /** The cron of every minute. */
  scheduled(controller: Pick<ScheduledController, 'scheduledTime'>, env: E): Promise<void>
  /**
   * Call it at import, with the env of `cloudflare:workers`: invalid settings then fail the deploy.
   * Otherwise the first request logs them, and gets a page that says so.
   * @throws Error with every problem of the settings
   */
  check(env: E): void
}
