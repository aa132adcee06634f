/**
 * This isolate's calls to the objects: one client per room, with the real clock and timers, and the
 * report of each minute.
 */
import type { ExchangeAnswer } from '../core/exchange.ts'
import { inTurn } from '../in-turn.ts'
import { logError, logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { isAborted } from './call-errors.ts'
import { cachedHint } from './gatherer-hint.ts'
import type { GathererAnswer } from './gatherer-object.ts'
import type { Gatherers } from './gatherers.ts'
import { inJurisdiction } from './jurisdiction.ts'
import { RoomClient } from './room-client.ts'
import type { RoomObject } from './room-object.ts'

export type RoomNamespace = DurableObjectNamespace<RoomObject & Rpc.DurableObjectBranded>

/**
 * The object of a room. Each call needs a new stub, since a stub that failed once keeps failing.
 */
export function roomStub(namespace: RoomNamespace, room: RoomSettings): ReturnType<RoomNamespace['get']> {
  const hint = room.location_hint
  const objects = inJurisdiction(namespace, room.jurisdiction)
  return objects.get(objects.idFromName(room.name), hint === undefined ? {} : { locationHint: hint })
}

/** The clients of one waiting room in this isolate, by room. */
export class RoomClients {
  private readonly namespace: RoomNamespace
  private readonly gatherers: Gatherers | null
  private readonly clients = new Map<string, RoomClient>()
  /** Gets the directory's version that a room's object tells with its snapshot. */
  onSettingsVersion: (version: number) => void = () => {}

  /** @param gatherers null: the deployment has none */
  constructor(namespace: RoomNamespace, gatherers: Gatherers | null) {
    this.namespace = namespace
    this.gatherers = gatherers
  }

  of(room: RoomSettings): RoomClient {
    const key = `${room.name} ${room.jurisdiction ?? ''}`
    let client = this.clients.get(key)
    if (client === undefined) {
      client = newClient(this.namespace, room, this.gatherers, (version) => this.onSettingsVersion(version))
      this.clients.set(key, client)
    }
    return client
  }
}

/** The clock, timers and random ids of the platform. */
export const PLATFORM = {
  nowMs: () => Date.now(),
  after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  randomId: () => crypto.randomUUID(),
  random: () => Math.random(),
}

function newClient(
  namespace: RoomNamespace,
  room: RoomSettings,
  gatherers: Gatherers | null,
  tell: (version: number) => void,
): RoomClient {
  const told = <T extends ExchangeAnswer | GathererAnswer>(answer: T): T => {
    if ('snapshot' in answer && answer.snapshot.settingsVersion !== undefined) tell(answer.snapshot.settingsVersion)
    return answer
  }
  return new RoomClient(room.name, {
    // The answer is plain data; its type over the RPC only adds that it can be disposed of.
    call: async (request) => told<ExchangeAnswer>(await roomStub(namespace, room).exchange(request)),
    ...(gatherers === null
      ? {}
      : {
          gather: async (request, gatherer) =>
            told<GathererAnswer>(await gatherers.stub(room, gatherer).exchange(request)),
          hint: cachedHint(namespace.idFromName(room.name).toString()),
        }),
    ...PLATFORM,
    onCallFailed: (error) => {
      if (isAborted(error)) logError('room_aborted', error, { room: room.name })
      else logWarning('room_call_failed', { room: room.name, error: errorText(error) })
    },
  })
}

interface Reporting {
  readonly rooms: readonly RoomSettings[]
  readonly stub: (room: RoomSettings) => Pick<RoomObject, 'report'>
}

/**
 * Each minute every room reports the minute that is over. A room that cannot be reached catches up
 * with the next report.
 */
export async function reportMinute(scheduledMs: number, { rooms, stub }: Reporting): Promise<void> {
  const minute = Math.floor(scheduledMs / 60_000) - 1
  const reports = await inTurn(rooms, (room) => stub(room).report(minute, room.name))
  for (const [i, report] of reports.entries()) {
    if (report.status === 'rejected') logError('report_failed', report.reason, { room: rooms[i]?.name, minute })
  }
}
