/**
 * The deployment with its current rooms: the deployed ones, and those of the directory. Built anew
 * when the directory's version has changed; keys, clients and caches stay.
 */
import { type Configuration, type Deployment, type Directory, withRooms } from './deployment.ts'
import {
  DIRECTORY_NAME,
  type DirectoryNamespace,
  directoryStub,
  type StoredDocument,
} from './directory/directory-object.ts'
import { RoomsList } from './directory/rooms-list.ts'
import { sharedLists } from './directory/shared-lists.ts'
import { logError } from './log/log.ts'
import type { KeepAlive } from './room/room-calls.ts'
import { type DocumentRoom, readStored } from './settings/room-document.ts'

export class CurrentDeployment {
  private readonly configuration: Configuration
  private readonly deployedNames: ReadonlySet<string>
  private readonly list: RoomsList
  private readonly directory: Directory
  private readonly checked = new Map<string, { readonly version: number; readonly document: DocumentRoom | null }>()
  private built: Deployment
  private builtVersion = 0

  /** @param base with the deployed rooms only */
  constructor(base: Deployment, configuration: Configuration, namespace: DirectoryNamespace) {
    this.configuration = configuration
    this.deployedNames = new Set(configuration.settings.rooms.map(({ name }) => name))
    const id = namespace.idFromName(DIRECTORY_NAME).toString()
    // The answer is plain data; its type over the RPC only adds that it can be disposed of.
    this.list = new RoomsList(async (known) => await directoryStub(namespace).read(known), sharedLists(id))
    this.directory = { stub: () => directoryStub(namespace), latest: () => this.latest() }
    this.built = { ...base, directory: this.directory }
    base.onSettingsVersion((version) => this.list.tell(version))
  }

  /** @param keepAlive null: the event is not a request, and may wait for the newest list */
  get(keepAlive: KeepAlive | null): Deployment | Promise<Deployment> {
    const pending = keepAlive === null ? this.newest() : this.list.follow(keepAlive)
    return pending === null ? this.build() : pending.then(() => this.build())
  }

  private async newest(): Promise<void> {
    await this.list.latest().catch((error: unknown) => logError('directory_unreachable', error))
  }

  private async latest(): Promise<Deployment> {
    await this.list.latest()
    return this.build()
  }

  private build(): Deployment {
    const list = this.list.newest
    if (list === null || list.version === this.builtVersion) return this.built
    const names = new Set(list.documents.map(({ name }) => name))
    for (const name of this.checked.keys()) if (!names.has(name)) this.checked.delete(name)
    const documents = list.documents.flatMap((stored) => this.documentOf(stored) ?? [])
    this.built = withRooms(this.built, this.configuration, documents)
    this.builtVersion = list.version
    return this.built
  }

  /** Null: a deployed room has the name, or this deploy refuses the document. */
  private documentOf({ name, text, version, draining }: StoredDocument): DocumentRoom | null {
    const known = this.checked.get(name)
    if (known?.version === version) return known.document
    const document = this.read(name, text)
    const checked = document === null || !draining ? document : { ...document, room: { ...document.room, draining } }
    this.checked.set(name, { version, document: checked })
    return checked
  }

  private read(name: string, text: string): DocumentRoom | null {
    const { readDocument } = this.configuration
    if (this.deployedNames.has(name)) return null
    const parsed = readDocument(name, text)
    if (parsed.ok) return parsed.document
    const held = readStored(readDocument, name, text)
    const problems = parsed.problems.map(({ key, problem }) => `${key} ${problem}`.trim()).join('; ')
    logError('document_refused', new Error(problems), { room: name, held: held.ok })
    return held.ok ? held.document : null
  }
}
