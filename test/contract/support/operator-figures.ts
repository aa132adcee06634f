/** History, metrics and alerts of a room, through the operators' API. */
import { type Reply, Visitor } from './visitor.ts'
import { ADMIN_TOKEN } from './worker-config.ts'
import type { Workerd } from './workerd.ts'

const POLL_MS = 250

export interface HistoryPoint {
  /** Start of the step. */
  readonly at: string
  readonly samples: number
  readonly active: number
  readonly waiting: number
  readonly absent: number
  readonly joined: number
  readonly admitted: number
  readonly expired: number
  readonly left: number
  readonly returned: number
  readonly originRequests: number
  readonly originErrors: number
}

export interface AlertsView {
  readonly rules: readonly { readonly name: string; readonly state: string; readonly value: number | null }[]
  readonly channels: readonly {
    readonly name: string
    readonly disabled: { readonly since: string; readonly reason: string } | null
  }[]
  readonly deliveries: readonly {
    readonly id: string
    readonly kind: string
    readonly channel: string
    readonly state: string
    readonly attempts: number
    readonly reason: string | null
  }[]
}

/** Sends any request to the operators' endpoints, below the prefix. */
export function operate(workerd: Workerd, method: string, path: string, body = ''): Promise<Reply> {
  const operator = new Visitor(workerd, 'operator.test', { Authorization: `Bearer ${ADMIN_TOKEN}` })
  return operator.send({ method, path: `/__waiting-room/${path}`, ...(method === 'GET' ? {} : { body }) })
}

export async function history(workerd: Workerd, room: string, query: string): Promise<HistoryPoint[]> {
  return (await fetchJson<{ points: HistoryPoint[] }>(workerd, 'GET', `${room}/history?${query}`)).points
}

export function alertsOf(workerd: Workerd, room: string): Promise<AlertsView> {
  return fetchJson<AlertsView>(workerd, 'GET', `${room}/alerts`)
}

/** Sends test messages and returns their ids. */
export async function testAlerts(workerd: Workerd, room: string): Promise<string[]> {
  return (await fetchJson<{ messages: string[] }>(workerd, 'POST', `${room}/alerts/test`)).messages
}

async function fetchJson<T>(workerd: Workerd, method: string, what: string): Promise<T> {
  const reply = await operate(workerd, method, `api/v1/rooms/${what}`)
  if (reply.status >= 300) throw new Error(`${what}: ${reply.status} ${reply.text}`)
  return reply.json<T>()
}

/** Polls until the condition holds. The test's time-out bounds it. */
export async function until<T>(look: () => T | Promise<T>, isDone: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look()
    if (isDone(seen)) return seen
    await new Promise((resume) => setTimeout(resume, POLL_MS))
  }
}
