/** Who did what when, with the values before and after. */
import { useState } from 'hono/jsx/dom'
import { type Audit, get } from './api.ts'
import { clockText } from './times.ts'

type Entry = Audit['entries'][number]

export function AuditLog({ room, newest }: { room: string; newest: Audit | null }) {
  const [older, setOlder] = useState<Audit | null>(null)
  const shown = [...(newest?.entries ?? []), ...(older?.entries ?? [])]
  const entries = shown.filter(({ id }, i) => shown.findIndex((other) => other.id === id) === i)
  const next = older === null ? (newest?.next ?? null) : older.next
  const more = async () => {
    const page = await get<Audit>(`/rooms/${room}/audit?limit=50&before=${next}`)
    setOlder({ ...page, entries: [...(older?.entries ?? []), ...page.entries] })
  }
  return (
    <section class="card" aria-labelledby="audit-title">
      <h3 id="audit-title">Audit</h3>
      {entries.length === 0 ? (
        <p class="muted">{newest === null ? 'Loading…' : 'Nobody has changed anything yet.'}</p>
      ) : (
        <section class="scroll" tabindex={0} aria-label="Entries of the audit">
          <table>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Before</th>
                <th scope="col">After</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <Row key={entry.id} entry={entry} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {next !== null && (
        <div class="row end">
          <button type="button" onClick={more}>
            Older
          </button>
        </div>
      )}
    </section>
  )
}

function Row({ entry: { at, who, action, before, after } }: { entry: Entry }) {
  return (
    <tr>
      <td>{clockText(at)}</td>
      <td>{who}</td>
      <td>{action}</td>
      <td>{valuesText(before)}</td>
      <td>{valuesText(after)}</td>
    </tr>
  )
}

function valuesText(values: Entry['before']): string {
  return Object.entries(values)
    .map(([key, value]) => `${key.replaceAll('_', ' ')} ${value === null ? 'none' : String(value)}`)
    .join(', ')
}
