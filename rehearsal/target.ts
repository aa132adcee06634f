/** The room that is rehearsed. Only one that proves to know the rehearsal token is used. */
import { randomBytes } from 'node:crypto'
import { DEFAULT_PREFIX as PREFIX } from '../src/http/paths.ts'
import { REHEARSAL_HEADER, Rehearsal } from '../src/tokens/rehearsal.ts'
import { type Options, UsageError } from './options.ts'

export interface Target {
  readonly origin: string
  /** The page that visitors want. */
  readonly path: string
  readonly prefix: string
  readonly room: string
  /** Of every request: mark it as part of a rehearsal. */
  readonly headers: Readonly<Record<string, string>>
}

const TIMEOUT_MS = 15_000
/** The visitors' header outlives the rehearsal by this. */
const SLACK_SECONDS = 300

/** @throws UsageError unless the host proves that it allows rehearsals */
export async function provenTarget({ url, room, minutes }: Options, token: string | undefined): Promise<Target> {
  if (token === undefined || token === '') {
    throw new UsageError('REHEARSAL_TOKEN is not set: it is the secret of the room that you rehearse')
  }
  const rehearsal = await Rehearsal.of(token).catch((error: Error) => {
    throw new UsageError(error.message)
  })
  const nonce = randomBytes(24).toString('base64url')
  const query = `nonce=${nonce}${room === null ? '' : `&room=${room}`}`
  const answer = await read(`${url.origin}${PREFIX}/rehearsal?${query}`)
  const isProven = answer !== null && (await rehearsal.isProof(answer.proof, nonce, url.host, answer.room))
  if (!isProven) {
    throw new UsageError(
      `${url.host} does not prove that it allows rehearsals. Set the secret REHEARSAL_TOKEN of its deployment to the same value (docs/rehearsal.md), and name the room with --room if the host has several`,
    )
  }
  const expires = Math.floor(Date.now() / 1000 + minutes * 60) + SLACK_SECONDS
  const headers = { [REHEARSAL_HEADER]: await rehearsal.visitorHeader(answer.room, expires) }
  return { origin: url.origin, path: `${url.pathname}${url.search}`, prefix: PREFIX, room: answer.room, headers }
}

/** Null: there is no such answer. */
async function read(url: string): Promise<{ readonly room: string; readonly proof: string } | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' })
    const body = (await response.json()) as { room?: unknown; proof?: unknown }
    const { room, proof } = body
    return response.ok && typeof room === 'string' && typeof proof === 'string' ? { room, proof } : null
  } catch {
    return null
  }
}
