/** Rooms of run time: read as they were written, created, changed and deleted without a deploy. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import type { Directory } from '../../deployment.ts'
import {
  type Condition,
  type DirectoryAnswer,
  type DirectoryAuditEntry,
  type DirectoryList,
  type DirectoryRefusal,
  type DocumentRemoval,
  documentTag,
  type StoredDocument,
} from '../../directory/directory-object.ts'
import { boundedText } from '../../http/body.ts'
import { problem } from '../../http/problem.ts'
import { API_BODY_MAX_BYTES, AUDIT_PAGE_MAX, DOCUMENT_MAX_BYTES, RUNTIME_ROOMS_MAX } from '../../limits.ts'
import { logError } from '../../log/log.ts'
import { type DocumentChange, objectOf } from '../../settings/room-document.ts'
import { refusedBody } from './body.ts'
import {
  directoryAuditSchema,
  directorySchema,
  drainingSchema,
  dryRunSchema,
  roomDocumentSchema,
  roomPatchSchema,
} from './document-schemas.ts'
import { changedMeanwhile, IF_MATCH_PARAMETER, IF_MATCH_REFUSALS, readIfMatch, tagHeaders } from './if-match.ts'
import { isoTime, NO_STORE, type Operation, type Parameter, ROOM_PARAMETER, wholeText } from './operation.ts'
import { callerName } from './operator.ts'
import { SECRET_KEY } from './settings.ts'

const DRY_RUN: Parameter = {
  in: 'query',
  description: '`true`: checks and compares, and changes nothing.',
  schema: v.picklist(['true', 'false']),
}
const IF_NONE_MATCH: Parameter = {
  in: 'header',
  description: '`*`: only if the room does not exist yet.',
  schema: v.literal('*'),
}
const ETAG = { ETag: 'The entity tag. Send it as If-Match with the next change.' }
const WRITTEN = v.union([roomDocumentSchema, dryRunSchema])
const EXAMPLE = { host: 'shop.example.com', path: '/sale', total_active_users: 100, new_users_per_minute: 60 }
const REFUSALS = {
  400: `Invalid keys, each listed, or a document of more than ${DOCUMENT_MAX_BYTES} bytes.`,
  409: `The room is deployed, ${RUNTIME_ROOMS_MAX} rooms exist, or another room has its host and path.`,
  501: 'The deployment has no binding DIRECTORY.',
}
const shared = { tag: 'rooms', parameters: ROOM_PARAMETER } as const

export const documentOperations: readonly Operation[] = [
  {
    ...shared,
    id: 'getRoom',
    method: 'get',
    path: '/rooms/{room}',
    summary: 'Get a room as it was written, without defaults',
    description:
      'Rooms of run time are returned byte for byte, deployed ones as in wrangler.toml or rooms.toml. `/settings` has the effective values. A read-only token does not see `stats_push_url`.',
    needs: 'read',
    answers: { 200: { description: 'The document.', schema: roomDocumentSchema, headers: ETAG } },
    handle: getRoom,
  },
  {
    ...shared,
    id: 'putRoom',
    method: 'put',
    path: '/rooms/{room}',
    summary: 'Create a room, or replace its document',
    description:
      'In force everywhere within 5 s. Nobody loses a place by a change. Without `If-Match` only a new room is written. Deployed rooms cannot be replaced.',
    needs: 'write',
    parameters: {
      ...ROOM_PARAMETER,
      'If-Match': { ...IF_MATCH_PARAMETER, required: false },
      'If-None-Match': IF_NONE_MATCH,
      dry_run: DRY_RUN,
    },
    body: { schema: roomDocumentSchema, required: true, example: EXAMPLE },
    answers: {
      200: { description: 'Replaced, or the result of the dry run.', schema: WRITTEN, headers: ETAG },
      201: { description: 'Created.', schema: roomDocumentSchema, headers: ETAG },
    },
    refusals: { ...REFUSALS, ...IF_MATCH_REFUSALS },
    handle: putRoom,
  },
  {
    ...shared,
    id: 'patchRoom',
    method: 'patch',
    path: '/rooms/{room}',
    summary: 'Change keys of a room of run time; null removes a key',
    needs: 'write',
    parameters: { ...ROOM_PARAMETER, 'If-Match': IF_MATCH_PARAMETER, dry_run: DRY_RUN },
    body: { schema: roomPatchSchema, required: true, example: { total_active_users: 150 } },
    answers: { 200: { description: 'Changed, or the result of the dry run.', schema: WRITTEN, headers: ETAG } },
    refusals: { ...REFUSALS, ...IF_MATCH_REFUSALS },
    handle: patchRoom,
  },
  {
    ...shared,
    id: 'deleteRoom',
    method: 'delete',
    path: '/rooms/{room}',
    summary: 'Delete a room of run time',
    description:
      'Refused while anybody waits or is on the site, unless `drain` or `confirm` says what becomes of them. Afterwards its URLs belong to the next room that covers them, or to none.',
    needs: 'write',
    parameters: {
      ...ROOM_PARAMETER,
      'If-Match': IF_MATCH_PARAMETER,
      drain: {
        in: 'query',
        description: '`true`: turns newcomers away, admits everyone in line, and deletes the room when it is empty.',
        schema: v.picklist(['true', 'false']),
      },
      confirm: { in: 'query', description: "The room's name: ends every place at once.", schema: v.string() },
      dry_run: DRY_RUN,
    },
    answers: {
      200: { description: 'The result of the dry run.', schema: dryRunSchema },
      202: { description: 'The room drains.', schema: drainingSchema },
      204: { description: 'Deleted.' },
    },
    refusals: {
      400: '`confirm` is not the name of the room.',
      409: 'The room is deployed, or somebody waits or is on the site.',
      501: REFUSALS[501],
      ...IF_MATCH_REFUSALS,
    },
    handle: deleteRoom,
  },
  {
    id: 'getDirectory',
    method: 'get',
    path: '/directory',
    tag: 'rooms',
    summary: 'The documents of all rooms, deployed and of run time',
    needs: 'read',
    answers: { 200: { description: 'Deployed rooms first.', schema: directorySchema } },
    refusals: { 503: 'The directory cannot be reached.' },
    handle: getDirectory,
  },
  {
    id: 'getDirectoryAudit',
    method: 'get',
    path: '/directory/audit',
    tag: 'actions',
    summary: 'Who created, changed and deleted rooms of run time',
    description: 'The last 2,000 entries are kept, those of deleted rooms too.',
    needs: 'read',
    parameters: {
      before: { in: 'query', description: 'Returns only entries before this id.', schema: wholeText },
    },
    answers: { 200: { description: 'Newest first.', schema: directoryAuditSchema } },
    refusals: { 501: REFUSALS[501], 503: 'The directory cannot be reached.' },
    handle: getAudit,
  },
]

async function getRoom(c: Context<AppEnv>): Promise<Response> {
  const { directory, settings } = c.var.deployment
  const name = nameOf(c)
  const table = settings.tables.find((deployed) => deployed.name === name)
  if (table !== undefined) return c.json(shown(c, table), 200, NO_STORE)
  if (directory === null) return noSuchRoom(c)
  return reached(c, async () => {
    const stored: StoredDocument | null = await directory.stub().document(name)
    return stored === null ? noSuchRoom(c) : documentAnswer(c, stored, 200)
  })
}

async function putRoom(c: Context<AppEnv>): Promise<Response> {
  const condition = writeCondition(c)
  return condition instanceof Response ? condition : write(c, 'put', condition)
}

async function patchRoom(c: Context<AppEnv>): Promise<Response> {
  const tags = readIfMatch(c)
  return tags instanceof Response ? tags : write(c, 'patch', { kind: 'match', tags })
}

async function write(c: Context<AppEnv>, kind: 'put' | 'patch', condition: Condition): Promise<Response> {
  const text = await boundedText(c.req.raw, API_BODY_MAX_BYTES)
  if (text === null) return problem(400, 'Bad body', `Send a JSON object of at most ${DOCUMENT_MAX_BYTES} bytes.`)
  return change(c, async (directory) => {
    const dryRun = c.req.query('dry_run') === 'true'
    return directory.stub().write({ kind, name: nameOf(c), text, condition, dryRun, who: callerName(c) })
  })
}

async function deleteRoom(c: Context<AppEnv>): Promise<Response> {
  const tags = readIfMatch(c)
  if (tags instanceof Response) return tags
  const name = nameOf(c)
  const { confirm, drain, dry_run } = c.req.query()
  if (confirm !== undefined && confirm !== name) {
    return problem(400, 'Bad query', `"confirm" must be the name of the room: ?confirm=${encodeURIComponent(name)}.`)
  }
  const how: DocumentRemoval['how'] = confirm !== undefined ? 'now' : drain === 'true' ? 'drain' : 'if-empty'
  const removal = {
    name,
    how,
    condition: { kind: 'match', tags },
    dryRun: dry_run === 'true',
    who: callerName(c),
  } as const
  return change(c, (directory) => directory.stub().remove(removal))
}

/** Runs a change, and lets this isolate know it before the answer. */
function change(
  c: Context<AppEnv>,
  run: (directory: Directory) => Promise<DirectoryAnswer>,
): Response | Promise<Response> {
  const { directory } = c.var.deployment
  if (directory === null) return isDeployed(c) ? refusal(c, 'deployed') : noDirectory()
  return reached(c, async () => {
    const answer = await run(directory)
    if (answer.state !== 'done') return refusedChange(c, answer)
    if (c.req.query('dry_run') === 'true') return dryRunAnswer(c, answer)
    await directory.latest().catch((error: unknown) => logError('directory_unreachable', error))
    const { document, isNew } = answer
    if (c.req.method !== 'DELETE' && document !== null) return documentAnswer(c, document, isNew ? 201 : 200, answer)
    if (document === null) return c.body(null, 204, NO_STORE)
    return c.json({ room: document.name, draining: true }, 202, tagHeaders(documentTag(document)))
  })
}

