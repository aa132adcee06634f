/**
 * The Durable Object that holds the runtime rooms: one per deployment.
 *
 * It checks each change against all other rooms, stores it in the same turn, and hands the document
 * to the room's object. The alarm repeats what failed, and removes rooms that have drained.
 * Isolates read the list (src/directory/rooms-list.ts).
 */
import { DurableObject } from 'cloudflare:workers'
import type { Bindings } from '../src/api.ts'
import {
  type Condition,
  type DirectoryAnswer,
  type DirectoryAuditEntry,
  type DirectoryObject as DirectoryCalls,
  type DirectoryList,
  type DocumentRemoval,
  type DocumentWrite,
  documentTag,
  type StoredDocument,
} from '../src/directory/directory-object.ts'
import {
  DIRECTORY_ALARM_MAX_MS,
  DIRECTORY_ALARM_MS,
  DIRECTORY_PUSH_GIVE_UP_MS,
  ROOM_CALLS_AT_ONCE,
  RUNTIME_ROOMS_MAX,
} from '../src/directory/limits.ts'
import { logError, logWarning } from '../src/log/log.ts'
import { errorText } from '../src/log/scrub.ts'
import { type RoomNamespace, roomStub } from '../src/room/room-clients.ts'
import type { RetiredRoom } from '../src/room/room-object.ts'
import { inTime } from '../src/room/time-out.ts'
import {
  conflicts,
  type DocumentProblem,
  type DocumentReader,
  type DocumentRoom,
  documentChanges,
  mergePatch,
  objectOf,
} from '../src/settings/room-document.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'
import { DirectoryStore } from './directory-store.ts'

export interface DirectoryDeploy {
  readonly settings: { readonly rooms: readonly RoomSettings[] }
  readonly bindings: Bindings
  readonly readDocument: DocumentReader
}

type Done = Extract<DirectoryAnswer, { state: 'done' }>
type Refused = Exclude<DirectoryAnswer, { state: 'done' }>

export class DirectoryObject<E = unknown> extends DurableObject<E> implements DirectoryCalls {
  private readonly deploy: DirectoryDeploy
  private readonly deployedNames: ReadonlySet<string>
  private readonly store: DirectoryStore
  /** Checked documents, by version. */
  private readonly checked = new Map<string, { readonly version: number; readonly room: RoomSettings | null }>()
  /** Rooms that are being removed: their objects must not get the document again. */
  private readonly leaving = new Set<string>()
  private failures = 0

  constructor(ctx: DurableObjectState, env: E, deploy: DirectoryDeploy) {
    super(ctx, env)
    this.deploy = deploy
    this.deployedNames = new Set(deploy.settings.rooms.map(({ name }) => name))
    this.store = new DirectoryStore(ctx.storage.sql)
  }

  read(knownVersion: number | null): DirectoryList | Pick<DirectoryList, 'version'> {
    const { list, version } = this.store
    return knownVersion === version ? { version } : list
  }

  document(name: string): StoredDocument | null {
    return this.leaving.has(name) ? null : (this.store.get(name) ?? null)
  }

  audit(beforeId: number, count: number): DirectoryAuditEntry[] {
    return this.store.auditEntries(beforeId, count)
  }

  async write(change: DocumentWrite): Promise<DirectoryAnswer> {
    const { name, who, dryRun, kind } = change
    const known = this.store.get(name)
    const refused = this.refusal(name, change.condition, kind === 'patch')
    if (refused !== null) return refused
    const text = kind === 'put' ? change.text : patchedText(known as StoredDocument, change.text)
    if (known !== undefined && known.text === text && !known.draining) return this.done(known, false, [], true)
    const parsed = this.deploy.readDocument(name, text)
    if (!parsed.ok) return { state: 'invalid', problems: parsed.problems }
    const problems = this.conflictsOf(parsed.document)
    if (problems.length > 0) return { state: 'conflict', problems }
    const changes = documentChanges(known?.text ?? null, text)
    const written = { name, text, draining: false, atMs: Date.now(), by: who }
    if (dryRun) return this.done({ ...written, version: known?.version ?? 0 }, known === undefined, changes, true)
    const stored = this.store.put(written)
    this.store.audit(who, known === undefined ? 'create' : 'change', name, changes, stored.atMs)
    const isReached = await this.give(stored)
    return this.done(stored, known === undefined, changes, isReached)
  }

