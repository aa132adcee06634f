/** Answers about runtime rooms: what the directory said, as HTTP. */
import type { Context } from 'hono'
import type { AppEnv } from '../../app-env.ts'
import {
  type DirectoryAnswer,
  type DirectoryRefusal,
  documentTag,
  type StoredDocument,
} from '../../directory/directory-object.ts'
import { problem } from '../../http/problem.ts'
import { type DocumentChange, objectOf } from '../../settings/room-document.ts'
import { refusedBody } from './body.ts'
import { changedMeanwhile, tagHeaders } from './if-match.ts'
import { NO_STORE } from './operation.ts'
import { SECRET_KEY } from './settings.ts'

type Done = Extract<DirectoryAnswer, { state: 'done' }>

export function dryRunAnswer(c: Context<AppEnv>, { document, isNew, changes }: Done): Response {
  const isDelete = c.req.method === 'DELETE'
  const written = isNew ? 'create' : changes.length === 0 ? 'none' : 'change'
  const action = isDelete ? (document === null ? 'delete' : 'drain') : written
  return c.json({ dryRun: true, room: nameOf(c), action, changes }, 200, NO_STORE)
}

/** Rooms whose object was not reached have the header `Waiting-Room-Pending`. */
export function documentAnswer(c: Context<AppEnv>, stored: StoredDocument, status: 200 | 201, done?: Done): Response {
  const isFull = c.var.caller.operator.kind === 'full'
  const text = isFull ? stored.text : JSON.stringify(shown(c, objectOf(stored.text) ?? {}))
  const pending = done?.isReached === false ? { 'Waiting-Room-Pending': 'true' } : {}
  const headers = { ...tagHeaders(documentTag(stored)), ...pending, 'Content-Type': 'application/json' }
  return c.body(text, status, headers)
}

export function refusedChange(c: Context<AppEnv>, answer: Exclude<DirectoryAnswer, { state: 'done' }>): Response {
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

export function refusal(c: Context<AppEnv>, why: DirectoryRefusal, etag?: string): Response {
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

/** Only operators who can change a secret may see it. */
const HIDDEN_TEXT = 'hidden from read-only tokens'

export function shown(
  c: Context<AppEnv>,
  document: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const isHidden = c.var.caller.operator.kind === 'read' && Object.hasOwn(document, SECRET_KEY)
  return isHidden ? { ...document, [SECRET_KEY]: HIDDEN_TEXT } : document
}

export function shownChange(c: Context<AppEnv>, change: DocumentChange): DocumentChange {
  if (change.key !== SECRET_KEY || c.var.caller.operator.kind === 'full') return change
  return { key: SECRET_KEY, before: HIDDEN_TEXT, after: HIDDEN_TEXT }
}

export function nameOf(c: Context<AppEnv>): string {
  return c.req.param('room') ?? ''
}

export function noSuchRoom(c: Context<AppEnv>): Response {
  return problem(404, 'No such room', `GET ${c.var.deployment.prefix}/api/v1/directory lists the rooms.`)
}

export const NO_DIRECTORY = 'The deployment has no binding DIRECTORY.'

export function noDirectory(): Response {
  return problem(
    501,
    'No directory',
    'Runtime rooms need the binding DIRECTORY with the class Directory in wrangler.toml: docs/rooms.md.',
  )
}
