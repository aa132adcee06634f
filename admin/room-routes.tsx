/** The routes of a room in the form: a row with host and path for each. */
import { problemText } from './event-words.ts'
import { type FormState, TextField } from './form-fields.tsx'
import { type RoomDocument, type RouteRow, routeKey, routeRows, withRoutes } from './room-draft.ts'
import { placesText } from './room-words.ts'

interface Props {
  readonly form: FormState
  readonly document: RoomDocument
  readonly onChange: (document: RoomDocument) => void
}

const PARTS = ['host', 'path'] as const

/** The keys of problems that are shown at one of the fields. */
export function routeKeys(document: RoomDocument): readonly string[] {
  return routeRows(document).flatMap((_, row) => PARTS.map((part) => routeKey(document, row, part)))
}

/** Whether a problem with this key is about what the room covers. */
export function isRouteKey(key: string): boolean {
  return /^(?:routes|host|path|additional_hosts)(?:\.|$)/.test(key)
}

export function RoomRoutes({ form, document, onChange }: Props) {
  const rows = routeRows(document)
  const shown = routeKeys(document)
  const others = form.problems.filter(({ key }) => isRouteKey(key) && !shown.includes(key))
  const set = (row: number, part: keyof RouteRow, value: string) =>
    onChange(
      withRoutes(
        document,
        rows.map((one, i) => (i === row ? { ...one, [part]: value.trim() } : one)),
      ),
    )
  const field = (row: number, part: keyof RouteRow, value: string) => (
    <TextField
      form={form}
      name={routeKey(document, row, part)}
      label={`${part === 'host' ? 'Host' : 'Path'}${rows.length > 1 ? ` ${row + 1}` : ''}`}
      note={part === 'host' ? 'Empty: any host.' : 'With everything below it. Empty: the whole site.'}
      value={value}
      max={1000}
      onText={(text) => set(row, part, text)}
    />
  )
  return (
    <fieldset class="group">
      <legend>What the room covers</legend>
      {rows.map(({ host, path }, row) => (
        <div key={row} class="step">
          {field(row, 'host', host)}
          {field(row, 'path', path)}
          {rows.length > 1 && (
            <button
              type="button"
              aria-label={`Remove route ${row + 1}`}
              onClick={() =>
                onChange(
                  withRoutes(
                    document,
                    rows.filter((_, i) => i !== row),
                  ),
                )
              }
            >
              Remove
            </button>
          )}
        </div>
      ))}
      {others.map(({ key, problem }) => (
        <p key={key} class="error">
          {key} {problemText(problem, true)}
        </p>
      ))}
      <div class="row between">
        <p class="muted" aria-live="polite">
          {rows.length > 0 && `Covers ${placesText(document)}`}
        </p>
        <button type="button" onClick={() => onChange(withRoutes(document, [...rows, { host: '', path: '' }]))}>
          Add a route
        </button>
      </div>
    </fieldset>
  )
}
