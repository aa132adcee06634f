/**
 * The audit log: operator, time and action of each change, in the words of the buttons, with the
 * settings that changed.
 */
import { useState } from 'hono/jsx/dom'
import { type Audit, get } from './api.ts'
import type { Polled } from './hooks.ts'
import { dateText, zoneText } from './times.ts'
import { actionText, changesText } from './words.ts'

type Entry = Audit['entries'][number]

export function AuditLog({ room, polled }: { room: string; polled: Polled<Audit> }) {
  const [older, setOlder] = useState<Audit | null>(null)
  const [olderError, setOlderError] = useState<Error | null>(null)
  const newest = polled.value
  const shown = [...(newest?.entries ?? []), ...(older?.entries ?? [])]
  const entries = shown.filter(({ id }, i) => shown.findIndex((other) => other.id === id) === i)
  const next = older === null ? (newest?.next ?? null) : older.next
  const more = async () => {
    try {
      const page = await get<Audit>(`/rooms/${room}/audit?limit=50&before=${next}`)
      setOlder({ ...page, entries: [...(older?.entries ?? []), ...page.entries] })
      setOlderError(null)
    } catch (error) {
      setOlderError(error as Error)
    }
  }
  const error = olderError ?? polled.error
  return (
    <section class="card" aria-labelledby="audit-title">
      <h3 id="audit-title">Audit log</h3>
      {error !== null && (
        <p class="error" role="alert">
          The audit log could not be loaded ({error.message}).
        </p>
      )}
      {entries.length === 0 ? (
        error === null && <p class="muted">{newest === null ? 'Loading…' : 'No changes yet.'}</p>
      ) : (
        <section class="scroll" tabindex={0} aria-label="Audit entries">
          <table>
            <thead>
              <tr>
                <th scope="col">When ({zoneText()})</th>
                <th scope="col">Who</th>
                <th scope="col">Action</th>
                <th scope="col">Changed</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <ChangeRow key={entry.id} entry={entry} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {next !== null && (
        <div class="row end">
          <button type="button" onClick={more}>
            Show older
          </button>
        </div>
      )}
    </section>
  )
}

export function ChangeRow({ entry }: { entry: Entry }) {
  return (
    <tr>
      <td>
        <time datetime={entry.at}>{dateText(entry.at)}</time>
      </td>
      <td>{entry.who}</td>
      <td>{actionText(entry)}</td>
      <td>{changesText(entry)}</td>
    </tr>
  )
}
