/**
 * The document of a runtime room in the form: its text is the only state, and the fields show
 * and change parts of it.
 */

export type RoomDocument = Readonly<Record<string, unknown>>

/** Empty: any host, or the whole site. */
export interface RouteRow {
  readonly host: string
  readonly path: string
}

export type ReadDocument =
  | { readonly ok: true; readonly document: RoomDocument }
  | { readonly ok: false; readonly problem: string }

export function documentText(document: RoomDocument): string {
  return JSON.stringify(document, null, 2)
}

export function readDocument(text: string): ReadDocument {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return { ok: true, document: value }
    return { ok: false, problem: 'must be a JSON object: { ... }' }
  } catch (error) {
    return { ok: false, problem: `is not valid JSON. ${(error as Error).message}` }
  }
}

/** @param value undefined removes the key */
export function withValue(document: RoomDocument, key: string, value: unknown): RoomDocument {
  const { [key]: _, ...others } = document
  if (value === undefined) return others
  return Object.hasOwn(document, key) ? { ...document, [key]: value } : { ...others, [key]: value }
}

/** The text of a number field; empty: the key is left out. */
export function fieldText(value: unknown): string {
  return value === undefined || value === null ? '' : String(value)
}

/** A row for each route. `host` with `additional_hosts` are routes with the same path. */
export function routeRows({ routes, host, additional_hosts: more, path }: RoomDocument): readonly RouteRow[] {
  if (routes === undefined) {
    const hosts = [host, ...(Array.isArray(more) ? more : [])]
    return hosts.map((one) => ({ host: fieldText(one), path: fieldText(path) }))
  }
  const listed: readonly unknown[] = Array.isArray(routes) ? routes : []
  return listed.map((route) => {
    const known = isObject(route) ? route : {}
    return { host: fieldText(known.host), path: fieldText(known.path) }
  })
}

/** A single route stays `host` and `path`, unless the document has `routes`. */
export function withRoutes(document: RoomDocument, rows: readonly RouteRow[]): RoomDocument {
  const { host: _host, path: _path, additional_hosts: _more, routes, ...others } = document
  const [first] = rows
  const hasOne = routes === undefined && rows.length === 1 && first !== undefined
  return { ...(hasOne ? routeOf(first) : { routes: rows.map(routeOf) }), ...others }
}

/** The key under which the API reports a problem of this row. */
export function routeKey({ routes }: RoomDocument, row: number, part: keyof RouteRow): string {
  return routes === undefined ? part : `routes.${row}.${part}`
}

function routeOf({ host, path }: RouteRow): Partial<RouteRow> {
  return { ...(host === '' ? {} : { host }), ...(path === '' ? {} : { path }) }
}

function isObject(value: unknown): value is RoomDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
