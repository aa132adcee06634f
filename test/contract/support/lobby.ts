/** An event whose lobby is open, in a room of the contract tests, with the visitors in it. */
import { setTimeout as pause } from 'node:timers/promises'
import { ApiClient } from './api-client.ts'
import { PATIENCE_MS } from './patience.ts'
import type { PublishedDraw } from './published-draw.ts'
import { type Headers, type Reply, Visitor } from './visitor.ts'
import type { Workerd } from './workerd.ts'

const HOUR_MS = 3_600_000
const RETRY_MS = 50

/** A visitor's status, as far as the tests read it. */
export interface Status {
  readonly state: string
  readonly number: number | null
  readonly position: number | null
  readonly event?: {
    readonly phase: string
    readonly startsAt: string
    readonly entry: number | null
    readonly rank: number | null
    readonly entries: number | null
    readonly commitment: string | null
  }
}

/** No answer tells where the visitor will stand. */
export const NO_PLACE = {
  position: null,
  startPosition: null,
  etaSeconds: null,
  etaLowSeconds: null,
  etaHighSeconds: null,
} as const

export class Lobby {
  readonly id: string
  readonly startsAt: string
  readonly visitors: Visitor[] = []
  private readonly workerd: Workerd
  private readonly room: string

  private constructor(workerd: Workerd, room: string, id: string, startsAt: string) {
    this.workerd = workerd
    this.room = room
    this.id = id
    this.startsAt = startsAt
  }

  /** Creates an event whose lobby opened an hour ago; without changes with a draw. */
  static async open(workerd: Workerd, room: string, changes: object = {}): Promise<Lobby> {
    const [prequeue_start_time, event_start_time, event_end_time] = [-1, 1, 2].map((hours) =>
      new Date(Date.now() + hours * HOUR_MS).toISOString(),
    )
    const settings = {
      name: 'Autumn sale',
      prequeue_start_time,
      event_start_time,
      event_end_time,
      shuffle_at_event_start: true,
      ...changes,
    }
    const reply = await new ApiClient(workerd).call('POST', `/rooms/${room}/events`, settings)
    if (reply.status !== 201) throw new Error(`The event was refused: ${reply.text}`)
    return new Lobby(workerd, room, reply.json<{ id: string }>().id, event_start_time as string)
  }

  /** Newcomers open a page of the site, one after another. */
  async join(count: number): Promise<Visitor[]> {
    const visitors = Array.from({ length: count }, () => new Visitor(this.workerd, `${this.room}.test`))
    for (const visitor of visitors) {
      const reply = await visitor.get('/echo')
      if (visitor.holds !== 'ticket') throw new Error(`No ticket: ${reply.status} ${reply.text.slice(0, 200)}`)
    }
    this.visitors.push(...visitors)
    return visitors
  }

  /** An operator's call for the event. */
  api(path: string, body?: object, method = 'POST', headers: Headers = {}): Promise<Reply> {
    return new ApiClient(this.workerd).call(method, `/rooms/${this.room}/events/${this.id}${path}`, body, headers)
  }

  async change(settings: object): Promise<void> {
    const reply = await this.api('', settings, 'PATCH', { 'If-Match': '*' })
    if (reply.status !== 200) throw new Error(`The change was refused: ${reply.text}`)
  }

  async start(): Promise<void> {
    const reply = await this.api('/start')
    if (reply.status !== 200) throw new Error(`The start was refused: ${reply.text}`)
  }

  async details(): Promise<{ readonly commitment: string | null; readonly draw: PublishedDraw | null }> {
    return (await this.api('/details', undefined, 'GET')).json()
  }

  /** The public JSON about the draws, as this visitor gets it. */
  published(visitor = new Visitor(this.workerd, `${this.room}.test`)): Promise<Reply> {
    return visitor.get('/__waiting-room/draw?format=json')
  }

  /** Only a draw whose round is known before the start uses public randomness. */
  async untilRoundIsKnown(): Promise<void> {
    await until(
      async () => (await this.published()).json<{ event: { beacon: object | null } }>().event.beacon ?? undefined,
    )
  }

  /** The record of the event's draw, once it is published. */
  untilDrawn(): Promise<PublishedDraw> {
    return until(async () => {
      const { draws = [] } = (await this.published()).json<{ draws?: PublishedDraw[] }>()
      return draws.find(({ event }) => event === this.id)
    })
  }
}

export async function statusOf(visitor: Visitor): Promise<Status> {
  const reply = await visitor.get('/__waiting-room/status')
  if (reply.status !== 200) throw new Error(`The status is ${reply.status}: ${reply.text}`)
  return reply.json<Status>()
}

/** Polls until the status is as the test wants it. */
export function untilStatusIs(visitor: Visitor, isReached: (status: Status) => boolean): Promise<Status> {
  return until(async () => {
    const status = await statusOf(visitor)
    return isReached(status) ? status : undefined
  })
}

/** Repeats the question until it has an answer. A draw may wait for a minute on its own. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const giveUpMs = Date.now() + 2 * PATIENCE_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > giveUpMs) throw new Error('The awaited state was not reached')
    await pause(RETRY_MS)
  }
}
