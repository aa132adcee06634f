/** Requests to a server outside the measurement: for its page, and for the costs so far. */
import { type IncomingHttpHeaders, request } from 'node:http'
import { ADMIN_TOKEN } from '../test/contract/support/worker-config.ts'
import type { Variant } from './variants.ts'
import { hostOf, type MeasuredPage } from './workers.ts'

/** The counts of the room's object so far. */
export async function costsOf(
  { server, name }: Variant,
  port: number,
): Promise<{ calls: number; rowsWritten: number }> {
  if (server === 'peers') return { calls: 0, rowsWritten: 0 }
  const { body } = await ask(port, name, `/__waiting-room/api/v1/rooms/${name}/stats`, {
    Authorization: `Bearer ${ADMIN_TOKEN}`,
  })
  return JSON.parse(body.toString())
}

/** For runs without the waiting page. */
export const UNMEASURED_PAGE: MeasuredPage = { bytes: 20_000, headers: { 'content-type': 'text/html; charset=utf-8' } }

/** Headers that differ by visitor or connection, or that the runtime adds. */
const PASSING_HEADERS = ['set-cookie', 'content-length', 'connection', 'date', 'keep-alive']

export async function pageOf(port: number): Promise<MeasuredPage> {
  const { body, headers } = await ask(port, 'page', '/')
  const kept = Object.entries(headers).filter(([name]) => !PASSING_HEADERS.includes(name))
  return { bytes: body.length, headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])) }
}

interface Answer {
  readonly body: Buffer
  readonly headers: IncomingHttpHeaders
}

/** Without more headers the request is a newcomer's. */
export function ask(port: number, room: string, path: string, more: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { Host: hostOf(room), Accept: 'text/html', ...more }
    const asked = request({ host: '127.0.0.1', port, path, headers }, async (response) => {
      resolve({ body: Buffer.concat(await response.toArray()), headers: response.headers })
    })
    asked.on('error', reject)
    asked.end()
  })
}