  async remove({ name, condition, how, dryRun, who }: DocumentRemoval): Promise<DirectoryAnswer> {
    const refused = this.refusal(name, condition, true)
    if (refused !== null) return refused
    const known = this.store.get(name) as StoredDocument
    const changes = documentChanges(known.text, null)
    if (dryRun) return this.dryRemoval(known, how)
    if (how === 'drain' && !known.draining) {
      const stored = this.store.put({ ...known, draining: true, atMs: Date.now(), by: who })
      this.store.audit(who, 'drain', name, [], stored.atMs)
      const isReached = await this.give(stored)
      // Somebody may have kept the room meanwhile.
      const now = this.store.get(name)
      if (now?.version !== stored.version) return this.done(now ?? null, false, [], isReached)
      const retired = await this.retire(stored, false, who)
      if (retired === 'gone') return this.done(null, false, changes, true)
      return this.done(this.store.get(name) ?? null, false, [], isReached)
    }
    const retired = await this.retire(known, how === 'now', who)
    if (retired === 'unreachable') return { state: 'refused', why: 'unreachable' }
    if (retired === 'gone') return this.done(null, false, changes, true)
    if (how === 'drain') return this.done(known, false, [], true)
    return { state: 'occupied', waiting: retired.waiting, active: retired.active }
  }

  private async dryRemoval(known: StoredDocument, how: DocumentRemoval['how']): Promise<DirectoryAnswer> {
    const stats = await this.stub(known.name).stats()
    const { waiting = 0, active = 0 } = stats ?? {}
    if (how === 'if-empty' && waiting + active > 0) return { state: 'occupied', waiting, active }
    const stays = how === 'drain' && waiting + active > 0
    return this.done(stays ? known : null, false, documentChanges(known.text, null), true)
  }

  /** Why a change is refused before its document is looked at; null: it is not. */
  private refusal(name: string, condition: Condition, mustExist: boolean): Refused | null {
    if (this.isDeployed(name)) return { state: 'refused', why: 'deployed' }
    const known = this.store.get(name)
    if (known === undefined) {
      if (mustExist || (condition.kind === 'match' && condition.tags === null)) {
        return { state: 'refused', why: 'no-such-room' }
      }
      return condition.kind === 'match' ? { state: 'refused', why: 'changed-meanwhile' } : null
    }
    const etag = documentTag(known)
    if (condition.kind === 'none') return { state: 'refused', why: 'condition-missing', etag }
    const isMet = condition.kind === 'match' && (condition.tags === null || condition.tags.includes(etag))
    return isMet && !this.leaving.has(name) ? null : { state: 'refused', why: 'changed-meanwhile', etag }
  }

  /** The reasons for which a valid document is not stored. */
  private conflictsOf({ room }: DocumentRoom): readonly DocumentProblem[] {
    const { name, jurisdiction } = room
    const known = this.store.get(name)
    if (known === undefined && this.store.size >= RUNTIME_ROOMS_MAX) {
      const problem = `The directory has ${RUNTIME_ROOMS_MAX} rooms and takes no more: delete one first`
      return [{ key: '', problem }]
    }
    const before = known === undefined ? this.store.formerJurisdiction(name) : this.roomOf(known)
    if (before !== null && before !== undefined && before.jurisdiction !== jurisdiction) {
      const problem = `must stay ${before.jurisdiction ?? 'unset'}: a room cannot move. Use another name`
      return [{ key: 'jurisdiction', problem }]
    }
    const others = this.store.list.documents
      .filter((document) => document.name !== name && !this.isDeployed(document.name))
      .flatMap((document) => this.roomOf(document) ?? [])
    return conflicts(room, [...this.deploy.settings.rooms, ...others])
  }

  /** Null: the document is not valid in this deploy. */
  private roomOf({ name, text, version }: StoredDocument): RoomSettings | null {
    const known = this.checked.get(name)
    if (known?.version === version) return known.room
    const parsed = this.deploy.readDocument(name, text)
    const room = parsed.ok ? parsed.document.room : null
    this.checked.set(name, { version, room })
    return room
  }

