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
import { mustBeDeployed, type RoomDeploy } from './deployed-room.ts'

export class GathererObject<E = unknown> extends DurableObject<E> implements GathererCalls {
  private readonly deploy: RoomDeploy
  private gathering: Gathering | null = null

  constructor(ctx: DurableObjectState, env: E, deploy: RoomDeploy) {
    super(ctx, env)
    this.deploy = deploy
  }

  exchange(request: ExchangeRequest): Promise<GathererAnswer> {
    this.gathering ??= this.gatheringFor(mustBeDeployed(this.deploy.settings.rooms, request.room))
    return this.gathering.exchange(request)
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
