/**
 * The jurisdiction of objects: Cloudflare runs and stores an object that was created in one only
 * there. It is part of an object's identity, so the same name is another object in another
 * jurisdiction. durable-objects/room-jurisdiction.ts keeps a room from changing to another object.
 */
import type { RoomSettings } from '../settings/rooms.ts'

export type Jurisdiction = NonNullable<RoomSettings['jurisdiction']>

interface WithJurisdictions<T> {
  jurisdiction(name: Jurisdiction): T
}

/** The objects of a namespace that are in a jurisdiction; undefined: in none. */
export function inJurisdiction<T extends WithJurisdictions<T>>(
  namespace: T,
  jurisdiction: Jurisdiction | undefined,
): T {
  if (jurisdiction === undefined) return namespace
  try {
    return namespace.jurisdiction(jurisdiction)
  } catch (error) {
    // The local runtime has no jurisdictions. Cloudflare's never throws this.
    if (error instanceof Error && error.message.endsWith('not implemented in workerd.')) return namespace
    throw error
  }
}

/**
 * The jurisdiction of objects that serve all rooms: the one that the rooms share, undefined if they
 * differ.
 */
export function sharedJurisdiction(rooms: readonly Pick<RoomSettings, 'jurisdiction'>[]): Jurisdiction | undefined {
  const [first] = rooms
  return rooms.every(({ jurisdiction }) => jurisdiction === first?.jurisdiction) ? first?.jurisdiction : undefined
}
