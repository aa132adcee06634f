/**
 * Where a room's object gets its settings: the deploy, or the document that the directory gave it.
 * The document is stored here, so that the room does not depend on the directory.
 */
import { type DirectoryNamespace, directoryStub } from '../src/directory/directory-object.ts'
import { DIRECTORY_PUSH_GIVE_UP_MS, DOCUMENT_ASK_AGAIN_MS } from '../src/directory/limits.ts'
import type { RoomDocument } from '../src/room/room-object.ts'
import { inTime } from '../src/room/time-out.ts'
import { readStored } from '../src/settings/room-document.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'
import { deployedRoom, type RoomDeploy } from './deployed-room.ts'
import { isUsed, migrate } from './migrations.ts'

export class RoomSource {
  /** Of the directory, when it last changed the room; 0: never. */
  version = 0
  private readonly sql: SqlStorage
  private readonly deploy: RoomDeploy
  private document: RoomSettings | null = null
  /** The directory has no document of this room: not asked again for a while. */
  private askedMs = Number.NEGATIVE_INFINITY

  constructor(sql: SqlStorage, deploy: RoomDeploy) {
    this.sql = sql
    this.deploy = deploy
    if (!isUsed(sql)) return
    migrate(sql)
    const [row] = sql.exec('SELECT * FROM document').toArray()
    if (row === undefined) return
    this.version = row.version as number
    if (row.text !== null) {
      const draining = row.draining === 1
      this.document = readDocument(deploy, row.room as string, { text: row.text as string, draining })
    }
  }

  /** Undefined: no such room. A deployed room hides a document of its name. */
  of(room: string): RoomSettings | undefined {
    return deployedRoom(this.deploy.settings.rooms, room) ?? (this.document?.name === room ? this.document : undefined)
  }

  /** During a deploy, isolates may know a room that the object's version does not. */
  must(room: string): RoomSettings {
    const settings = this.of(room)
    if (settings === undefined) throw new Error(`room ${room} is not in the settings of this deploy`)
    return settings
  }

  /**
   * False: call `ask` first.
   * @param now is called for an unknown room only: an event of the line reads the clock once
   */
  isKnown(room: string, now: () => number): boolean {
    if (this.deploy.bindings.DIRECTORY === undefined || this.of(room) !== undefined) return true
    const sinceMs = now() - this.askedMs
    return sinceMs >= 0 && sinceMs < DOCUMENT_ASK_AGAIN_MS
  }

  /** The newest document according to the directory; null: it has none, or an older one. */
  async ask(room: string): Promise<RoomDocument | null> {
    const namespace = this.deploy.bindings.DIRECTORY as unknown as DirectoryNamespace
    const document = await inTime(directoryStub(namespace).document(room), DIRECTORY_PUSH_GIVE_UP_MS)
    this.askedMs = Date.now()
    return document
  }

  /** @throws Error if the document is not valid in this deploy */
  read(room: string, given: RoomDocument): RoomSettings {
    const document = readDocument(this.deploy, room, given)
    if (document === null) throw new Error(`the document of room ${room} is not valid in this deploy`)
    return document
  }

  /** Whether a document came late: the object has a newer one, or the room was removed since. */
  isOld({ version }: RoomDocument): boolean {
    return version < this.version || (version === this.version && this.document !== null)
  }

  /** Takes a document over, in memory and storage. */
  take(document: RoomSettings, given: RoomDocument): void {
    this.write(document.name, given)
    this.document = document
    this.version = given.version
  }

  /** The room is removed: only a document newer than this one counts from now on. */
  drop(room: string, version: number): void {
    this.write(room, { version: version + 1, text: null, draining: false })
    this.document = null
    this.version = version + 1
    this.askedMs = Date.now()
  }

  private write(room: string, document: Pick<RoomDocument, 'version' | 'draining'> & { text: string | null }): void {
    migrate(this.sql)
    this.sql.exec(
      'INSERT OR REPLACE INTO document (id, room, text, version, draining) VALUES (1, ?, ?, ?, ?)',
      room,
      document.text,
      document.version,
      document.draining ? 1 : 0,
    )
  }
}

/** Null: it is not valid in this deploy. */
function readDocument(
  deploy: RoomDeploy,
  room: string,
  { text, draining }: Pick<RoomDocument, 'text' | 'draining'>,
): RoomSettings | null {
  if (deploy.readDocument === undefined) return null
  const parsed = readStored(deploy.readDocument, room, text)
  if (!parsed.ok) return null
  return draining ? { ...parsed.document.room, draining } : parsed.document.room
}
