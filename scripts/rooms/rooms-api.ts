/** The calls of the operators' API that rooms as code need. */

import { RoomsError } from './rooms-error.ts'
import type { Document } from './rooms-file.ts'

/** A room as the directory lists it. */
export interface LiveRoom {
  readonly name: string
  readonly source: 'deployed' | 'runtime'
  readonly hidden: boolean
  readonly draining: boolean
  readonly etag: string | null
  readonly changedAt: string | null
  readonly changedBy: string | null
  readonly document: Document
}

export interface Outcome {
  readonly status: number
  /** Null: the call succeeded. */
  readonly problem: string | null
}

const TIMEOUT_MS = 30_000

const NOT_THE_API = "which is not an answer of the API. Is the URL that of the room's endpoints?"

export class RoomsApi {
  private readonly base: string
  private readonly token: string

  /** @param url of the endpoints, such as `https://shop.example.com/__waiting-room` */
  constructor(url: string, token: string) {
    this.base = `${url.replace(/\/+$/, '')}/api/v1`
    this.token = token
  }

  async list(): Promise<LiveRoom[]> {
    const response = await this.send('GET', '/directory')
    const isJson = response.headers.get('Content-Type')?.startsWith('application/json') === true
    if (!response.ok || !isJson) throw new RoomsError(`${this.base}/directory: ${await problemOf(response)}`)
    const { rooms } = (await response.json()) as { rooms?: LiveRoom[] }
    if (!Array.isArray(rooms)) throw new RoomsError(`${this.base}/directory: ${NOT_THE_API}`)
    return rooms
  }

  /** @param etag null: the room must not exist */
  put(name: string, document: Document, etag: string | null, isDryRun = false): Promise<Outcome> {
    const condition = etag === null ? { 'If-None-Match': '*' } : { 'If-Match': `"${etag}"` }
    return this.change('PUT', `/rooms/${name}${isDryRun ? '?dry_run=true' : ''}`, condition, JSON.stringify(document))
  }

  remove(name: string, etag: string, isDrained: boolean): Promise<Outcome> {
    return this.change('DELETE', `/rooms/${name}${isDrained ? '?drain=true' : ''}`, { 'If-Match': `"${etag}"` })
  }

  private async change(method: string, path: string, headers: object, body?: string): Promise<Outcome> {
    const response = await this.send(method, path, headers, body)
    if (!response.ok) return { status: response.status, problem: await problemOf(response) }
    await response.arrayBuffer()
    return { status: response.status, problem: null }
  }

  private async send(method: string, path: string, headers: object = {}, body?: string): Promise<Response> {
    try {
      return await fetch(`${this.base}${path}`, {
        method,
        headers: { Authorization: `Bearer ${this.token}`, ...headers },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body }),
      })
    } catch (error) {
      const { cause, message } = error as Error
      throw new RoomsError(`${this.base} cannot be reached: ${(cause as Error | undefined)?.message ?? message}`)
    }
  }
}

async function problemOf(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const { title, detail } = JSON.parse(text) as { title?: string; detail?: string }
    if (title !== undefined) return `${title} (${response.status})${detail === undefined ? '' : `: ${detail}`}`
  } catch {
    // Something else than the API has answered.
  }
  return `answers ${response.status}, ${NOT_THE_API}`
}