type Done = Extract<DirectoryAnswer, { state: 'done' }>

function dryRunAnswer(c: Context<AppEnv>, { document, isNew, changes }: Done): Response {
  const isDelete = c.req.method === 'DELETE'
  const written = isNew ? 'create' : changes.length === 0 ? 'none' : 'change'
  const action = isDelete ? (document === null ? 'delete' : 'drain') : written
  return c.json({ dryRun: true, room: nameOf(c), action, changes }, 200, NO_STORE)
}

/** Rooms whose object was not reached have the header `Waiting-Room-Pending`. */
function documentAnswer(c: Context<AppEnv>, stored: StoredDocument, status: 200 | 201, done?: Done): Response {
  const isFull = c.var.caller.operator.kind === 'full'
  const text = isFull ? stored.text : JSON.stringify(shown(c, objectOf(stored.text) ?? {}))
  const pending = done?.isReached === false ? { 'Waiting-Room-Pending': 'true' } : {}
  const headers = { ...tagHeaders(documentTag(stored)), ...pending, 'Content-Type': 'application/json' }
  return c.body(text, status, headers)
}

function refusedChange(c: Context<AppEnv>, answer: Exclude<DirectoryAnswer, { state: 'done' }>): Response {
  switch (answer.state) {
    case 'invalid':
      return refusedBody(400, 'Bad body', answer.problems)
    case 'conflict':
      return refusedBody(409, 'Conflict', answer.problems)
    case 'occupied': {
      const { waiting, active } = answer
      const remedy = `?drain=true turns newcomers away and admits them first; ?confirm=${nameOf(c)} ends every place`
      const detail = `${waiting} wait and ${active} are on the site. ${remedy}.`
      return problem(409, 'The room is in use', detail, {}, { waiting, active })
    }
    case 'refused':
      return refusal(c, answer.why, answer.etag)
  }
}

