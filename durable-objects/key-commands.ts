/** The commands of operators about access keys. The caller stores the line in the same turn. */
import { keySubject } from '../src/core/access.ts'
import type { Line } from '../src/core/line.ts'
import { ACCESS_KEY_LIFE_MAX_DAYS, REVOKED_KEYS_MAX, REVOKED_PLACES_MAX } from '../src/limits.ts'
import type { KeyReport, RevokedKey } from '../src/room/room-keys.ts'
import type { AccessStore } from './access-store.ts'

const DAY_SECONDS = 86_400

export function keyReport(id: string, line: Line | null, store: AccessStore): KeyReport | null {
  const row = store.key(id)
  if (row === undefined) return null
  const isOfRun = row.run === line?.run
  const isLive = isOfRun && row.number > 0 && line.isLive(row.number)
  const { uses, used, expSeconds, revoked } = row
  return {
    uses: uses === 0 ? null : uses,
    used: isOfRun ? used : 0,
    number: isLive ? row.number : null,
    expiresMs: expSeconds * 1000,
    revoked,
  }
}

/**
 * Revokes a key, whether it was used or not. Its places end, up to a bound: `more` says that the
 * call must be repeated.
 */
export function revokeKey(
  id: string,
  keepPlaces: boolean,
  line: Line,
  store: AccessStore,
  nowMs: number,
): { readonly result: RevokedKey; readonly record: () => void } | 'too-many' {
  const known = store.key(id)
  if (known?.revoked !== true && store.revokedCount >= REVOKED_KEYS_MAX) return 'too-many'
  // The expiry of a key that was never used is not known here.
  const latest = Math.ceil(nowMs / 1000) + ACCESS_KEY_LIFE_MAX_DAYS * DAY_SECONDS
  const row = known ?? {
    subject: keySubject(id),
    keyId: id,
    run: line.run,
    uses: 0,
    used: 0,
    number: 0,
    holder: 0,
    joinKey: '',
    expSeconds: latest,
    atMs: nowMs,
  }
  const rows = keepPlaces ? [] : store.places(id, line.run, REVOKED_PLACES_MAX)
  const ended = new Set<number>()
  for (const { number } of rows) {
    if (line.places.leave(line.course.lineNumber(number), 'revoked')) ended.add(number)
  }
  line.admit()
  const record = () => {
    // The next call finds the places that are left.
    store.remove(rows.map(({ subject }) => subject))
    const number = keepPlaces ? row.number : 0
    store.write([{ ...row, number, revoked: true }])
  }
  return { result: { ended: ended.size, more: rows.length === REVOKED_PLACES_MAX }, record }
}
