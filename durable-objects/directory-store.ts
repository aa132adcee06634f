/**
 * The directory's tables: the documents of runtime rooms, the names of deleted ones, and the
 * audit. The documents are also in memory: 5 MB at most.
 */
import type { DirectoryAuditEntry, DirectoryList, StoredDocument } from '../src/directory/directory-object.ts'
import { REMOVED_ROOMS_MAX } from '../src/directory/limits.ts'
import type { DocumentChange } from '../src/settings/room-document.ts'
import { AuditLog } from './audit-log.ts'

/** Newest audit entries kept. */
const AUDIT_KEPT = 2_000

/** Only add to the end, as in migrations.ts. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS documents (
    name TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    version INTEGER NOT NULL,
    given INTEGER NOT NULL,
    draining INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    who TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS removed (
    name TEXT PRIMARY KEY,
    jurisdiction TEXT,
    version INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    room TEXT NOT NULL,
    changes TEXT NOT NULL
  );`

export class DirectoryStore {
  private readonly sql: SqlStorage
  private readonly log: AuditLog
  private readonly byName = new Map<string, StoredDocument>()
  /** Names of rooms whose object does not have the newest document yet. */
  readonly pending = new Set<string>()
  /** Of the last change of any room; 0: there was none. */
  version = 0

  constructor(sql: SqlStorage) {
    this.sql = sql
    this.log = new AuditLog(sql, AUDIT_KEPT, ['at_ms', 'who', 'action', 'room', 'changes'])
    this.sql.exec(TABLES)
    for (const row of this.sql.exec('SELECT * FROM documents ORDER BY name')) {
      const document = {
        name: row.name as string,
        text: row.text as string,
        version: row.version as number,
        draining: row.draining === 1,
        atMs: row.at_ms as number,
        by: row.who as string,
      }
      this.byName.set(document.name, document)
      if ((row.given as number) < document.version) this.pending.add(document.name)
      this.version = Math.max(this.version, document.version)
    }
    const [last] = this.sql.exec('SELECT MAX(version) AS version FROM removed').toArray()
    this.version = Math.max(this.version, (last?.version as number | null) ?? 0)
  }

  get list(): DirectoryList {
    return { version: this.version, documents: [...this.byName.values()] }
  }

  get size(): number {
    return this.byName.size
  }

  get(name: string): StoredDocument | undefined {
    return this.byName.get(name)
  }

  get draining(): readonly string[] {
    return [...this.byName.values()].filter(({ draining }) => draining).map(({ name }) => name)
  }

  /** Stores a document as the newest version. */
  put(written: Omit<StoredDocument, 'version'>): StoredDocument {
    const document = { ...written, version: ++this.version }
    const { name, text, version, draining, atMs, by } = document
    this.sql.exec(
      `INSERT INTO documents (name, text, version, given, draining, at_ms, who) VALUES (?, ?, ?, 0, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET
         text = excluded.text, version = excluded.version, draining = excluded.draining,
         at_ms = excluded.at_ms, who = excluded.who`,
      name,
      text,
      version,
      draining ? 1 : 0,
      atMs,
      by,
    )
    this.sql.exec('DELETE FROM removed WHERE name = ?', name)
    this.byName.set(name, document)
    this.pending.add(name)
    return document
  }

  /** The room's object has this document. */
  given({ name, version }: StoredDocument): void {
    if (this.byName.get(name)?.version !== version) return
    this.sql.exec('UPDATE documents SET given = ? WHERE name = ?', version, name)
    this.pending.delete(name)
  }

  remove(name: string, jurisdiction: string | undefined): void {
    this.version++
    this.byName.delete(name)
    this.pending.delete(name)
    this.sql.exec('DELETE FROM documents WHERE name = ?', name)
    this.sql.exec(
      'INSERT OR REPLACE INTO removed (name, jurisdiction, version) VALUES (?, ?, ?)',
      name,
      jurisdiction ?? null,
      this.version,
    )
    this.sql.exec(
      'DELETE FROM removed WHERE name IN (SELECT name FROM removed ORDER BY version DESC LIMIT -1 OFFSET ?)',
      REMOVED_ROOMS_MAX,
    )
  }

  /** Where a deleted room of this name was; undefined: there was none. */
  formerJurisdiction(name: string): { readonly jurisdiction: string | undefined } | undefined {
    const [row] = this.sql.exec('SELECT jurisdiction FROM removed WHERE name = ?', name).toArray()
    return row === undefined ? undefined : { jurisdiction: (row.jurisdiction as string | null) ?? undefined }
  }

  audit(
    who: string,
    action: DirectoryAuditEntry['action'],
    room: string,
    changes: readonly DocumentChange[],
    atMs: number,
  ): void {
    this.log.add(atMs, who, action, room, JSON.stringify(changes))
  }

  /** Newest first. */
  auditEntries(beforeId: number, count: number): DirectoryAuditEntry[] {
    return this.log.before(beforeId, count).map((row) => ({
      id: row.id as number,
      atMs: row.at_ms as number,
      who: row.who as string,
      action: row.action as DirectoryAuditEntry['action'],
      room: row.room as string,
      changes: JSON.parse(row.changes as string) as DocumentChange[],
    }))
  }
}