  private isDeployed(name: string): boolean {
    return this.deployedNames.has(name)
  }

  private done(
    document: StoredDocument | null,
    isNew: boolean,
    changes: Done['changes'],
    isReached: boolean,
  ): DirectoryAnswer {
    return { state: 'done', document, isNew, changes, isReached, version: this.store.version }
  }

  private stub(name: string) {
    const document = this.store.get(name)
    const room = document === undefined ? null : this.roomOf(document)
    const namespace = this.deploy.bindings.WAITING_ROOM as unknown as RoomNamespace
    return room === null ? namespace.getByName(name) : roomStub(namespace, room)
  }

  /** Hands a document to the object of its room. False: that failed, and the alarm tries again. */
  private async give(document: StoredDocument): Promise<boolean> {
    const { name } = document
    if (this.isDeployed(name)) {
      this.store.given(document)
      return true
    }
    await this.wakeIn(DIRECTORY_ALARM_MS)
    try {
      await inTime(this.stub(name).takeDocument(name, document), DIRECTORY_PUSH_GIVE_UP_MS)
      this.store.given(document)
      return true
    } catch (error) {
      logWarning('document_not_given', { room: name, error: errorText(error) })
      return false
    }
  }

  /**
   * Ends a room. Unless forced, refused while anybody is in it. During the call nobody gets its
   * document, so that the room's object cannot take it up again.
   */
  private async retire(
    { name, version, text }: StoredDocument,
    isForced: boolean,
    who: string,
  ): Promise<'gone' | 'unreachable' | Extract<RetiredRoom, { state: 'occupied' }>> {
    this.leaving.add(name)
    try {
      const asked = this.stub(name).retireRoom(name, version, isForced) as Promise<RetiredRoom>
      const retired = await inTime(asked, DIRECTORY_PUSH_GIVE_UP_MS)
      if (retired.state === 'occupied') return retired
      const known = this.store.get(name)
      const room = known === undefined ? null : this.roomOf(known)
      this.store.remove(name, room?.jurisdiction)
      this.store.audit(who, 'delete', name, documentChanges(text, null), Date.now())
      this.checked.delete(name)
      return 'gone'
    } catch (error) {
      logWarning('room_not_retired', { room: name, error: errorText(error) })
      return 'unreachable'
    } finally {
      this.leaving.delete(name)
    }
  }

  private async wakeIn(ms: number): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + ms)
  }

  /** Never throws, since the platform would stop after a few retries. */
  override async alarm(): Promise<void> {
    try {
      const isDone = await this.tend()
      this.failures = isDone ? 0 : this.failures + 1
    } catch (error) {
      this.failures++
      logError('directory_alarm_failed', error)
    }
    if (this.store.pending.size === 0 && this.store.draining.length === 0) {
      await this.ctx.storage.deleteAlarm()
      return
    }
    const backOffMs = DIRECTORY_ALARM_MS * 2 ** Math.min(this.failures, 10)
    await this.ctx.storage.setAlarm(Date.now() + Math.min(backOffMs, DIRECTORY_ALARM_MAX_MS))
  }

  /** False: a room could not be reached. */
  private async tend(): Promise<boolean> {
    const pending = [...this.store.pending].slice(0, ROOM_CALLS_AT_ONCE)
    const given = await Promise.all(
      pending.map((name) => {
        const document = this.store.get(name)
        return document === undefined || this.give(document)
      }),
    )
    const draining = this.store.draining.filter((name) => !this.leaving.has(name)).slice(0, ROOM_CALLS_AT_ONCE)
    const retired = await Promise.all(
      draining.map((name) => this.retire(this.store.get(name) as StoredDocument, false, DRAINED)),
    )
    return given.every(Boolean) && !retired.includes('unreachable')
  }
}

/** In the audit: a room that had been deleted with `drain` was empty. */
const DRAINED = 'drained'

/** The merged document. Its keys keep their order; numbers are written anew. */
function patchedText(known: StoredDocument, patch: string): string {
  return JSON.stringify(mergePatch(objectOf(known.text), objectOf(patch)))
}