function refusal(c: Context<AppEnv>, why: DirectoryRefusal, etag?: string): Response {
  switch (why) {
    case 'deployed':
      return problem(
        409,
        'The room is deployed',
        'It can only be changed by a deploy: edit wrangler.toml or rooms.toml. PATCH .../settings changes some settings at run time.',
      )
    case 'no-such-room':
      return noSuchRoom(c)
    case 'changed-meanwhile':
      return etag === undefined ? problem(412, 'Changed meanwhile', 'The room does not exist.') : changedMeanwhile(etag)
    case 'condition-missing':
      return problem(428, 'If-Match is required', 'The room exists. Read it, and send its ETag as If-Match.')
    case 'unreachable':
      return problem(503, 'The room cannot be reached', 'Nothing was deleted.', { 'Retry-After': '5' })
  }
}

function writeCondition(c: Context<AppEnv>): Condition | Response {
  const none = c.req.header('If-None-Match')
  if (none !== undefined) {
    if (none.trim() === '*') return { kind: 'absent' }
    return problem(400, 'Bad If-None-Match', 'Only * is supported: write the room only if it does not exist.')
  }
  if (c.req.header('If-Match') === undefined) return { kind: 'none' }
  const tags = readIfMatch(c)
  return tags instanceof Response ? tags : { kind: 'match', tags }
}

