/** Renders waiting pages, and reads what they show. */
import { type Look, makeLook } from '../../../src/pages/looks.ts'
import { renderWaitingPage, type WaitingView } from '../../../src/pages/waiting-page.ts'
import { parseRooms, type RoomSettings } from '../../../src/settings/rooms.ts'
import type { EventStatus, Status } from '../../../src/status.ts'

export const ROOM = parseRooms([{ name: 'shop', total_active_users: 1, new_users_per_minute: 1 }])
  .rooms?.[0] as RoomSettings
export const DEFAULT_LOOK = await makeLook(ROOM)

export function status(changes: Partial<Status> = {}): Status {
  return {
    state: 'waiting',
    room: 'tickets',
    number: 5012,
    position: 1234,
    waiting: 4321,
    etaSeconds: 300,
    etaLowSeconds: 240,
    etaHighSeconds: 401,
    joinedAt: '2026-11-02T13:58:00.000Z',
    startPosition: 2468,
    placeKeptSeconds: 320,
    unreachable: false,
    pollAfterSeconds: 5,
    message: null,
    updatedAt: '2026-11-02T14:03:12.345Z',
    ...changes,
  }
}

/** A lobby with a draw, ten minutes before its start. */
export function eventStatus(changes: Partial<EventStatus> = {}): EventStatus {
  return {
    name: 'Autumn sale',
    phase: 'lobby',
    startsAt: '2026-11-02T14:13:12.345Z',
    endsAt: '2026-11-02T16:13:12.345Z',
    draw: true,
    entry: 5012,
    rank: null,
    entries: null,
    commitment: '0123456789abcdef'.repeat(4),
    drawUrl: '/__waiting-room/draw?room=tickets',
    serverTime: '2026-11-02T14:03:12.345Z',
    ...changes,
  }
}

export const NO_PLACE_YET = {
  position: null,
  startPosition: null,
  etaSeconds: null,
  etaLowSeconds: null,
  etaHighSeconds: null,
} as const

export function rendered(changes: Partial<Status> = {}, view: Partial<WaitingView> = {}, look: Look = DEFAULT_LOOK) {
  const visit = { token: 'head.claims.mac', returnUrl: '/seats?row=4', host: 'shop.example', language: 'en' } as const
  const { body, headers } = renderWaitingPage({ status: status(changes), ...visit, ...view }, look)
  return {
    html: typeof body === 'string' ? body : new TextDecoder().decode(body),
    headers: new Headers(headers),
  }
}

export const page = (...args: Parameters<typeof rendered>) => rendered(...args).html

/** The text of the element with this id. Null if it or an element around it is hidden. */
export function shown(html: string, id: string, boxId = id): string | null {
  const isHidden = new RegExp(`<[^>]* id="${boxId}"[^>]* hidden[ >]`).test(html)
  return isHidden ? null : (new RegExp(`<[^>]* id="${id}"[^>]*>([^<]*)<`).exec(html)?.[1] ?? null)
}
