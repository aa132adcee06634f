/** The state of a room according to its object, through the operators' API. */
import { Visitor } from './visitor.ts'
import { ADMIN_TOKEN } from './worker-config.ts'
import type { Workerd } from './workerd.ts'

export interface Stats {
  readonly run: number | null
  readonly active: number
  readonly waiting: number
  readonly capacity: number
  readonly admissionFactor?: number
  readonly nextNumber?: number
  readonly frontier?: number
  readonly pagesWithoutBeacon?: Readonly<Record<string, number>>
  readonly calls?: number
  readonly totals?: Readonly<
    Record<
      | 'joined'
      | 'admitted'
      | 'left'
      | 'expired'
      | 'returned'
      | 'originRequests'
      | 'originErrors'
      | 'limited'
      | 'limitedByNetwork'
      | 'limitedByClient'
      | 'checksPassed'
      | 'checksFailed'
      | 'proofsSolved'
      | 'proofsRefused'
      | 'slowJoins'
      | 'infiniteAnswers'
      | 'fullAnswers',
      number
    >
  >
}

export interface JournalEntry {
  readonly sequence: number
  readonly number: number
  readonly event: 'joined' | 'admitted' | 'claimed' | 'expired' | 'returned' | 'left' | 'ended' | 'forgotten'
}

export interface JournalPage {
  readonly run: number | null
  readonly entries: readonly JournalEntry[]
  readonly last: number
  readonly lost: boolean
}

export function stats(workerd: Workerd, room: string): Promise<Stats> {
  return fetchJson<Stats>(workerd, `${room}/stats`)
}

/** The count of numbers issued so far, 0 for a room that nobody has visited. */
export async function issued(workerd: Workerd, room: string): Promise<number> {
  return ((await stats(workerd, room)).nextNumber ?? 1) - 1
}

export function journal(workerd: Workerd, room: string, after = 0): Promise<JournalPage> {
  return fetchJson<JournalPage>(workerd, `${room}/journal?after=${after}`)
}

async function fetchJson<T>(workerd: Workerd, what: string): Promise<T> {
  const operator = new Visitor(workerd, 'operator.test', { Authorization: `Bearer ${ADMIN_TOKEN}` })
  const reply = await operator.get(`/__waiting-room/api/v1/rooms/${what}`)
  if (reply.status !== 200) throw new Error(`${what}: ${reply.status} ${reply.text}`)
  return reply.json<T>()
}
