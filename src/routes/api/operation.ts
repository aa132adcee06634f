/**
 * One operation of the API: what it takes, what it answers, who may call it, and what it does. Routes and the OpenAPI document
 * are made from the same list, so neither can have what the other has not.
 */
import type { Context } from 'hono'
import type * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import type { Need } from './operator.ts'

type Schema = v.GenericSchema

export interface Parameter {
  readonly in: 'path' | 'query' | 'header'
  readonly description: string
  readonly schema: Schema
  readonly required?: boolean
  readonly example?: string | number
}

export interface Answer {
  readonly description: string
  readonly schema?: Schema
  /** Media types, `application/json` unless told otherwise; those besides JSON are text. */
  readonly types?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

export interface Operation {
  readonly id: string
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** Below `/api/v1`, parameters in braces. */
  readonly path: string
  readonly tag: 'rooms' | 'figures' | 'settings' | 'actions' | 'alerts' | 'session'
  readonly summary: string
  readonly description?: string
  /** `nobody`: no credentials are needed. */
  readonly needs: Need | 'nobody'
  readonly parameters?: Readonly<Record<string, Parameter>>
  readonly body?: { readonly schema: Schema; readonly required: boolean; readonly example?: unknown }
  readonly answers: Readonly<Record<number, Answer>>
  /** Refusals besides those that every operation may give. */
  readonly refusals?: Readonly<Record<number, string>>
  readonly handle: Handler
}

export type Handler = (c: Context<AppEnv>) => Promise<Response> | Response

export type RoomHandler = (c: Context<AppEnv>, room: RoomSettings) => Promise<Response>

export const NO_STORE = { 'Cache-Control': 'no-store' }
