/**
 * A Durable Object between isolates and the object of one room: a thin shell around `Gathering`.
 * Stores nothing.
 */
import { DurableObject } from 'cloudflare:workers'
import type { ExchangeRequest } from '../src/core/exchange.ts'
import { isMissingMethod } from '../src/room/call-errors.ts'
import type { GathererAnswer, GathererObject as GathererCalls } from '../src/room/gatherer-object.ts'
import { Gathering } from '../src/room/gathering.ts'
import { PLATFORM, type RoomNamespace, roomStub } from '../src/room/room-clients.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'
import type { RoomDeploy } from './deployed-room.ts'
import { RoomSource } from './room-source.ts'

export class GathererObject<E = unknown> extends DurableObject<E> implements GathererCalls {
  private readonly deploy: RoomDeploy
  private gathering: Gathering | null = null

  constructor(ctx: DurableObjectState, env: E, deploy: RoomDeploy) {
    super(ctx, env)
    this.deploy = deploy
  }

  async exchange(request: ExchangeRequest): Promise<GathererAnswer> {
    const room = this.gathering === null ? await this.roomOf(request.room) : null
    // Other requests may have waited for the room, too.
    if (room !== null) this.gathering ??= this.gatheringFor(room)
    return (this.gathering as Gathering).exchange(request)
  }

  /** Stores nothing, so a runtime room is looked up once in each life of this object. */
  private async roomOf(name: string): Promise<RoomSettings> {
    const source = new RoomSource(this.ctx.storage.sql, this.deploy)
    if (source.isKnown(name, Date.now)) return source.must(name)
    const document = await source.ask(name)
    return document === null ? source.must(name) : source.read(name, document)
  }

  private gatheringFor(room: RoomSettings): Gathering {
    const namespace = this.deploy.bindings.WAITING_ROOM as unknown as RoomNamespace
    return new Gathering(room.name, {
      call: async (request) => await roomStub(namespace, room).exchangeAll(request),
      ...PLATFORM,
      isNotSupported: (error) => isMissingMethod(error, 'exchangeAll'),
    })
  }
}
