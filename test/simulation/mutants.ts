/** Room clients with one duty switched off, at their port where possible. */

import type { Mutant } from '../../simulation/mutant.ts'
import type { AgedNumbers, ExchangeAnswer, ExchangeRequest } from '../../src/core/exchange.ts'
import type { Leases } from '../../src/room/leases.ts'
import type { RoomCalls, RoomPort } from '../../src/room/room-calls.ts'
import type { RoomClient } from '../../src/room/room-client.ts'

/** Never retries a failed call. */
export const withoutRetry: Mutant = {
  // An overloaded object would lead to a gatherer.
  port: ({ gather: _, ...port }) => ({
    ...port,
    // The platform marks errors of an overloaded object like this.
    call: (request) => port.call(request).catch((error) => Promise.reject(Object.assign(error, { overloaded: true }))),
  }),
}

/** Reports every age as 0. */
export const withoutAges: Mutant = {
  port: (port) => ({ ...port, call: (request) => port.call(freshened(request)) }),
}

/** Drops the content of a failed call. */
export const withoutPutBack: Mutant = {
  port: (port) => {
    const lost = new Set<string>()
    return { ...port, call: (request) => callWithout(lost, request, port) }
  },
}

/**
 * Keeps the content of a failed call no longer than the heartbeat timeout, whatever the session
 * timeout.
 */
export const withShortPutBack: Mutant = {
  client: (client) => {
    const calls = callsOf(client)
    if (!('reportsKeptMs' in calls)) throw new Error('the calls have no "reportsKeptMs" that could be shortened')
    Object.defineProperty(calls, 'reportsKeptMs', { get: () => 20_000 })
  },
}

/** Sends presence only along with other calls. */
export const withoutFlush: Mutant = { client: (client) => switchOff(callsOf(client), 'scheduleFlush') }

/** Drops the presence of a failed claim. */
export const withoutClaimsHeard: Mutant = { client: (client) => switchOff(client, 'keepHeard') }

/** Uses a new key for a repeated join. */
export const withoutJoinKeys: Mutant = {
  port: (port) => ({
    ...port,
    call: (request) => port.call({ ...request, joins: request.joins.map(() => port.randomId()) }),
  }),
}

/** Uses lent numbers for as long as nobody waits, whenever their lease ends. */
export const withoutEndOfLeases: Mutant = {
  client: (client) => {
    const { leases } = client as unknown as { leases: Record<string, unknown> }
    if (typeof leases.endLeases !== 'function') throw new Error('leases have no "endLeases" that could be switched off')
    leases.endLeases = () => {}
  },
}

/** Keeps lent numbers for newcomers who would have to wait. */
export const withLeasesBesideTheLine: Mutant = {
  client: (client) => {
    const { leases } = client as unknown as { leases: Leases }
    const take = leases.take.bind(leases)
    leases.endAll = () => {}
    leases.endLeases = () => {}
    leases.take = (nowMs) => {
      const number = take(nowMs)
      if (number === null || client.view?.snapshot.waiting !== 0) return number
      leases.add({ first: number, count: 1, lifeMs: 0 }, nowMs, nowMs)
      return null
    }
  },
}

/** Takes the lease of another isolate, too. */
export function withLeasesOfOthers(): Mutant {
  let others: ExchangeAnswer['lease']
  return {
    port: (port) => ({
      ...port,
      call: async (request) => {
        const answer = await port.call(request)
        const stolen = others
        others = answer.lease
        return stolen === undefined || request.wantsLease === undefined ? answer : { ...answer, lease: stolen }
      },
    }),
  }
}

/** Never reports lent numbers, used or not. */
export const withoutLeaseReports: Mutant = {
  port: (port) => ({
    ...port,
    call: ({ leased: _, leasedDetails: __, unusedLent: ___, ...request }) => port.call(request),
  }),
}

/** Takes reports for nothing, and answers them from its copy. */
export const withReportsOverlooked: Mutant = {
  gathering: (gathering) => {
    const exchange = gathering.exchange.bind(gathering)
    let newest: ExchangeAnswer | null = null
    gathering.exchange = async (request) => {
      const isReport = request.joins.length + request.claims.length + request.leaves.length === 0
      if (isReport && newest !== null) return newest
      const answer = await exchange(request)
      if (!('refused' in answer)) newest = answer
      return answer
    }
  },
}

/** Hands answers to the wrong isolates. */
export const withMixedAnswers: Mutant = {
  gathering: (gathering) => {
    const inside = gathering as unknown as { handOut(batch: readonly unknown[], ...rest: unknown[]): void }
    const handOut = inside.handOut.bind(gathering)
    inside.handOut = (batch, ...rest) => handOut(batch.toReversed(), ...rest)
  },
}

function freshened(request: ExchangeRequest): ExchangeRequest {
  const fresh = ({ numbers }: AgedNumbers) => ({ numbers, agesMs: new Uint32Array(numbers.length) })
  const claims = request.claims.map((claim) => ({ ...claim, ageMs: 0 }))
  return { ...request, claims, presence: fresh(request.presence), departures: fresh(request.departures) }
}

/** Removes entries that an earlier, failed call contained: same number, same time. */
async function callWithout(lost: Set<string>, request: ExchangeRequest, port: RoomPort) {
  const nowMs = port.nowMs()
  const presence = without(lost, request.presence, nowMs)
  const departures = without(lost, request.departures, nowMs)
  try {
    return await port.call({ ...request, presence, departures })
  } catch (error) {
    for (const { numbers, agesMs } of [presence, departures]) {
      for (const [i, number] of numbers.entries()) lost.add(wordOf(number, nowMs - (agesMs[i] as number)))
    }
    throw error
  }
}

function without(lost: ReadonlySet<string>, { numbers, agesMs }: AgedNumbers, nowMs: number): AgedNumbers {
  const isKept = (_: number, i: number) => !lost.has(wordOf(numbers[i] as number, nowMs - (agesMs[i] as number)))
  return { numbers: numbers.filter(isKept), agesMs: agesMs.filter(isKept) }
}

function wordOf(number: number, heardMs: number): string {
  return `${number} at ${heardMs}`
}

function callsOf(client: RoomClient): RoomCalls {
  return (client as unknown as { calls: RoomCalls }).calls
}

function switchOff(owner: RoomClient | RoomCalls, duty: string): void {
  const duties = owner as unknown as Record<string, unknown>
  if (typeof duties[duty] !== 'function') throw new Error(`there is no "${duty}" that could be switched off`)
  duties[duty] = () => {}
}
