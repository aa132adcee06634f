/** Bodies of the calls on runtime rooms, as schemas: see schema-parts.ts. */
import * as v from 'valibot'
import { roomEntries } from '../../settings/room-schema.ts'

const about = <S extends v.GenericSchema>(schema: S, description: string) => v.pipe(schema, v.description(description))
const time = v.pipe(v.string(), v.isoTimestamp())

/** The name is in the address. */
const entries = { ...roomEntries, name: v.optional(roomEntries.name) }

/** A room as it is written: keys that are left out are not filled in. */
export const roomDocumentSchema = v.strictObject(entries)

/** A merge patch (RFC 7396). */
export const roomPatchSchema = v.strictObject(
  Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => {
      const inner = 'wrapped' in entry ? entry.wrapped : entry
      return [key, v.optional(v.nullable(inner as v.GenericSchema))]
    }),
  ),
)

const changes = about(
  v.array(v.looseObject({ key: v.string(), before: v.optional(v.unknown()), after: v.optional(v.unknown()) })),
  'Keys that differ. A value that is left out: the key was not, or is no longer, there.',
)

export const dryRunSchema = v.looseObject({
  dryRun: v.literal(true),
  room: v.string(),
  action: v.picklist(['create', 'change', 'none', 'delete', 'drain']),
  changes,
})

export const drainingSchema = v.looseObject({ room: v.string(), draining: v.literal(true) })

export const directorySchema = v.looseObject({
  version: about(v.number(), 'Grows with every change of a runtime room.'),
  max: about(v.number(), 'Runtime rooms that the directory takes.'),
  rooms: v.array(
    v.looseObject({
      name: v.string(),
      source: about(v.picklist(['deployed', 'runtime']), 'deployed: only a deploy changes it.'),
      hidden: about(v.boolean(), 'A runtime room that is not in force, because a deployed one has its name.'),
      draining: about(v.boolean(), 'Deleted with drain: it admits everyone in line, and is deleted when it is empty.'),
      etag: about(v.nullable(v.string()), 'For If-Match, without quotes; null: deployed.'),
      changedAt: v.nullable(time),
      changedBy: v.nullable(v.string()),
      document: about(v.record(v.string(), v.unknown()), 'As written.'),
    }),
  ),
})

export const directoryAuditSchema = v.looseObject({
  entries: v.array(
    v.looseObject({
      id: v.number(),
      at: time,
      who: v.string(),
      action: v.picklist(['create', 'change', 'drain', 'delete']),
      room: v.string(),
      changes,
    }),
  ),
  next: about(v.nullable(v.number()), 'The value of "before" for older entries; null: there are none.'),
})