async function getDirectory(c: Context<AppEnv>): Promise<Response> {
  const { directory, settings } = c.var.deployment
  const deployed = settings.tables.map((table) => ({
    name: String(table.name),
    source: 'deployed',
    hidden: false,
    draining: false,
    etag: null,
    changedAt: null,
    changedBy: null,
    document: shown(c, table),
  }))
  return reached(c, async () => {
    const none: DirectoryList = { version: 0, documents: [] }
    const list = directory === null ? none : ((await directory.stub().read(null)) as DirectoryList)
    const names = new Set(deployed.map(({ name }) => name))
    const documents = list.documents.map((stored) => ({
      name: stored.name,
      source: 'runtime',
      hidden: names.has(stored.name),
      draining: stored.draining,
      etag: documentTag(stored),
      changedAt: isoTime(stored.atMs),
      changedBy: stored.by,
      document: shown(c, objectOf(stored.text) ?? {}),
    }))
    const max = directory === null ? 0 : RUNTIME_ROOMS_MAX
    return c.json({ version: list.version, max, rooms: [...deployed, ...documents] }, 200, NO_STORE)
  })
}

async function getAudit(c: Context<AppEnv>): Promise<Response> {
  const { directory } = c.var.deployment
  if (directory === null) return noDirectory()
  const before = c.req.query('before') ?? String(Number.MAX_SAFE_INTEGER)
  if (!/^\d{1,16}$/.test(before)) return problem(400, 'Bad query', '"before" must be the id of an entry.')
  return reached(c, async () => {
    const entries: DirectoryAuditEntry[] = await directory.stub().audit(Number(before), AUDIT_PAGE_MAX)
    const last = entries.at(-1)
    const next = last === undefined || entries.length < AUDIT_PAGE_MAX || last.id === 1 ? null : last.id
    const listed = entries.map(({ atMs, changes, ...entry }) => ({
      ...entry,
      at: isoTime(atMs),
      changes: changes.map((one) => shownChange(c, one)),
    }))
    return c.json({ entries: listed, next }, 200, NO_STORE)
  })
}

/** Answers when the directory cannot be reached. */
async function reached(c: Context<AppEnv>, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    logError('api_failed', error)
    const detail = 'The call may or may not have taken effect. Read the room before you retry.'
    const isRead = c.req.method === 'GET'
    return problem(503, 'The directory cannot be reached', isRead ? undefined : detail, { 'Retry-After': '5' })
  }
}

/** Only operators who can change a secret may see it. */
const HIDDEN_TEXT = 'hidden from read-only tokens'

function shown(c: Context<AppEnv>, document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isHidden = c.var.caller.operator.kind === 'read' && Object.hasOwn(document, SECRET_KEY)
  return isHidden ? { ...document, [SECRET_KEY]: HIDDEN_TEXT } : document
}

function shownChange(c: Context<AppEnv>, change: DocumentChange): DocumentChange {
  if (change.key !== SECRET_KEY || c.var.caller.operator.kind === 'full') return change
  return { key: SECRET_KEY, before: HIDDEN_TEXT, after: HIDDEN_TEXT }
}

function isDeployed(c: Context<AppEnv>): boolean {
  return c.var.deployment.settings.tables.some(({ name }) => name === nameOf(c))
}

function nameOf(c: Context<AppEnv>): string {
  return c.req.param('room') ?? ''
}

function noSuchRoom(c: Context<AppEnv>): Response {
  return problem(404, 'No such room', `GET ${c.var.deployment.prefix}/api/v1/directory lists the rooms.`)
}

function noDirectory(): Response {
  return problem(
    501,
    'No directory',
    'Rooms of run time need the binding DIRECTORY with the class Directory in wrangler.toml: docs/rooms.md.',
  )
}
