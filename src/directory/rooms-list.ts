/**
 * An isolate's copy of the directory's list of rooms.
 *
 * The first request waits for it, for a short time. After that the list is refreshed in the
 * background, at most every two seconds while there is traffic. The version is cached in the data
 * centre for as long, so that the directory is called by data centres, not by isolates; the list is
 * cached, too, for isolates that cannot reach the directory. If it is out of reach, the last known
 * list holds.
 *
 * No request awaits what another one reads: see room-calls.ts.
 */
import { ageMs } from '../core/age.ts'
import { logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import { inTime } from '../room/time-out.ts'
import type { DirectoryList, DirectoryObject } from './directory-object.ts'
import { DIRECTORY_FIRST_READ_MS, DIRECTORY_READ_GIVE_UP_MS, DIRECTORY_REFRESH_MS } from './limits.ts'

/** Shared by all isolates of a data centre. Where there is no cache, both are null. */
export interface SharedLists {
  /** Not older than two seconds. */
  version(): Promise<number | null>
  /** The newest list that any of them has read. */
  list(): Promise<DirectoryList | null>
  /** Keeps what the directory has just answered. */
  keep(list: DirectoryList): Promise<void>
}

type Read = (knownVersion: number | null) => Promise<Awaited<ReturnType<DirectoryObject['read']>>>

interface Work {
  waitUntil(work: Promise<unknown>): void
}

/** How often a request looks for the list that another one reads. */
const LOOK_MS = 10

/** A first request whose read failed waits this long for the cache, which answers in a few ms. */
const CACHE_GIVE_UP_MS = 500

export class RoomsList {
  private readonly read: Read
  private readonly shared: SharedLists
  private known: DirectoryList | null = null
  /** When the last refresh began. */
  private startedMs = Number.NEGATIVE_INFINITY
  private isReading = false
  private hasTried = false
  /** A room's object, or a change, told of this version. */
  private toldVersion = 0

  constructor(read: Read, shared: SharedLists) {
    this.read = read
    this.shared = shared
  }

  /** Null: the directory was never reached. */
  get newest(): DirectoryList | null {
    return this.known
  }

  /** Somebody knows this version: a list that is older is refreshed with the next request. */
  tell(version: number): void {
    this.toldVersion = Math.max(this.toldVersion, version)
  }

  /** Waits for the first list, otherwise refreshes it in the background; null: no need to wait. */
  follow(work: Work): Promise<void> | null {
    const nowMs = Date.now()
    if (this.isDue(nowMs)) {
      const refreshing = this.refresh(nowMs)
      work.waitUntil(refreshing)
      return this.hasTried ? null : refreshing
    }
    return this.hasTried ? null : this.firstOfOther(nowMs)
  }

  private async firstOfOther(nowMs: number): Promise<void> {
    await this.otherRead(nowMs)
    // The platform may have cancelled the other request.
    if (!this.hasTried) await this.refresh(Date.now())
  }

  /** Reads the list from the directory itself. Rejects if that cannot be reached. */
  async latest(): Promise<DirectoryList> {
    const answer = await inTime(this.read(this.known?.version ?? null), DIRECTORY_READ_GIVE_UP_MS)
    const list = 'documents' in answer ? answer : (this.known as DirectoryList)
    this.take(list)
    return list
  }

  private isDue(nowMs: number): boolean {
    if (this.isReading && ageMs(this.startedMs, nowMs) < DIRECTORY_READ_GIVE_UP_MS) return false
    const isBehind = this.toldVersion > (this.known?.version ?? 0)
    return ageMs(this.startedMs, nowMs) >= (isBehind ? DIRECTORY_REFRESH_MS / 10 : DIRECTORY_REFRESH_MS)
  }

  private async otherRead(startMs: number): Promise<void> {
    while (!this.hasTried && ageMs(startMs, Date.now()) < DIRECTORY_FIRST_READ_MS + CACHE_GIVE_UP_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  private async refresh(nowMs: number): Promise<void> {
    this.startedMs = nowMs
    this.isReading = true
    try {
      await inTime(this.readShared(), this.hasTried ? DIRECTORY_READ_GIVE_UP_MS : DIRECTORY_FIRST_READ_MS)
    } catch (error) {
      logWarning('directory_unreachable', { error: errorText(error), version: this.known?.version ?? null })
      if (this.known === null) await this.takeCached()
    } finally {
      this.isReading = false
      this.hasTried = true
    }
  }

  private async readShared(): Promise<void> {
    const known = this.known?.version ?? null
    const version = await this.shared.version()
    if (version !== null && version >= this.toldVersion) {
      if (version === known) return
      const list = await this.shared.list()
      if (list !== null && list.version >= version) return this.take(list)
    }
    const answer = await this.read(known)
    const list = 'documents' in answer ? answer : (this.known as DirectoryList)
    this.take(list)
    this.toldVersion = Math.min(this.toldVersion, list.version)
    await this.shared.keep(list)
  }

  /** The wait for the directory may have ended because the cache does not answer. */
  private async takeCached(): Promise<void> {
    const cached = await inTime(this.shared.list(), CACHE_GIVE_UP_MS).catch(() => null)
    if (cached !== null) this.take(cached)
  }

  /** Answers may overtake each other. */
  private take(list: DirectoryList): void {
    if (this.known === null || list.version > this.known.version) this.known = list
  }
}
