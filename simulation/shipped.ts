/**
 * The deployed code that uses the types of the Workers runtime: the object's shell, the consumer of
 * the queue `checks` and the report of each minute. It is loaded by path, and the types that the
 * simulation needs are declared here.
 */

import type { Callers } from '../src/core/callers.ts'
import type { CheckMessage } from '../src/core/check-chains.ts'
import type { Line } from '../src/core/line.ts'
import type { RoomObject } from '../src/room/room-object.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'

/** An instance of the object. */
export interface RoomInstance extends RoomObject {
  /** Private in the shell: only the judge reads it. */
  readonly line: Line | null
  /** Private, too: a simulation replaces it to have gatherers for few isolates. */
  callers: Callers
  alarm(): Promise<void>
  /** Private: a simulation measures it. */
  tick(): void
}

export interface QueueMessage {
  readonly id: string
  readonly body: unknown
  readonly attempts: number
  ack(): void
  retry(options: { delaySeconds: number }): void
}

export interface RoomCalls {
  readonly rooms: readonly RoomSettings[]
  readonly stub: () => { check(message: CheckMessage): Promise<void>; report(minute: number): Promise<void> }
}

/** Settings and bindings of a deploy. */
export interface RoomDeploy {
  readonly settings: { readonly rooms: readonly RoomSettings[] }
  readonly bindings: object
}

type Shell = { readonly WaitingRoomObject: new (ctx: object, env: object, deploy: RoomDeploy) => RoomInstance }
type Checks = { consumeChecks(batch: { messages: readonly QueueMessage[] }, calls: RoomCalls): Promise<void> }
type Cron = { reportMinute(scheduledMs: number, calls: RoomCalls): Promise<void> }

const load = (path: string): Promise<unknown> => import(/* @vite-ignore */ new URL(path, import.meta.url).href)

export const { WaitingRoomObject } = (await load('../durable-objects/waiting-room.ts')) as Shell
export const { consumeChecks } = (await load('../src/queues/checks.ts')) as Checks
export const { reportMinute } = (await load('../src/room/room-clients.ts')) as Cron
