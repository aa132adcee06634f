/**
 * An isolate's stubs of gatherers, in the region of its visitors. Each region has its own
 * gatherers, so that a call crosses an ocean once: from the gatherer to the room's object.
 */
import type { RoomSettings } from '../settings/rooms.ts'
import type { GathererObject } from './gatherer-object.ts'
import { inJurisdiction } from './jurisdiction.ts'

export type GathererNamespace = DurableObjectNamespace<GathererObject & Rpc.DurableObjectBranded>

/** By Cloudflare's codes of continents. Antarctica and Tor have none. */
const REGIONS: Readonly<Record<string, DurableObjectLocationHint>> = {
  AF: 'afr',
  AS: 'apac',
  EU: 'weur',
  NA: 'enam',
  OC: 'oc',
  SA: 'sam',
}

/** Requests that an isolate asks for their continent. A few come from Tor, or have none. */
const CONTINENTS_READ_MAX = 10

export class Gatherers {
  private readonly namespace: GathererNamespace
  private region: DurableObjectLocationHint | undefined
  private continentsRead = 0

  constructor(namespace: GathererNamespace) {
    this.namespace = namespace
  }

  /**
   * Whether a continent is still needed. Reading it parses the request's `cf`, which is expensive.
   */
  get needsContinent(): boolean {
    return this.region === undefined && this.continentsRead < CONTINENTS_READ_MAX
  }

  /** A request came from this continent. An isolate runs in one place, so the first one decides. */
  noteContinent(continent: unknown): void {
    this.continentsRead++
    this.region ??= typeof continent === 'string' ? REGIONS[continent] : undefined
  }

  /**
   * A gatherer of a room, 0 to the number of gatherers - 1. One call needs one stub: a stub that
   * failed once keeps failing.
   */
  stub({ name, jurisdiction }: RoomSettings, gatherer: number): ReturnType<GathererNamespace['get']> {
    // A jurisdiction is one place.
    const region = jurisdiction === undefined ? this.region : undefined
    const objects = inJurisdiction(this.namespace, jurisdiction)
    const id = objects.idFromName(`${name}/${region ?? 'anywhere'}/${gatherer}`)
    return objects.get(id, region === undefined ? {} : { locationHint: region })
  }
}
