/**
 * The deployed code that is loaded by its path only, because its types are those of the Workers runtime: the object's shell,
 * the consumer of the queue `checks` and the report of each minute. What of them the simulation uses is written here.
 */
import type { ExchangeAnswer, ExchangeRequest } from '../src/core/exchange.ts'
import type { JournalPage } from '../src/core/journal.ts'
import type { Line } from '../src/core/line.ts'
import type { LineStats } from '../src/core/line-stats.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'
import type { SettingsPatch } from '../src/settings/runtime-settings.ts'

export interface RoomObject {
  /** Private in the shell: only the judge looks at it. */
  readonly line: Line | null
  exchange(request: ExchangeRequest): ExchangeAnswer
  check(message: unknown): void
  alarm(): Promise<void>
  report(minute: number): void
  operate(room: string, command: Command, who: string): unknown
  journal(after: number): JournalPage | null
  stats(): LineStats | null
}

/** As operators give them, see durable-objects/commands.ts. */
export type Command =
  | { readonly kind: 'settings'; readonly action: string; readonly patch: SettingsPatch; readonly etag: null }
  | { readonly kind: 'admit-next'; readonly count: number }
  | { readonly kind: 'revoke'; readonly number: number }
  | { readonly kind: 'reset' }

export interface QueueMessage {
  readonly id: string
  readonly body: unknown
  readonly attempts: number
  ack(): void
  retry(options: { delaySeconds: number }): void
}

export interface RoomCalls {
  readonly rooms: readonly RoomSettings[]
  readonly stub: () => { check(message: unknown): Promise<void>; report(minute: number): Promise<void> }
}

type Shell = { readonly WaitingRoom: new (ctx: object, env: object) => RoomObject }
type Checks = { consumeChecks(batch: { messages: readonly QueueMessage[] }, calls: RoomCalls): Promise<void> }
type Cron = { reportMinute(scheduledMs: number, calls: RoomCalls): Promise<void> }

const load = (path: string): Promise<unknown> => import(/* @vite-ignore */ new URL(path, import.meta.url).href)

export const { WaitingRoom } = (await load('../durable-objects/waiting-room.ts')) as Shell
export const { consumeChecks } = (await load('../src/queues/checks.ts')) as Checks
export const { reportMinute } = (await load('../src/cron.ts')) as Cron
