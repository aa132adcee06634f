/**
 * The RPC interface of a gatherer, a Durable Object between isolates and a room's object.
 *
 * durable-objects/gatherer.ts implements it. As in room-object.ts, fields may only be added.
 */
import type { ExchangeAnswer, ExchangeRequest } from '../core/exchange.ts'

export interface GathererObject {
  /** Passes a call of an isolate on, together with those of others. */
  exchange(request: ExchangeRequest): Promise<GathererAnswer>
}

/** A refusal crosses as a value, since errors lose their properties on the way. */
export type GathererAnswer = ExchangeAnswer | { readonly refused: GathererRefusal; readonly message: string }

export type GathererRefusal =
  /** Too many requests wait here. */
  | 'overloaded'
  /** The room's object did not answer, or its call failed. */
  | 'room-failed'
  /** The room's object runs a deploy that knows no gatherers. */
  | 'not-supported'
