/**
 * The RPC interface of the directory, the one object that holds the documents of all runtime
 * rooms. durable-objects/directory.ts implements it.
 *
 * As with rooms' objects, fields may only be added: isolates and objects of two versions call each
 * other during a deploy.
 */
import type { DocumentChange, DocumentProblem } from '../settings/room-document.ts'

/** A runtime room as it was written. */
export interface StoredDocument {
  readonly name: string
  /** The JSON text, byte for byte as an operator sent it. */
  readonly text: string
  /** Of the directory at the last change of this room: grows with every change of any room. */
  readonly version: number
  /** Draining: the room admits everyone in line, and is deleted when it is empty. */
  readonly draining: boolean
  readonly atMs: number
  readonly by: string
}

export interface DirectoryList {
  readonly version: number
  readonly documents: readonly StoredDocument[]
}

export interface DirectoryObject {
  /** The list; only its version if the caller knows that one. */
  read(knownVersion: number | null): DirectoryList | Pick<DirectoryList, 'version'>
  /** Null: there is no such runtime room. */
  document(name: string): StoredDocument | null
  /** Stores a change and hands it to the room's object. */
  write(change: DocumentWrite): Promise<DirectoryAnswer>
  remove(removal: DocumentRemoval): Promise<DirectoryAnswer>
  /** Audit entries before an id, newest first. */
  audit(beforeId: number, count: number): DirectoryAuditEntry[]
}

export type DirectoryNamespace = DurableObjectNamespace<DirectoryObject & Rpc.DurableObjectBranded>

/** The one directory's object. */
export const DIRECTORY_NAME = 'directory'

/** The one directory. In no jurisdiction: if that of the rooms changes, they stay. */
export function directoryStub(namespace: DirectoryNamespace): ReturnType<DirectoryNamespace['getByName']> {
  return namespace.getByName(DIRECTORY_NAME)
}

/**
 * `none`: only a room that does not exist yet may be written without condition. `match`: one of
 * these tags, or any if null.
 */
export type Condition =
  | { readonly kind: 'none' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'match'; readonly tags: readonly string[] | null }

interface Change {
  readonly name: string
  readonly condition: Condition
  /** Checks and compares only. */
  readonly dryRun: boolean
  readonly who: string
}

export interface DocumentWrite extends Change {
  /** `patch`: `text` is a merge patch (RFC 7396). */
  readonly kind: 'put' | 'patch'
  readonly text: string
}

/**
 * `if-empty`: refused while anybody waits or is on the site. `drain`: goes when it is empty. `now`:
 * ends every place.
 */
export interface DocumentRemoval extends Change {
  readonly how: 'if-empty' | 'drain' | 'now'
}

export type DirectoryAnswer =
  | {
      readonly state: 'done'
      /** Null: removed. In a dry run as it would be stored, with the version from before. */
      readonly document: StoredDocument | null
      readonly isNew: boolean
      readonly changes: readonly DocumentChange[]
      /** Of the list, after the change. */
      readonly version: number
      /** False: the room's object could not be reached, and gets the change later. */
      readonly isReached: boolean
    }
  | { readonly state: 'refused'; readonly why: DirectoryRefusal; readonly etag?: string }
  | { readonly state: 'invalid'; readonly problems: readonly DocumentProblem[] }
  | { readonly state: 'conflict'; readonly problems: readonly DocumentProblem[] }
  | { readonly state: 'occupied'; readonly waiting: number; readonly active: number }

export type DirectoryRefusal = 'deployed' | 'no-such-room' | 'changed-meanwhile' | 'condition-missing' | 'unreachable'

export interface DirectoryAuditEntry {
  readonly id: number
  readonly atMs: number
  readonly who: string
  readonly action: 'create' | 'change' | 'drain' | 'delete'
  readonly room: string
  readonly changes: readonly DocumentChange[]
}

/** The entity tag of a document. */
export function documentTag({ version }: Pick<StoredDocument, 'version'>): string {
  return `v${version}`
}
