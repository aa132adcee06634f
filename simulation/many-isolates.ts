/**
 * One room under many isolates at once: how many calls its object gets while its own pacing holds them back, and whether
 * anyone who is there is taken for gone. The shipped room client and line, on virtual time, without faults: those are in
 * the simulation proper.
 *
 * Visitors arrive over some seconds at an isolate each, join, and poll as the page does; who is let in sends beacons.
 */
import { applyExchange, type ExchangeAnswer, type ExchangeRequest } from '../src/core/exchange.ts'
import { Line } from '../src/core/line.ts'
import { Pacing } from '../src/core/pacing.ts'
import type { LineRules } from '../src/core/rules.ts'
import { takeSnapshot } from '../src/core/snapshot.ts'
import { type KeepAlive, RoomClient } from '../src/room/room-client.ts'
import { Random } from './random.ts'
import { Scheduler } from './scheduler.ts'

export interface ManyIsolatesOptions {
  readonly isolates: number
  readonly visitors: number
  readonly rules: LineRules
  readonly seed: number
  /** How long it goes on after everyone has arrived. */
  readonly staySeconds: number
}

export interface ManyIsolatesFigures {
  readonly isolates: number
  readonly visitors: number
  /** Of the seconds after everyone has arrived. */
  readonly callsPerSecond: number
  readonly worstSecond: number
  /** What one call per poll would have been, in the same seconds. */
  readonly pollsPerSecond: number
  readonly worstPaceMs: number
  readonly joined: number
  readonly admitted: number
  /** Visitors taken for gone, all of whom were there. */
  readonly expired: number
}

const START_MS = 1_700_000_000_000
const ARRIVALS_MS = 20_000
const WAY_MIN_MS = 5
const WAY_MAX_MS = 60
const POLL_MIN_MS = 5_000
const POLL_MAX_MS = 7_000
const BEACON_MS = 8_000

const KEEP_ALIVE: KeepAlive = { waitUntil: (work) => void work.catch(() => {}) }
const NO_DETAILS = { beacon: false, touched: false }

export async function simulateManyIsolates(options: ManyIsolatesOptions): Promise<ManyIsolatesFigures> {
  const endMs = START_MS + ARRIVALS_MS + options.staySeconds * 1000
  const scheduler = new Scheduler(START_MS)
  const random = new Random(options.seed)
  const room = new Room(options.rules, scheduler)
  const clients = Array.from({ length: options.isolates }, (_, i) => clientOf(room, scheduler, random, `isolate ${i}`))
  let polls = 0
  for (let i = 0; i < options.visitors; i++) {
    const client = clients[i % clients.length] as RoomClient
    scheduler.after(random.next() * ARRIVALS_MS, () => void live(client))
  }
  await scheduler.runUntil(endMs)

  async function live(client: RoomClient): Promise<void> {
    const joined = await client.join(KEEP_ALIVE)
    if (joined.state !== 'waiting' && joined.state !== 'active') return
    const { run, number } = joined
    let isAdmitted = joined.state === 'active'
    while (scheduler.nowMs < endMs) {
      await scheduler.sleep(isAdmitted ? BEACON_MS : random.whole(POLL_MIN_MS, POLL_MAX_MS))
      if (scheduler.nowMs >= START_MS + ARRIVALS_MS) polls++
      if (isAdmitted) await client.claim(run, number, { beacon: true, touched: false }, KEEP_ALIVE)
      else isAdmitted = await poll(client, run, number)
    }
  }

  const seconds = room.callsBySecond.slice(ARRIVALS_MS / 1000, ARRIVALS_MS / 1000 + options.staySeconds)
  return {
    isolates: options.isolates,
    visitors: options.visitors,
    callsPerSecond: seconds.reduce((sum, calls) => sum + (calls ?? 0), 0) / options.staySeconds,
    worstSecond: Math.max(...Array.from(seconds, (calls) => calls ?? 0)),
    pollsPerSecond: polls / options.staySeconds,
    worstPaceMs: room.worstPaceMs,
    joined: room.line.totals.joined,
    admitted: room.line.totals.admitted,
    expired: room.line.totals.expired,
  }
}

/** As the gate does it: heard, answered from the snapshot, and below the frontier asked for. True: let in. */
async function poll(client: RoomClient, run: number, number: number): Promise<boolean> {
  client.hear(run, number, KEEP_ALIVE)
  if (!(await client.refresh(run, KEEP_ALIVE))) return false
  if (number >= (client.view?.snapshot.frontier ?? 0)) return false
  return (await client.claim(run, number, NO_DETAILS, KEEP_ALIVE)).state === 'active'
}

class Room {
  readonly line: Line
  readonly callsBySecond: number[] = []
  worstPaceMs = 0
  private readonly pacing = new Pacing()
  private readonly scheduler: Scheduler

  constructor(rules: LineRules, scheduler: Scheduler) {
    this.scheduler = scheduler
    this.line = Line.start(rules, START_MS, START_MS)
    const tick = () => {
      this.line.beginOther(scheduler.nowMs)
      this.line.advance()
      this.line.takeChanges(true)
      scheduler.after(rules.checkIntervalSeconds * 1000, tick)
    }
    scheduler.after(rules.checkIntervalSeconds * 1000, tick)
  }

  exchange(request: ExchangeRequest): ExchangeAnswer {
    const { nowMs } = this.scheduler
    const second = Math.floor((nowMs - START_MS) / 1000)
    this.callsBySecond[second] = (this.callsBySecond[second] ?? 0) + 1
    this.line.beginCall(nowMs)
    const answer = applyExchange(this.line, request)
    this.line.verify()
    this.line.takeChanges(false)
    const nextCallAfterMs = this.pacing.nextCallAfterMs(request.isolate, nowMs)
    this.worstPaceMs = Math.max(this.worstPaceMs, nextCallAfterMs)
    return { ...answer, snapshot: takeSnapshot(this.line, nowMs), nextCallAfterMs }
  }
}

function clientOf(room: Room, scheduler: Scheduler, random: Random, isolate: string): RoomClient {
  let ids = 0
  return new RoomClient('room', {
    call: async (request) => {
      await scheduler.sleep(random.whole(WAY_MIN_MS, WAY_MAX_MS))
      const answer = room.exchange(request)
      await scheduler.sleep(random.whole(WAY_MIN_MS, WAY_MAX_MS))
      return answer
    },
    nowMs: () => scheduler.nowMs,
    after: (ms, callback) => scheduler.after(ms, callback),
    randomId: () => `${isolate}, ${ids++}`,
    random: () => random.next(),
    onCallFailed: (error) => {
      throw error
    },
  })
}
