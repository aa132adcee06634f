/** Runtime rooms: read as they were written, created, changed and deleted without a deploy. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import type { Directory } from '../../deployment.ts'
import {
  type Condition,
  type DirectoryAnswer,
  type DirectoryList,
  type DocumentRemoval,
  documentTag,
  type StoredDocument,
} from '../../directory/directory-object.ts'
import { DOCUMENT_MAX_BYTES, RUNTIME_ROOMS_MAX } from '../../directory/limits.ts'
import { boundedText } from '../../http/body.ts'
import { problem } from '../../http/problem.ts'
import { logError } from '../../log/log.ts'
import { API_BODY_MAX_BYTES } from '../../operators/limits.ts'
import { objectOf } from '../../settings/room-document.ts'
import {
  documentAnswer,
  dryRunAnswer,
  NO_DIRECTORY,
  nameOf,
  noDirectory,
  noSuchRoom,
  refusal,
  refusedChange,
  shown,
} from './document-answers.ts'
import {
  directorySchema,
  drainingSchema,
  dryRunSchema,
  roomDocumentSchema,
  roomPatchSchema,
} from './document-schemas.ts'
import { ETAG, IF_MATCH_PARAMETER, IF_MATCH_REFUSALS, readIfMatch, tagHeaders } from './if-match.ts'
import { isoTime, NO_STORE, type Operation, type Parameter, ROOM_PARAMETER, whenReached } from './operation.ts'
import { callerName } from './operator.ts'

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
const WRITTEN = v.union([roomDocumentSchema, dryRunSchema])
const EXAMPLE = { host: 'shop.example.com', path: '/sale', total_active_users: 100, new_users_per_minute: 60 }
const REFUSALS = {
  400: `Invalid keys, each listed, or a document of more than ${DOCUMENT_MAX_BYTES} bytes.`,
  409: `The room is deployed, ${RUNTIME_ROOMS_MAX} rooms exist, or another room has its host and path.`,
  501: NO_DIRECTORY,
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
      'Runtime rooms are returned byte for byte, deployed ones as in wrangler.toml or rooms.toml. `/settings` has the effective values. A read-only token does not see `stats_push_url`.',
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
    summary: 'Change keys of a runtime room; null removes a key',
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
    summary: 'Delete a runtime room',
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
      501: NO_DIRECTORY,
      ...IF_MATCH_REFUSALS,
    },
    handle: deleteRoom,
  },
  {
    id: 'getDirectory',
    method: 'get',
    path: '/directory',
    tag: 'rooms',
    summary: 'The documents of all rooms, deployed ones and runtime rooms',
    needs: 'read',
    answers: { 200: { description: 'Deployed rooms first.', schema: directorySchema } },
    refusals: { 503: 'The directory cannot be reached.' },
    handle: getDirectory,
  },
]

async function getRoom(c: Context<AppEnv>): Promise<Response> {
  const { directory, settings } = c.var.deployment
  const name = nameOf(c)
  const table = settings.tables.find((deployed) => deployed.name === name)
  if (table !== undefined) return c.json(shown(c, table), 200, NO_STORE)
  if (directory === null) return noSuchRoom(c)
  return whenReached('directory', c, async () => {
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
  return whenReached('directory', c, async () => {
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
  return whenReached('directory', c, async () => {
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

function isDeployed(c: Context<AppEnv>): boolean {
  return c.var.deployment.settings.tables.some(({ name }) => name === nameOf(c))
}
