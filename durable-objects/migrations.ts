/**
 * The tables of a room's object, as numbered migrations: applied in order, once each. Only add to
 * the end: the previous version must run on what this one stores (docs/deploy.md).
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE line (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     room TEXT NOT NULL,
     alarm_at_ms INTEGER NOT NULL,
     head TEXT NOT NULL
   );
   CREATE TABLE segments (
     segment INTEGER PRIMARY KEY,
     states BLOB NOT NULL,
     join_seconds BLOB NOT NULL,
     sessions BLOB NOT NULL
   );`,
  `CREATE TABLE samples (
     at_ms INTEGER PRIMARY KEY,
     active INTEGER NOT NULL,
     capacity INTEGER NOT NULL,
     waiting INTEGER NOT NULL,
     absent INTEGER NOT NULL,
     joined INTEGER NOT NULL,
     admitted INTEGER NOT NULL,
     expired INTEGER NOT NULL,
     left_line INTEGER NOT NULL,
     returned INTEGER NOT NULL,
     room_errors INTEGER NOT NULL,
     wait_p50 INTEGER,
     wait_p90 INTEGER
   );
   CREATE TABLE reported (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     minute INTEGER NOT NULL
   );
   CREATE TABLE alerts (
     rule TEXT PRIMARY KEY,
     state TEXT NOT NULL
   );
   CREATE TABLE deliveries (
     id TEXT PRIMARY KEY,
     channel TEXT NOT NULL,
     kind TEXT NOT NULL,
     rule TEXT,
     state TEXT NOT NULL,
     attempts INTEGER NOT NULL,
     reason TEXT,
     created_ms INTEGER NOT NULL,
     updated_ms INTEGER NOT NULL,
     message TEXT NOT NULL
   );
   CREATE TABLE disabled_channels (
     channel TEXT PRIMARY KEY,
     receiver TEXT NOT NULL,
     reason TEXT NOT NULL,
     at_ms INTEGER NOT NULL
   );`,
  `ALTER TABLE samples ADD COLUMN origin_requests INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN origin_errors INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN origin_latency_p90_ms INTEGER;`,
  `CREATE TABLE controls (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     version INTEGER NOT NULL,
     overrides TEXT NOT NULL
   );
   CREATE TABLE audit (
     id INTEGER PRIMARY KEY,
     at_ms INTEGER NOT NULL,
     who TEXT NOT NULL,
     action TEXT NOT NULL,
     before TEXT NOT NULL,
     after TEXT NOT NULL
   );
   CREATE TABLE failed_logins (
     address TEXT PRIMARY KEY,
     failures INTEGER NOT NULL,
     until_ms INTEGER NOT NULL
   );`,
  'ALTER TABLE samples ADD COLUMN admission_factor REAL NOT NULL DEFAULT 1;',
  `ALTER TABLE deliveries ADD COLUMN leased_ms INTEGER;
   ALTER TABLE deliveries ADD COLUMN queued_ms INTEGER;`,
  `CREATE TABLE events (
     id TEXT PRIMARY KEY,
     settings TEXT NOT NULL,
     secret TEXT NOT NULL,
     deployed TEXT,
     at_ms INTEGER NOT NULL,
     who TEXT NOT NULL
   );`,
  `ALTER TABLE samples ADD COLUMN limited INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN limited_by_network INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN limited_by_client INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN limited_returns INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN joined_quiet INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN joined_shared INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN joined_busy INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN joined_crowded INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN checks_passed INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN checks_failed INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN checks_overlooked INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN checks_unreachable INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN infinite_answers INTEGER NOT NULL DEFAULT 0;`,
  `CREATE TABLE access (
     subject TEXT PRIMARY KEY,
     key_id TEXT NOT NULL,
     run INTEGER NOT NULL,
     uses INTEGER NOT NULL,
     used INTEGER NOT NULL,
     number INTEGER NOT NULL,
     holder INTEGER NOT NULL,
     join_key TEXT NOT NULL,
     exp_seconds INTEGER NOT NULL,
     revoked INTEGER NOT NULL,
     at_ms INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX access_key ON access (key_id);
   CREATE INDEX access_expiry ON access (exp_seconds, subject);
   CREATE INDEX access_moved ON access (run) WHERE holder > 0;
   CREATE INDEX access_revoked ON access (key_id) WHERE revoked = 1;`,
  `ALTER TABLE samples ADD COLUMN proofs_solved INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN proofs_refused INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN slow_joins INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN keys_redeemed INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN keys_refused INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN keys_missing INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN key_take_overs INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN key_passes INTEGER NOT NULL DEFAULT 0;`,
  `ALTER TABLE samples ADD COLUMN no_shows INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE samples ADD COLUMN waits TEXT;
   ALTER TABLE samples ADD COLUMN abandoned_waits TEXT;
   ALTER TABLE samples ADD COLUMN site_times TEXT;
   CREATE TABLE days (
     day INTEGER PRIMARY KEY,
     figures TEXT NOT NULL
   );`,
  // Of a runtime room. Without a text: it was removed.
  `CREATE TABLE document (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     room TEXT NOT NULL,
     text TEXT,
     version INTEGER NOT NULL,
     draining INTEGER NOT NULL
   );`,
  'ALTER TABLE samples ADD COLUMN full_answers INTEGER NOT NULL DEFAULT 0;',
]

/**
 * Whether this storage was ever written to. Only reads, so that asking for figures leaves no trace.
 */
export function isUsed(sql: SqlStorage): boolean {
  return sql.exec(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'`).toArray().length > 0
}

export function migrate(sql: SqlStorage): void {
  sql.exec('CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)')
  const applied = new Set(
    sql
      .exec('SELECT number FROM migrations')
      .toArray()
      .map((row) => row.number),
  )
  for (const [i, statements] of MIGRATIONS.entries()) {
    if (applied.has(i + 1)) continue
    sql.exec(statements)
    sql.exec('INSERT INTO migrations (number) VALUES (?)', i + 1)
  }
}
