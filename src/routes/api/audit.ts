/** The audit logs of a room and of the runtime rooms, a page at a time, newest first. */
import type { Context } from 'hono'
import type { AppEnv } from '../../app-env.ts'
import type { DirectoryAuditEntry } from '../../directory/directory-object.ts'
import { problem } from '../../http/problem.ts'
import { AUDIT_PAGE_MAX } from '../../operators/limits.ts'
import type { AuditEntry } from '../../room/audit-entry.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { NO_DIRECTORY, noDirectory, shownChange } from './document-answers.ts'
import { directoryAuditSchema } from './document-schemas.ts'
import {
  isoTime,
  NO_STORE,
  type Operation,
  type Parameter,
  ROOM_PARAMETER,
  whenReached,
  wholeOf,
  wholeText,
  withRoom,
} from './operation.ts'
import { auditSchema } from './operator-schemas.ts'

const BEFORE_PARAMETER: Parameter = {
  in: 'query',
  description: 'Returns only entries before this id.',
  schema: wholeText,
}

export const auditOperations: readonly Operation[] = [
  {
    id: 'getDirectoryAudit',
    method: 'get',
    path: '/directory/audit',
    tag: 'actions',
    summary: 'Who created, changed and deleted runtime rooms',
    description: 'The last 2,000 entries are kept, those of deleted rooms too.',
    needs: 'read',
    parameters: { before: BEFORE_PARAMETER },
    answers: { 200: { description: 'Newest first.', schema: directoryAuditSchema } },
    refusals: { 501: NO_DIRECTORY, 503: 'The directory cannot be reached.' },
    handle: directoryAudit,
  },
  {
    id: 'getAudit',
    method: 'get',
    path: '/rooms/{room}/audit',
    tag: 'actions',
    summary: 'The audit log, with the values before and after each change',
    description: 'The last 1,000 entries are kept.',
    needs: 'read',
    parameters: {
      ...ROOM_PARAMETER,
      before: BEFORE_PARAMETER,
      limit: { in: 'query', description: `1 to ${AUDIT_PAGE_MAX}. Default: 50.`, schema: wholeText },
    },
    answers: { 200: { description: 'Newest first.', schema: auditSchema } },
    refusals: { 400: 'Invalid id or limit.' },
    handle: withRoom(roomAudit),
  },
]

async function directoryAudit(c: Context<AppEnv>): Promise<Response> {
  const { directory } = c.var.deployment
  if (directory === null) return noDirectory()
  const before = readBefore(c)
  if (before instanceof Response) return before
  return whenReached('directory', c, async () => {
    const entries: DirectoryAuditEntry[] = await directory.stub().audit(before, AUDIT_PAGE_MAX)
    const listed = entries.map(({ atMs, changes, ...entry }) => ({
      ...entry,
      at: isoTime(atMs),
      changes: changes.map((one) => shownChange(c, one)),
    }))
    return c.json({ entries: listed, next: nextBefore(entries, AUDIT_PAGE_MAX) }, 200, NO_STORE)
  })
}

async function roomAudit(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const before = readBefore(c)
  if (before instanceof Response) return before
  const limit = wholeOf(c.req.query('limit') ?? '50')
  if (limit === null || limit < 1 || limit > AUDIT_PAGE_MAX) {
    return problem(400, 'Bad query', `"limit" must be a whole number from 1 to ${AUDIT_PAGE_MAX}.`)
  }
  const known: AuditEntry[] = await c.var.deployment.stub(room).audit(before, limit)
  const entries = known.map(({ atMs, ...entry }) => ({ ...entry, at: isoTime(atMs) }))
  return c.json({ room: room.name, entries, next: nextBefore(known, limit) }, 200, NO_STORE)
}

/** The id that all entries of the page are below. */
function readBefore(c: Context<AppEnv>): number | Response {
  const text = c.req.query('before')
  const before = text === undefined ? Number.MAX_SAFE_INTEGER : wholeOf(text)
  return before ?? problem(400, 'Bad query', '"before" must be the id of an entry.')
}

/** `before` of the next page; null: there are no older entries. */
function nextBefore(entries: readonly { readonly id: number }[], limit: number): number | null {
  const last = entries.at(-1)
  return last === undefined || entries.length < limit || last.id === 1 ? null : last.id
}
